"""The window with real events over a farm in memory: rows, actions, drops, filter, layout, closing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from farmgui.config import Settings, read_settings
from farmgui.domain.counts import TaskCounts
from farmgui.domain.errors import FarmError
from farmgui.domain.snapshots import FarmSummary, LeadRow, RerunEffect
from farmgui.domain.states import AgentState, JobState, TaskState
from farmgui.services.lead import Leading
from farmgui.ui.actions import ACTIONS
from farmgui.ui.dialogs.closing import ClosingDialog
from farmgui.ui.dialogs.confirm import ConfirmDialog
from farmgui.ui.style import apply_style
from farmgui.ui.views.table import index_of
from farmgui.ui.window import MonitorWindow
from tests.ui.fakes import NOW, FakeFarm, FakeIntake, agent, attempt, job, task

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def farm() -> FakeFarm:
    """A running, a paused and a failed job; four tasks of the first; two agents."""
    return FakeFarm(
        job_rows=[
            job(1, title="shot 10", state=JobState.RUNNING, counts=TaskCounts(queued=1, running=1, done=2)),
            job(2, title="shot 20", state=JobState.PAUSED, user="mira"),
            job(3, title="comp", state=JobState.FAILED, counts=TaskCounts(failed=2, done=8)),
        ],
        task_rows=[
            task(1, state=TaskState.DONE, attempts=1, attempt_id=1, time_started=NOW, time_finished=NOW),
            task(2, state=TaskState.DONE, attempts=1, attempt_id=2, time_started=NOW, time_finished=NOW),
            task(3, state=TaskState.RUNNING, attempts=1, attempt_id=3, time_started=NOW),
            task(4),
            task(1, 3, state=TaskState.FAILED, attempts=4, attempt_id=9, last_error="Error: bad"),
        ],
        agent_rows=[agent("a"), agent("b", state=AgentState.OFFLINE, enabled=False)],
        attempt_rows=[attempt(3, 100_003), attempt(9, 300_001)],
        logs_by_attempt={3: b"hello\n", 9: b"Error: bad\n"},
    )


class Opened:
    """A window and what it told."""

    def __init__(self, farm: FakeFarm, folder: Path, **more: Any) -> None:
        self.closed: list[str] = []
        self.intake = FakeIntake()
        self.settings = more.pop("settings", None) or Settings(folder / "settings.json", on_close="stop")
        self.window = MonitorWindow(
            farm,  # type: ignore[arg-type]
            self.intake,  # type: ignore[arg-type]
            self.settings,
            closing=self.closed.append,
            layout_file=folder / "layout.ini",
            **more,
        )
        self.window.resize(1280, 720)
        self.window.show()


@pytest.fixture
def opening(qapp: QApplication, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Opens windows; they are closed at the end."""
    apply_style(qapp, "dark")
    every: list[Opened] = []

    def open_window(farm: FakeFarm, **more: Any) -> Opened:
        every.append(Opened(farm, tmp_path, **more))
        return every[-1]

    yield open_window
    for opened in every:
        opened.settings.on_close = "stop"
        opened.window.close()
        opened.window.deleteLater()


@pytest.fixture
def opened(opening: Callable[..., Opened], farm: FakeFarm, qtbot: QtBot) -> Opened:
    """A window with the jobs shown."""
    made = opening(farm)
    qtbot.waitUntil(lambda: made.window.jobs.model.rowCount() == 3)
    return made


def click_row(qtbot: QtBot, table: Any, key: object) -> QPoint:
    """Click on a row."""
    place = table.visualRect(table.model().index(table.model().place_of(key), table.first_column())).center()
    qtbot.mouseClick(table.viewport(), LEFT, pos=place)
    return QPoint(place)


def context_menu(qtbot: QtBot, table: Any, key: object) -> QMenu:
    """Right click on a row."""
    place = click_row(qtbot, table, key)
    table.customContextMenuRequested.emit(place)
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def choose(qtbot: QtBot, menu: QMenu, words: str) -> None:
    """Click on an entry of a menu."""
    (entry,) = (item for item in menu.actions() if item.text().replace("&", "") == words)
    assert entry.isEnabled()
    qtbot.mouseClick(menu, LEFT, pos=menu.actionGeometry(entry).center())


