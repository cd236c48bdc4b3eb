"""What the window asks of the scheduler's explanations, and what it shows of the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from farmgui.config import Settings
from farmgui.domain.counts import TaskCounts
from farmgui.domain.explanations import Effect, Ending, Expected
from farmgui.domain.snapshots import TaskRow
from farmgui.domain.states import JobState, TaskState
from farmgui.ui.dialogs.confirm import ConfirmDialog
from farmgui.ui.row_actions import TASK_ACTIONS
from farmgui.ui.selection import Selection
from farmgui.ui.style import apply_style
from farmgui.ui.views.table import TableView, index_of
from farmgui.ui.window import MonitorWindow
from tests.ui.fakes import NOW, FakeFarm, FakeIntake, agent, job, task


@pytest.fixture
def farm() -> FakeFarm:
    """A job that waits, one that the program paused, a hidden one; an agent that is idle."""
    return FakeFarm(
        job_rows=[
            job(
                1,
                title="shot 10",
                waiting="needs 4 cpus",
                waiting_since=datetime.now(UTC) - timedelta(minutes=3),
            ),
            job(
                2,
                title="shot 20",
                state=JobState.PAUSED,
                pause_reason="12 tasks failed, of 10 at most",
                failures=12,
            ),
            job(3, title="secret", hidden=True),
        ],
        task_rows=[task(1), task(2, state=TaskState.DONE)],
        agent_rows=[agent("a"), agent("b")],
    )


@pytest.fixture
def window(qapp: QApplication, farm: FakeFarm, tmp_path: Path, qtbot: QtBot) -> Iterator[MonitorWindow]:
    """A window over it."""
    apply_style(qapp, "dark")
    settings = Settings(tmp_path / "settings.json", on_close="stop")
    made = MonitorWindow(farm, FakeIntake(), settings, closing=lambda _choice: None)  # type: ignore[arg-type]
    made.resize(1280, 720)
    made.show()
    qtbot.waitUntil(lambda: made.jobs.model.rowCount() == 2)
    yield made
    made.close()
    made.deleteLater()


def select(qtbot: QtBot, window: MonitorWindow, job_id: int) -> None:
    window.jobs.table.select_keys([job_id])
    qtbot.waitUntil(lambda: window.panel.job_ids() == (job_id,))


def agree(seen: list[ConfirmDialog], act: Callable[[ConfirmDialog], None]) -> None:
    """Do `act` with the next question."""

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, ConfirmDialog):
            seen.append(dialog)
            act(dialog)
        else:
            QTimer.singleShot(10, look)

    QTimer.singleShot(10, look)


def test_says_why_a_job_waits_since_when_and_by_which_rules(
    qtbot: QtBot, farm: FakeFarm, window: MonitorWindow
) -> None:
    farm.explaining.answers["idle"] = "No job that waits can run on it."
    select(qtbot, window, 1)
    assert farm.explaining.asked == [], "nobody looks"
    window.docks.why.raise_()
    qtbot.waitUntil(lambda: [note.text() for note in window.why.notes] == ["id-a is in use.", LACKS])
    assert [note.level() for note in window.why.notes] == ["done", "error"]
    assert window.why.reason.text() == "needs 4 cpus"
    assert window.why.since.text().startswith("For 3 min")
    assert window.why.idle.text() == "No job that waits can run on it."
    window.why.choose_agent("id-b")
    qtbot.waitUntil(lambda: window.why.notes[0].text() == "id-b is in use.")
    select(qtbot, window, 2)
    qtbot.waitUntil(lambda: window.why.reason.text() == "12 tasks failed, of 10 at most")


LACKS = "It has 2 of 16 cpus free."


def test_says_which_of_several_jobs_is_explained(window: MonitorWindow) -> None:
    window.why.show_jobs([job(1, title="shot 10"), job(2)])
    assert window.why.title() == "shot 10, the first of 2 jobs"
    window.why.show_jobs([job(1, title="shot 10")])
    assert window.why.title() == "shot 10"


def test_the_table_says_why_the_program_paused_a_job(qtbot: QtBot, window: MonitorWindow) -> None:
    for column in ("last_error", "waits"):
        assert index_of(window.jobs.table, 2, column).data() == "12 tasks failed, of 10 at most"
        assert index_of(window.jobs.table, 1, column).data() == "needs 4 cpus"


def test_what_the_program_paused_can_be_rerun_though_its_tasks_wait_to_be_tried_again(
    qtbot: QtBot, farm: FakeFarm, window: MonitorWindow
) -> None:
    rerun = window.actions_by_id.action("rerun-failed")
    select(qtbot, window, 1)
    assert not rerun.isEnabled()
    select(qtbot, window, 2)
    qtbot.waitUntil(rerun.isEnabled)
    rerun.trigger()
    qtbot.waitUntil(lambda: farm.calls == [("rerun_failed", ((2,),))])


@pytest.mark.parametrize(
    ("row", "can"),
    [
        (task(1), False),
        (task(1, failures=1), True),
        (task(1, failures=1, state=TaskState.RUNNING), False),
        (task(1, state=TaskState.DONE), True),
    ],
)
def test_a_frame_that_waits_to_be_tried_again_can_be_rerun(row: TaskRow, can: bool) -> None:
    rerun = next(action for action in TASK_ACTIONS if action.id == "rerun-tasks")
    assert rerun.enabled(Selection(tasks=(row,))) is can


def test_tiles_are_a_column_while_frames_are_rendered_in_tiles(
    qtbot: QtBot, farm: FakeFarm, window: MonitorWindow
) -> None:
    column = window.tasks.rows_model().column_of("tile")
    select(qtbot, window, 1)
    assert window.tasks.isColumnHidden(column)
    window.tasks.show_jobs([job(9, num_tiles=4)])
    assert not window.tasks.isColumnHidden(column)
    window.tasks.show_jobs([job(1)])
    assert window.tasks.isColumnHidden(column)


def test_all_columns_fit_into_a_small_window_beside_a_scroll_bar(window: MonitorWindow) -> None:
    window.tasks.show_jobs([job(9, num_tiles=4)])
    tables: tuple[TableView[Any], ...] = (window.jobs.table, window.tasks)
    for table in tables:
        header = table.horizontalHeader()
        columns = enumerate(table.rows_model().columns)
        widths = [column.width for number, column in columns if not header.isSectionHidden(number)]
        assert sum(widths) <= table.width() - table.verticalScrollBar().sizeHint().width()


def test_hidden_jobs_are_shown_on_demand(qtbot: QtBot, farm: FakeFarm, window: MonitorWindow) -> None:
    box = window.jobs.show_hidden
    assert box.text() == "Show 1 &hidden"
    box.click()
    assert window.jobs.model.rowCount() == 3
    assert index_of(window.jobs.table, 3, "state").data() == "Hidden"
    select(qtbot, window, 3)
    qtbot.waitUntil(lambda: window.actions_by_id.action("unhide").isEnabled())
    assert not window.actions_by_id.action("hide").isEnabled()
    window.actions_by_id.action("unhide").trigger()
    qtbot.waitUntil(lambda: farm.calls == [("change", ((3,), {"hidden": False}))])


def test_says_what_would_follow_before_it_is_applied(
    qtbot: QtBot, farm: FakeFarm, window: MonitorWindow
) -> None:
    farm.explaining.answers["what_if"] = [Effect(1, "shot 10", 4, 12), Effect(2, "shot 20", 16, 8)]
    select(qtbot, window, 1)
    window.panel._edits["weight"].type_text("30")
    window.panel._edits["weight"].type_text("300")
    qtbot.waitUntil(lambda: bool(window.panel.consequences.text()))
    assert farm.explaining.asked == [("what_if", (1,), {"weight": 300})], "asked once typing has stopped"
    assert window.panel.consequences.text().splitlines() == [
        "12 instead of 4 cpus",
        "shot 20: 8 instead of 16 cpus",
    ]
    assert farm.calls == []


def test_shows_when_jobs_will_probably_be_done(qtbot: QtBot, farm: FakeFarm, window: MonitorWindow) -> None:
    farm.explaining.answers["expected"] = {1: Expected(NOW, NOW, NOW + timedelta(hours=1))}
    window.details._outlook.read()
    index = index_of(window.jobs.table, 1, "expected")
    qtbot.waitUntil(lambda: index.data() == f"{NOW.astimezone():%H:%M}")
    assert "between" in str(index.data(3))
    assert index_of(window.jobs.table, 2, "expected").data() == ""


@pytest.mark.parametrize("yes", [True, False], ids=["agreed", "not agreed"])
def test_room_is_made_only_by_what_was_agreed_to(
    qtbot: QtBot, farm: FakeFarm, window: MonitorWindow, yes: bool
) -> None:
    farm.explaining.answers["room"] = [
        Ending(7, "frame 7", "comp", "farm01", 60.0),
        Ending(9, "frame 9", "comp", "farm02", 30.0),
    ]
    select(qtbot, window, 1)
    qtbot.waitUntil(lambda: window.actions_by_id.action("make-room").isEnabled())
    seen: list[ConfirmDialog] = []
    agree(seen, lambda dialog: (dialog.yes if yes else dialog.cancel).click())
    window.actions_by_id.action("make-room").trigger()
    qtbot.waitUntil(lambda: bool(seen))
    qtbot.wait(50)
    assert farm.calls == ([("stop_tasks", ((7, 9),))] if yes else [])


def test_a_job_that_does_not_wait_needs_no_room(qtbot: QtBot, window: MonitorWindow) -> None:
    select(qtbot, window, 2)
    qtbot.wait(100)
    assert not window.actions_by_id.action("make-room").isEnabled()


@pytest.mark.parametrize(
    ("action", "priority"), [("offer-first", 1000), ("offer-last", -1000), ("offer-in-turn", 0)]
)
def test_frames_are_offered_first_or_last(
    qtbot: QtBot, farm: FakeFarm, window: MonitorWindow, action: str, priority: int
) -> None:
    select(qtbot, window, 1)
    qtbot.waitUntil(lambda: window.tasks.rows_model().rowCount() == 2)
    window.tasks.select_keys([100_001])
    qtbot.waitUntil(lambda: window.actions_by_id.action(action).isEnabled())
    window.actions_by_id.action(action).trigger()
    qtbot.waitUntil(lambda: farm.calls == [("set_task_priority", ((100_001,), priority))])


def test_a_deletion_can_keep_what_depends_on_the_job(
    qtbot: QtBot, farm: FakeFarm, window: MonitorWindow
) -> None:
    farm.dependants = ("comp",)
    select(qtbot, window, 1)
    seen: list[ConfirmDialog] = []

    def keep(dialog: ConfirmDialog) -> None:
        assert dialog.option is not None
        dialog.option.click()
        dialog.yes.click()

    agree(seen, keep)
    window.actions_by_id.action("delete").trigger()
    qtbot.waitUntil(lambda: farm.calls == [("delete", ((1,), ("dependants", False)))])


def test_agents_are_set_aside_at_once_only_after_a_question(
    qtbot: QtBot, farm: FakeFarm, window: MonitorWindow
) -> None:
    farm.agent_rows = [agent("a", tasks_running=2)]
    farm.changes.tell()
    window.docks.agents.raise_()
    qtbot.waitUntil(lambda: window.agents.rows_model().rowCount() == 1)
    window.agents.select_keys(["id-a"])
    qtbot.waitUntil(lambda: window.actions_by_id.action("set-aside-now").isEnabled())
    seen: list[ConfirmDialog] = []
    agree(seen, lambda dialog: dialog.yes.click())
    window.actions_by_id.action("set-aside-now").trigger()
    qtbot.waitUntil(lambda: farm.calls == [("agent disable", (("id-a",), ("now", True)))])
    assert seen


def test_goes_back_to_what_was_not_applied_in_spite_of_a_filter(qtbot: QtBot, window: MonitorWindow) -> None:
    select(qtbot, window, 1)
    window.panel._edits["priority"].type_text("9")
    window.jobs.filter.setText("20")
    qtbot.waitUntil(lambda: window.jobs.model.rowCount() == 1)
    qtbot.waitUntil(lambda: window.panel.job_ids() == ())
    window.panel.kept.go.click()
    qtbot.waitUntil(lambda: window.panel.job_ids() == (1,))
    assert window.panel.changed_values() == {"priority": 9}


def test_a_changed_value_of_a_job_is_read_again(qtbot: QtBot, farm: FakeFarm, window: MonitorWindow) -> None:
    select(qtbot, window, 1)
    limits = window.panel._edits["limits"]
    qtbot.waitUntil(lambda: limits.widget.placeholderText() == "none")
    farm.more[1] = {"timeout": 7200}
    farm.put_job(job(1, title="shot 10", counts=TaskCounts(queued=9)))
    qtbot.waitUntil(lambda: window.panel._edits["timeout"].text() == "2 hours")
