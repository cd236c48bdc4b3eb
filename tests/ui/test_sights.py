"""Which machines can't see a job's files: asked off the GUI thread, told until all have answered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from farmgui.config import Settings
from farmgui.domain.counts import TaskCounts
from farmgui.domain.errors import FarmError
from farmgui.domain.sights import Question
from farmgui.domain.snapshots import SightRow
from farmgui.domain.states import JobState
from farmgui.ui.background import Background
from farmgui.ui.dialogs.map_path import MapPathDialog
from farmgui.ui.dialogs.sight_line import FarmSights, SightLine
from farmgui.ui.item_models.agent_columns import AGENT_COLUMNS
from farmgui.ui.palette import DARK
from farmgui.ui.sight_feed import Seeing
from farmgui.ui.views.lists import AgentsView
from farmgui.ui.views.table import index_of
from farmgui.ui.window import MonitorWindow
from tests.ui.fakes import FakeFarm, FakeIntake, FakeSights, agent, blind, job, sees

SHOT = Question("/show/film/shot.blend", "/show/frames")
UNSEEN = "farm0{} can't see shot.blend: put it on the share or map the path."


@pytest.mark.parametrize(
    ("rows", "waiting", "lines", "levels"),
    [
        ([], False, [], []),
        ([sees("farm01")], False, ["farm01 sees the files."], ["done"]),
        ([sees(f"farm{n:02}") for n in range(12)], False, ["All 12 machines see the files."], ["done"]),
        ([sees("a"), blind("farm03")], False, [UNSEEN.format(3)], ["warning"]),
        (
            [blind(f"farm0{n}") for n in range(1, 8)],
            False,
            [*(UNSEEN.format(n) for n in (1, 2, 3)), "And 4 more."],
            ["warning"] * 4,
        ),
        (
            [sees("a", answered=False)],
            True,
            ["Asking a whether it sees the files…"],
            [""],
        ),
        (
            [blind("farm03"), sees("a", answered=False), sees("b", answered=False)],
            True,
            [UNSEEN.format(3), "Asking 2 machines whether they see the files…"],
            ["warning", ""],
        ),
        (
            [sees("a", answered=False), sees("b")],
            False,
            ["a hasn't answered whether the files are seen there."],
            ["info"],
        ),
    ],
    ids=["nobody", "one", "all", "one blind", "seven blind", "asked", "partly", "silent"],
)
def test_what_the_line_says(
    qtbot: QtBot, rows: list[SightRow], waiting: bool, lines: list[str], levels: list[str]
) -> None:
    line = SightLine()
    qtbot.addWidget(line)
    line.show_seeing(Seeing(SHOT, rows, waiting))
    assert line.text().splitlines() == lines
    notes = [note for note in (*line.notes, line.rest) if note.text()]
    assert [note.level() for note in notes] == levels
    assert line.isHidden() is (not lines)
    assert line.button.isHidden() is (not any(row.words for row in rows))
    line.show_seeing(Seeing())
    assert line.isHidden()
    assert line.text() == ""


def test_who_is_left_out_of_the_lines_is_named_in_a_tip(qtbot: QtBot) -> None:
    line = SightLine()
    qtbot.addWidget(line)
    line.show_seeing(Seeing(SHOT, [blind(f"farm0{n}") for n in range(1, 6)]))
    assert "farm04, farm05" in line.rest.toolTip()


@pytest.fixture
def farm() -> FakeFarm:
    """A job that waits, one that is done, and a machine that is blind."""
    return FakeFarm(
        job_rows=[
            job(1, title="shot 10", waiting="farm03 can't see 1.blend"),
            job(2, title="shot 20", state=JobState.DONE, counts=TaskCounts(done=10)),
        ],
        agent_rows=[agent("a"), agent("farm03", joined=True)],
        sights=FakeSights([blind("farm03", "/show/film/1.blend")]),
    )


@pytest.fixture
def line(qtbot: QtBot, farm: FakeFarm) -> Iterator[FarmSights]:
    """A line on its own."""
    background = Background()
    made = FarmSights(farm, background)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    yield made
    background.close()


def test_is_asked_once_and_read_until_all_have_answered(
    qtbot: QtBot, farm: FakeFarm, line: FarmSights
) -> None:
    farm.sights.answers = [sees("a", answered=False), sees("b")]
    line.ask(SHOT, lambda: SHOT)
    qtbot.waitUntil(lambda: line.text() == "Asking a whether it sees the files…")
    line.ask(SHOT, lambda: SHOT)
    farm.sights.answers = [blind("a"), sees("b")]
    qtbot.waitUntil(lambda: line.text().startswith("a can't see shot.blend"))
    assert farm.sights.asked == [SHOT]
    assert threading.main_thread().name not in farm.sights.asked_on


def test_it_is_asked_again_now_and_then_and_what_is_known_stays_meanwhile(
    qtbot: QtBot, farm: FakeFarm, line: FarmSights
) -> None:
    line.ask(SHOT, lambda: SHOT)
    qtbot.waitUntil(lambda: line.text().startswith("farm03 can't see"))
    farm.sights.answers = [sees("farm03", answered=False)]
    line._now_and_then.timeout.emit()
    qtbot.waitUntil(lambda: len(farm.sights.asked) == 2)
    qtbot.wait(100)
    assert line.text().startswith("farm03 can't see")
    farm.sights.answers = [sees("farm03")]
    qtbot.waitUntil(lambda: line.text() == "farm03 sees the files.")


def test_only_the_last_of_several_is_asked_about(qtbot: QtBot, farm: FakeFarm, line: FarmSights) -> None:
    for part in ("/show/a", "/show/ab", "/show/abc"):
        question = Question("", part)
        line.ask(question, lambda question=question: question)
    qtbot.waitUntil(lambda: bool(line.text()))
    assert farm.sights.asked == [Question("", "/show/abc")]
    line.ask(None, lambda: None)
    assert line.isHidden()


def test_who_does_not_answer_is_told_after_a_while(
    qtbot: QtBot, farm: FakeFarm, line: FarmSights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("farmgui.ui.sight_feed.PATIENCE", 0.5)
    farm.sights.answers = [sees("a", answered=False)]
    line.ask(SHOT, lambda: SHOT)
    qtbot.waitUntil(lambda: line.text().startswith("a hasn't answered"))


def test_nothing_is_told_of_what_cannot_be_read(qtbot: QtBot, farm: FakeFarm, line: FarmSights) -> None:
    read = threading.Event()

    def gone() -> Question:
        read.set()
        raise FarmError("There is no job 1.")

    line.ask(1, gone)
    qtbot.waitUntil(read.is_set)
    qtbot.wait(50)
    assert line.isHidden()


@pytest.fixture
def window(qapp: QApplication, farm: FakeFarm, tmp_path: Path, qtbot: QtBot) -> Iterator[MonitorWindow]:
    """A window over it."""
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


def test_the_panel_says_who_cannot_see_the_files_of_a_job_and_maps_the_path(
    qtbot: QtBot, farm: FakeFarm, window: MonitorWindow
) -> None:
    select(qtbot, window, 1)
    qtbot.wait(50)
    assert farm.sights.asked == [], "nobody looks"
    window.docks.why.raise_()
    qtbot.waitUntil(lambda: window.why.sights.text().startswith("farm03 can't see 1.blend"))
    assert farm.sights.asked == [Question("/show/film/1.blend", "/show/frames")]
    window.why.sights.button.click()
    qtbot.waitUntil(lambda: bool(window.findChildren(MapPathDialog)))
    (dialog,) = window.findChildren(MapPathDialog)
    assert dialog.line("here").text() == "/show/film"
    dialog.line("there").setText("/mnt/film")
    farm.sights.answers = [sees("farm03")]
    dialog.ok.click()
    qtbot.waitUntil(lambda: window.why.sights.text() == "farm03 sees the files.")
    assert [name for name, _arguments in farm.calls] == ["path_maps create"]
    assert farm.sights.forgotten == 1
    assert len(farm.sights.asked) == 2, "it is asked again"


def test_of_a_job_that_is_done_nobody_is_asked(qtbot: QtBot, farm: FakeFarm, window: MonitorWindow) -> None:
    window.docks.why.raise_()
    select(qtbot, window, 2)
    qtbot.waitUntil(lambda: ("rules", 2, "id-a") in farm.explaining.asked)
    qtbot.wait(500)
    assert all(asked.scene != "/show/film/2.blend" for asked in farm.sights.asked)
    assert window.why.sights.isHidden()


def test_where_agents_are_is_a_column_once_machines_have_joined(qtbot: QtBot) -> None:
    table = AgentsView(DARK)
    qtbot.addWidget(table)
    model = table.rows_model()
    column = model.column_of("place")
    model.update_rows([agent("a")])
    assert table.isColumnHidden(column)
    model.update_rows([agent("farm03", joined=True)])
    assert not table.isColumnHidden(column)
    assert index_of(table, "id-a", "place").data() == "here"
    assert index_of(table, "id-farm03", "place").data() == "joined"
    first = AgentsView(DARK)
    qtbot.addWidget(first)
    first.rows_model().update_rows([agent("farm03", joined=True)])
    assert not first.isColumnHidden(column)
    table.set_column_shown("place", shown=False)
    model.update_rows([agent("farm04", joined=True)])
    assert table.isColumnHidden(column), "it stays hidden by whom it disturbs"


def test_the_place_of_an_agent_says_what_it_means() -> None:
    column = next(column for column in AGENT_COLUMNS if column.id == "place")
    assert column.tip is not None
    assert "keeps its own logs" in column.tip(replace(agent("a"), joined=True))