def answer(qtbot: QtBot, act: Callable[[Any], None], kind: type[QDialog] = ConfirmDialog) -> list[Any]:
    """Do `act` with the next modal dialog; the list tells whether there was one."""
    seen: list[Any] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, kind):
            seen.append(dialog)
            act(dialog)
        else:
            QTimer.singleShot(20, look)

    QTimer.singleShot(20, look)
    return seen


def press_yes(dialog: ConfirmDialog) -> None:
    dialog.yes.click()


def test_shows_jobs_tasks_agents_and_says_the_farm(qtbot: QtBot, opened: Opened) -> None:
    window = opened.window
    assert window.agents.rows_model().rowCount() == 0, "nobody sees the agents yet"
    window.docks.agents.raise_()
    qtbot.waitUntil(lambda: window.agents.rows_model().rowCount() == 2)
    assert [row.id for row in window.jobs.model.rows()] == [3, 2, 1], "the newest first"
    click_row(qtbot, window.jobs.table, 1)
    qtbot.waitUntil(lambda: window.tasks.rows_model().rowCount() == 4)
    assert window.docks.tasks.windowTitle() == "Tasks of shot 10"
    assert "12 frames to go" in window.status.sentence()
    assert "This window schedules." in window.status.sentence()
    assert "%" in window.windowTitle()


def test_a_selected_task_shows_its_log(qtbot: QtBot, opened: Opened) -> None:
    window = opened.window
    click_row(qtbot, window.jobs.table, 1)
    qtbot.waitUntil(lambda: window.tasks.rows_model().rowCount() == 4)
    click_row(qtbot, window.tasks, 100_003)
    qtbot.waitUntil(lambda: window.log.edit.toPlainText() == "hello\n")
    assert window.docks.log.windowTitle() == "Log of frame 3 of job 1"


def test_what_changes_is_shown_and_the_selection_stays(qtbot: QtBot, farm: FakeFarm, opened: Opened) -> None:
    window = opened.window
    click_row(qtbot, window.jobs.table, 1)
    farm.put_job(replace(farm.job_rows[0], counts=TaskCounts(done=4), state=JobState.DONE))
    farm.put_job(job(4, title="new"))
    qtbot.waitUntil(lambda: window.jobs.model.rowCount() == 4)
    assert [row.id for row in window.jobs.table.selected_rows()] == [1]
    index = index_of(window.jobs.table, 1, "state")
    assert index.data() == "Done"
    qtbot.waitUntil(lambda: not window.actions_by_id.action("pause").isEnabled())


def test_the_table_of_actions_is_sound(opened: Opened) -> None:
    ids = [action.id for action in ACTIONS]
    assert len(ids) == len(set(ids))
    shortcuts = [(action.area, action.shortcut) for action in ACTIONS if action.shortcut]
    assert len(shortcuts) == len(set(shortcuts))
    for action in ACTIONS:
        made = opened.window.actions_by_id.action(action.id)
        assert made.text()
        assert not action.icon or not made.icon().isNull()


def test_pause_by_the_context_menu(qtbot: QtBot, farm: FakeFarm, opened: Opened) -> None:
    table = opened.window.jobs.table
    choose(qtbot, context_menu(qtbot, table, 1), "Pause")
    qtbot.waitUntil(lambda: farm.calls == [("pause", ((1,),))])
    qtbot.waitUntil(lambda: opened.window.status.currentMessage() == "Paused 1 job.")


def test_resume_by_the_shortcut_for_several(qtbot: QtBot, farm: FakeFarm, opened: Opened) -> None:
    table = opened.window.jobs.table
    click_row(qtbot, table, 2)
    qtbot.keyClick(table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(opened.window.selection().jobs) == 3)
    qtbot.wait(100)
    modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(table, Qt.Key.Key_P, modifiers)
    qtbot.waitUntil(lambda: farm.calls == [("resume", ((3, 2, 1),))])


def test_rerun_asks_what_it_costs(qtbot: QtBot, farm: FakeFarm, opened: Opened) -> None:
    farm.effect = RerunEffect(done=8, failed=2, seconds=720.0, dependants=3)
    texts: list[Any] = []

    def act(dialog: ConfirmDialog) -> None:
        texts.append((dialog.windowTitle(), dialog.option.isChecked() if dialog.option else None))
        if dialog.option:
            dialog.option.click()
        dialog.yes.click()

    seen = answer(qtbot, act)
    choose(qtbot, context_menu(qtbot, opened.window.jobs.table, 3), "Rerun…")
    qtbot.waitUntil(lambda: farm.calls == [("rerun", ((3,), ("dependants", True)))])
    assert texts == [("Rerun 1 job?", False)], "dependants are left at first"
    assert seen


def test_no_means_no(qtbot: QtBot, farm: FakeFarm, opened: Opened) -> None:
    seen = answer(qtbot, lambda dialog: dialog.cancel.click())
    click_row(qtbot, opened.window.jobs.table, 1)
    qtbot.wait(100)
    qtbot.keyClick(opened.window.jobs.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: bool(seen))
    qtbot.wait(50)
    assert farm.calls == []


@pytest.mark.parametrize(
    ("key", "words", "call"),
    [
        (1, "Stop…", ("stop", ((1,),))),
        (1, "Restart running…", ("restart_running", ((1,),))),
        (1, "Mark done…", ("mark_done", (("job_ids", (1,)),))),
        (1, "Mark failed…", ("mark_failed", (("job_ids", (1,)),))),
        (1, "Delete…", ("delete", ((1,), ("dependants", True)))),
    ],
    ids=["stop", "restart", "mark done", "mark failed", "delete"],
)
def test_what_cannot_be_undone_asks_first(
    qtbot: QtBot, farm: FakeFarm, opened: Opened, key: int, words: str, call: tuple[Any, ...]
) -> None:
    seen = answer(qtbot, press_yes)
    choose(qtbot, context_menu(qtbot, opened.window.jobs.table, key), words)
    qtbot.waitUntil(lambda: bool(farm.calls))
    assert farm.calls == [call]
    assert seen


def test_rerun_failed_needs_no_question(qtbot: QtBot, farm: FakeFarm, opened: Opened) -> None:
    choose(qtbot, context_menu(qtbot, opened.window.jobs.table, 3), "Rerun failed")
    qtbot.waitUntil(lambda: farm.calls == [("rerun_failed", ((3,),))])


@pytest.mark.parametrize(
    ("key", "words", "call", "asks"),
    [
        (100_001, "Rerun…", ("rerun_tasks", ((100_001,),)), True),
        (100_003, "Restart running…", ("stop_tasks", ((100_003,),)), True),
        (100_004, "Mark done…", ("mark_done", (("task_ids", (100_004,)),)), True),
    ],
    ids=["rerun", "restart", "mark done"],
)
def test_actions_on_tasks(
    qtbot: QtBot, farm: FakeFarm, opened: Opened, key: int, words: str, call: tuple[Any, ...], asks: bool
) -> None:
    window = opened.window
    click_row(qtbot, window.jobs.table, 1)
    qtbot.waitUntil(lambda: window.tasks.rows_model().rowCount() == 4)
    seen = answer(qtbot, press_yes)
    choose(qtbot, context_menu(qtbot, window.tasks, key), words)
    qtbot.waitUntil(lambda: bool(farm.calls))
    assert farm.calls == [call]
    assert bool(seen) is asks


def test_a_failed_frame_is_rerun_without_a_question(qtbot: QtBot, farm: FakeFarm, opened: Opened) -> None:
    window = opened.window
    click_row(qtbot, window.jobs.table, 3)
    qtbot.waitUntil(lambda: window.tasks.rows_model().rowCount() == 1)
    choose(qtbot, context_menu(qtbot, window.tasks, 300_001), "Rerun…")
    qtbot.waitUntil(lambda: farm.calls == [("rerun_tasks", ((300_001,),))])


def test_agents_are_disabled_and_enabled(qtbot: QtBot, farm: FakeFarm, opened: Opened) -> None:
    window = opened.window
    window.docks.agents.raise_()
    qtbot.waitUntil(lambda: window.agents.rows_model().rowCount() == 2)
    menu = context_menu(qtbot, window.agents, "id-a")
    enabled = {item.text().replace("&", ""): item.isEnabled() for item in menu.actions()}
    assert (enabled["Set aside (finish what runs)"], enabled["Use again"]) == (True, False)
    choose(qtbot, menu, "Set aside (finish what runs)")
    qtbot.waitUntil(lambda: farm.calls == [("agent disable", (("id-a",),))])


def test_an_error_is_shown_as_text_and_dismissed(qtbot: QtBot, farm: FakeFarm, opened: Opened) -> None:
    farm.error = FarmError("Job <b>1</b> is gone: it was deleted elsewhere.")
    bar = opened.window.messages
    choose(qtbot, context_menu(qtbot, opened.window.jobs.table, 1), "Pause")
    qtbot.waitUntil(lambda: bar.text() == "Job <b>1</b> is gone: it was deleted elsewhere.")
    qtbot.mouseClick(bar._close, LEFT)
    assert bar.text() == ""


def test_copy_puts_rows_onto_the_clipboard(qtbot: QtBot, opened: Opened) -> None:
    click_row(qtbot, opened.window.jobs.table, 1)
    qtbot.wait(100)
    qtbot.keyClick(opened.window.jobs.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    titles, row = QGuiApplication.clipboard().text().split("\n")
    assert titles.split("\t")[:3] == ["Id", "Job", "State"]
    assert row.split("\t")[:3] == ["1", "shot 10", "Running"]


def test_open_log_chooses_what_tells_most(qtbot: QtBot, opened: Opened) -> None:
    window = opened.window
    click_row(qtbot, window.jobs.table, 3)
    qtbot.waitUntil(lambda: window.tasks.rows_model().rowCount() == 1)
    qtbot.keyClick(window.jobs.table, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.log.edit.toPlainText() == "Error: bad\n")


def test_an_output_folder_that_is_not_there_yet(qtbot: QtBot, farm: FakeFarm, opened: Opened) -> None:
    farm.folders = [Path("/nowhere/frames")]
    choose(qtbot, context_menu(qtbot, opened.window.jobs.table, 1), "Open output folder")
    qtbot.waitUntil(lambda: "/nowhere/frames" in opened.window.messages.text())


def test_filter_by_words(qtbot: QtBot, opened: Opened) -> None:
    jobs = opened.window.jobs
    qtbot.keyClick(opened.window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert jobs.filter.hasFocus()
    qtbot.keyClicks(jobs.filter, "shot mira")
    qtbot.waitUntil(lambda: [row.id for row in jobs.model.rows()] == [2])
    assert jobs.count.text() == "1 of 3 jobs"
    qtbot.keyClick(jobs.filter, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: jobs.model.rowCount() == 3)
    qtbot.keyClick(jobs.filter, Qt.Key.Key_Return)
    assert jobs.table.hasFocus()


def test_a_value_is_edited_in_the_table(qtbot: QtBot, farm: FakeFarm, opened: Opened) -> None:
    table = opened.window.jobs.table
    index = index_of(table, 1, "priority")
    place = table.visualRect(index).center()
    qtbot.mouseClick(table.viewport(), LEFT, pos=place)
    qtbot.mouseDClick(table.viewport(), LEFT, pos=place)
    editor = QApplication.focusWidget()
    assert editor is not None
    assert editor is not table
    qtbot.keyClick(editor, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(editor, "77")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: farm.calls == [("change", ((1,), {"priority": 77}))])


@pytest.mark.parametrize(
    ("column", "typed", "call"),
    [
        pytest.param("frames", "1-20x2", ("change", ((1,), {"frames": "1-20x2"})), id="frames"),
        pytest.param(
            "output_link", "http://x/y", ("change", ((1,), {"output_link": "http://x/y"})), id="link"
        ),
    ],
)
def test_a_text_is_edited_in_the_table(
    qtbot: QtBot, farm: FakeFarm, opened: Opened, column: str, typed: str, call: tuple[object, ...]
) -> None:
    table = opened.window.jobs.table
    table.select_keys([1])
    table.edit_selected(column)
    editor = QApplication.focusWidget()
    assert editor is not None
    qtbot.keyClick(editor, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(editor, typed)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(farm.calls))
    assert farm.calls == [call]


def test_an_empty_farm_says_what_to_do(qtbot: QtBot, opening: Callable[..., Opened]) -> None:
    asked: list[str] = []
    farm = FakeFarm()
    window = opening(farm, render_sample=lambda: asked.append("sample")).window
    qtbot.waitUntil(window.jobs.is_first_start)
    qtbot.mouseClick(window.jobs.first_start.sample, LEFT)
    assert asked == ["sample"]
    farm.put_job(job(1))
    qtbot.waitUntil(lambda: not window.jobs.is_first_start())
    qtbot.waitUntil(lambda: [row.id for row in window.jobs.table.selected_rows()] == [1])


# Drag and drop.


def drag(window: MonitorWindow, *files: Path) -> tuple[QDragEnterEvent, QDragMoveEvent, Callable[[], None]]:
    """Drag files onto the window; the last answer drops them."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    arguments = (Qt.DropAction.CopyAction, mime, LEFT, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(QPoint(200, 200), *arguments)
    QApplication.sendEvent(window, enter)
    move = QDragMoveEvent(QPoint(210, 210), *arguments)
    QApplication.sendEvent(window, move)

    def drop() -> None:
        QApplication.sendEvent(window, QDropEvent(QPointF(210, 210), *arguments))

    return enter, move, drop


def test_files_are_drafted_and_the_form_opens(qtbot: QtBot, opened: Opened, tmp_path: Path) -> None:
    scene, letter = tmp_path / "shot.py", tmp_path / "letter.txt"
    scene.write_text("print(1)")
    letter.write_text("Dear")
    _enter, move, drop = drag(opened.window, scene, letter)
    assert move.isAccepted()
    assert opened.window.drops.overlay.text().splitlines() == [
        "Drop to submit 1 job",
        "shot.py",
        "Left out: letter.txt is not a scene that a job type takes.",
    ]
    drop()
    assert opened.window.drops.overlay.text() == ""
    qtbot.waitUntil(lambda: opened.intake.drafted == [scene])
    qtbot.waitUntil(lambda: bool(forms(opened.window)))
    assert "letter.txt" in opened.window.messages.text()
    forms(opened.window)[0].reject()


def forms(window: MonitorWindow) -> list[QDialog]:
    """The submission forms that are open."""
    return [item for item in window.findChildren(QDialog) if item.isVisible()]


def test_what_cannot_be_submitted_is_refused_with_its_reason(
    qtbot: QtBot, opened: Opened, tmp_path: Path
) -> None:
    _enter, move, _drop = drag(opened.window, tmp_path / "letter.txt")
    assert not move.isAccepted()
    assert "letter.txt is not a scene" in opened.window.drops.overlay.text()
    QApplication.sendEvent(opened.window, QDragLeaveEvent())
    assert opened.window.drops.overlay.text() == ""
    assert opened.intake.drafted == []


def test_all_that_is_dropped_is_the_windows(qtbot: QtBot, opened: Opened) -> None:
    assert opened.window.acceptDrops()
    assert not [item for item in opened.window.findChildren(QWidget) if item.acceptDrops()]


def test_text_is_no_file(opened: Opened) -> None:
    mime = QMimeData()
    mime.setText("hello")
    enter = QDragEnterEvent(
        QPoint(9, 9), Qt.DropAction.CopyAction, mime, LEFT, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(opened.window, enter)
    assert not enter.isAccepted()


def test_a_file_that_goes_while_it_is_read_is_told(qtbot: QtBot, opened: Opened, tmp_path: Path) -> None:
    opened.window.submitting.submit_files([tmp_path / "gone.py"])
    qtbot.waitUntil(lambda: "gone.py can't be read" in opened.window.messages.text())


def test_submitted_jobs_are_selected_when_they_are_there(
    qtbot: QtBot, farm: FakeFarm, opened: Opened
) -> None:
    opened.window.jobs.filter.setText("mira")
    opened.window.select_jobs_when_read([7, 8])
    farm.put_job(job(7))
    farm.put_job(job(8))
    qtbot.waitUntil(lambda: {row.id for row in opened.window.jobs.table.selected_rows()} == {7, 8})


# Layout, appearance, closing.


def test_the_layout_is_remembered(qtbot: QtBot, farm: FakeFarm, opening: Callable[..., Opened]) -> None:
    first = opening(farm).window
    table = first.jobs.table
    header = table.horizontalHeader()
    table.set_column_shown("user", shown=False)
    table.set_column_shown("weight", shown=True)
    header.moveSection(header.visualIndex(table.rows_model().column_of("state")), 0)
    header.resizeSection(table.rows_model().column_of("title"), 333)
    table.sort_by("priority", descending=True)
    first.docks.use.close()
    first.panel.fields.sections["Needs"].setChecked(True)
    first.panel.fields.sections["Order"].setChecked(False)
    first.close()
    second = opening(farm).window
    table = second.jobs.table
    columns = table.rows_model()
    assert table.isColumnHidden(columns.column_of("user"))
    assert not table.isColumnHidden(columns.column_of("weight"))
    assert table.first_column() == columns.column_of("state")
    assert table.columnWidth(columns.column_of("title")) == 333
    assert columns.columns[table.horizontalHeader().sortIndicatorSection()].id == "priority"
    assert second.docks.use.isHidden()
    assert second.panel.fields.unfolded() == {"Job", "Resources", "Needs"}
    second.restore_layout()
    assert second.panel.fields.unfolded() == {"Job", "Order", "Resources"}
    assert not second.docks.use.isHidden()
    assert not table.isColumnHidden(columns.column_of("user"))


def test_a_broken_layout_is_left(farm: FakeFarm, opening: Callable[..., Opened], tmp_path: Path) -> None:
    (tmp_path / "layout.ini").write_text(
        '[tables]\njobs="{\\"order\\": 5, \\"hidden\\": [1], \\"widths\\": {\\"title\\": -3}}"\n'
        "tasks=nonsense\n"
    )
    window = opening(farm).window
    assert not window.jobs.table.isColumnHidden(window.jobs.model.column_of("title"))


def test_columns_are_shown_and_hidden_by_the_header_menu(qtbot: QtBot, opened: Opened) -> None:
    table = opened.window.jobs.table
    menu = table.header_menu()
    entries = {item.text(): item for item in menu.actions()}
    number = table.rows_model().column_of("weight")
    assert not entries["Weight"].isChecked()
    entries["Weight"].trigger()
    assert not table.isColumnHidden(number)
    entries["Columns as at first"].trigger()
    assert table.isColumnHidden(number)


def test_a_click_on_a_header_sorts(qtbot: QtBot, opened: Opened) -> None:
    table = opened.window.jobs.table
    header = table.horizontalHeader()
    number = table.rows_model().column_of("title")
    place = QPoint(header.sectionViewportPosition(number) + 20, header.height() // 2)
    qtbot.mouseClick(header.viewport(), LEFT, pos=place)
    assert [row.title for row in opened.window.jobs.model.rows()] == ["comp", "shot 10", "shot 20"]
    qtbot.mouseClick(header.viewport(), LEFT, pos=place)
    assert [row.title for row in opened.window.jobs.model.rows()] == ["shot 20", "shot 10", "comp"]


def test_appearance_is_changed_and_saved(qtbot: QtBot, opened: Opened) -> None:
    opened.window.set_appearance("light")
    assert opened.window.appearance() == "light"
    assert opened.window.palette().window().color().lightness() > 200
    assert read_settings(opened.settings.file).appearance == "light"
    opened.window.set_appearance("dark")


@pytest.mark.parametrize(
    ("on_close", "active", "leads", "choice"),
    [
        ("background", 1, True, "background"),
        ("finish", 1, True, "finish"),
        ("background", 1, False, "stop"),
        ("ask", 0, True, "stop"),
    ],
    ids=["background", "finish", "a follower just closes", "nothing runs"],
)
def test_closing_without_a_question(
    qtbot: QtBot, opening: Callable[..., Opened], on_close: str, active: int, leads: bool, choice: str
) -> None:
    farm = FakeFarm(
        job_rows=[job(1, counts=TaskCounts(queued=1, running=active))],
        lead=LeadRow("a", 1, "window", is_me=leads),
    )
    opened = opening(farm, lead_state=lambda: Leading(leads=leads))
    opened.settings.on_close = on_close
    qtbot.waitUntil(lambda: "frame" in opened.window.status.sentence())
    assert opened.window.close()
    assert opened.closed == [choice]


def test_closing_asks_once_and_remembers(
    qtbot: QtBot, farm: FakeFarm, opening: Callable[..., Opened]
) -> None:
    opened = opening(farm)
    opened.settings.on_close = "ask"
    qtbot.waitUntil(lambda: opened.window.jobs.model.rowCount() == 3)
    answer(qtbot, lambda dialog: dialog.cancel.click(), ClosingDialog)
    assert not opened.window.close()
    assert opened.closed == []

    def finish(dialog: ClosingDialog) -> None:
        dialog.radios["finish"].click()
        dialog.remember.click()
        dialog.close_button.click()

    answer(qtbot, finish, ClosingDialog)
    assert opened.window.close()
    assert opened.closed == ["finish"]
    assert read_settings(opened.settings.file).on_close == "finish"


def test_a_follower_says_so(qtbot: QtBot, farm: FakeFarm, opening: Callable[..., Opened]) -> None:
    farm.lead = LeadRow("other", 1, "window", is_me=False)
    window = opening(farm, lead_state=lambda: Leading(leads=False)).window
    qtbot.waitUntil(lambda: "Another window leads" in window.status.sentence())


def test_says_that_the_machine_is_kept_awake(
    qtbot: QtBot, farm: FakeFarm, opening: Callable[..., Opened]
) -> None:
    window = opening(farm, lead_state=lambda: Leading(leads=True, keeps_awake=True)).window
    qtbot.waitUntil(lambda: "Keeps this machine awake." in window.status.sentence())


def test_the_strip_draws_the_use(qtbot: QtBot, opened: Opened) -> None:
    use = opened.window.use
    use.set_farm(FarmSummary(cpus=8, cpus_in_use=0))
    use.take_sample()
    idle = use.plot.line()
    use.set_farm(FarmSummary(cpus=8, cpus_in_use=6))
    use.take_sample()
    busy = use.plot.line()
    assert [cores for _moment, cores in use.samples()][-2:] == [0, 6]
    # Upwards is less, in pixels.
    assert busy.last().y() < idle.last().y()
    assert idle.last().x() == busy.last().x() < use.plot.width()
    use.set_colours(opened.window._colours)
    assert not use.plot.grab().isNull()


def test_settings_and_about_open(qtbot: QtBot, opened: Opened) -> None:
    for show in (opened.window.show_settings, opened.window.show_about):
        show()
        qtbot.waitUntil(lambda: bool(forms(opened.window)))
        (dialog,) = forms(opened.window)
        assert dialog.findChildren(QPushButton)
        dialog.reject()
        qtbot.waitUntil(lambda: not forms(opened.window))
