from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from farmgui.domain.snapshots import JobRow
from farmgui.ui.editors.job_panel import JobPanel
from tests.ui.fakes import job as a_job

LEFT = Qt.MouseButton.LeftButton


def job(job_id: int = 1, **values: object) -> JobRow:
    return a_job(job_id, **{"title": f"Shot {job_id}", **values})


class Asked:
    """What the panel asked for, in order."""

    def __init__(self, panel: JobPanel) -> None:
        self.changes: list[tuple[tuple[int, ...], dict[str, object]]] = []
        self.frames: list[tuple[int, str]] = []
        panel.change_asked.connect(lambda ids, values: self.changes.append((ids, values)))
        panel.frames_asked.connect(lambda number, text: self.frames.append((number, text)))


@pytest.fixture
def panel(qtbot: QtBot) -> JobPanel:
    made = JobPanel()
    qtbot.addWidget(made)
    made.resize(360, 700)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def asked(panel: JobPanel) -> Asked:
    return Asked(panel)


def write(qtbot: QtBot, panel: JobPanel, name: str, text: str) -> None:
    widget = panel._edits[name].widget
    widget.setFocus()
    panel._edits[name].select_all()
    qtbot.keyClicks(widget, text)


def click(qtbot: QtBot, button) -> None:
    qtbot.mouseClick(button, LEFT)


def test_empty_panel_says_what_to_do(panel: JobPanel) -> None:
    panel.set_jobs([])
    assert "Select one job" in panel._layout.currentWidget().text()


CHANGES = [
    pytest.param("priority", "50", 50, id="priority"),
    pytest.param("cpus", "4", 4, id="cpus"),
    pytest.param("cpus", "none required", 0, id="cpus in words"),
    pytest.param("ram_max", "8192", 8192, id="ram_max"),
    pytest.param("requeue", "forever", -1, id="requeue"),
    pytest.param("autodelete_time", "2 days", 172_800, id="autodelete"),
    pytest.param("title", "Shot 2", "Shot 2", id="title"),
    pytest.param("notes", "ask Jo first", "ask Jo first", id="notes"),
    pytest.param("output_link", "file:///frames", "file:///frames", id="link"),
]


@pytest.mark.parametrize(("name", "text", "value"), CHANGES)
def test_apply_asks_for_what_was_changed_only(qtbot, panel, asked, name, text, value) -> None:
    panel.set_jobs([job()])
    write(qtbot, panel, name, text)
    click(qtbot, panel._apply)
    assert asked.changes == [((1,), {name: value})]
    assert asked.frames == []


def test_enter_applies(qtbot: QtBot, panel: JobPanel, asked: Asked) -> None:
    panel.set_jobs([job()])
    for name in ("title", "priority", "cpus"):
        write(qtbot, panel, name, "7")
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert asked.changes == [((1,), {"title": "7", "priority": 7, "cpus": 7})]


@pytest.mark.parametrize("name", ["title", "priority", "cpus", "notes"])
def test_escape_takes_one_field_back(qtbot: QtBot, panel: JobPanel, asked: Asked, name: str) -> None:
    panel.set_jobs([job()])
    write(qtbot, panel, "weight", "20")
    write(qtbot, panel, name, "7")
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert panel.changed_values() == {"weight": 20}


def test_out_of_range_is_refused_beside_the_field(qtbot: QtBot, panel: JobPanel, asked: Asked) -> None:
    panel.set_jobs([job()])
    write(qtbot, panel, "title", "good")
    write(qtbot, panel, "priority", "1001")
    note = panel._notes["priority"]
    assert note.isVisible()
    assert "from -1000 to 1000" in note.text()
    panel._edits["title"].widget.setFocus()
    click(qtbot, panel._apply)
    assert asked.changes == [], "nothing is changed while one value is refused"
    assert panel._edits["priority"].widget.hasFocus()
    click(qtbot, panel._revert)
    assert not note.isVisible()
    assert panel._edits["title"].text() == "Shot 1"


def test_several_jobs_change_only_what_was_touched(qtbot: QtBot, panel: JobPanel, asked: Asked) -> None:
    panel.set_jobs([job(1, priority=1, notes="a"), job(2, priority=2, notes="b"), job(3, weight=99)])
    assert panel._edits["priority"].text() == ""
    assert panel._edits["batch"].text() == "1"
    write(qtbot, panel, "weight", "30")
    click(qtbot, panel._apply)
    assert asked.changes == [((1, 2, 3), {"weight": 30})]
    assert panel._title.text() == "3 jobs"
    assert not panel._frames.line.isEnabled()


def test_a_refresh_keeps_what_is_typed_and_shows_the_rest(qtbot: QtBot, panel: JobPanel) -> None:
    panel.set_jobs([job()])
    write(qtbot, panel, "priority", "12")
    panel.set_jobs([job(priority=3, weight=77)])
    assert panel._edits["priority"].text() == "12"
    assert panel._edits["weight"].text() == "77"
    panel.set_jobs([job(priority=12)])
    assert not panel._apply.isEnabled(), "stored meanwhile"


def test_other_jobs_begin_anew(qtbot: QtBot, panel: JobPanel) -> None:
    panel.set_jobs([job(1)])
    write(qtbot, panel, "priority", "12")
    panel.set_jobs([job(2, priority=5)])
    assert panel._edits["priority"].text() == "5"
    assert not panel._apply.isEnabled()


def test_frames_are_counted_and_asked_for(qtbot: QtBot, panel: JobPanel, asked: Asked) -> None:
    panel.set_jobs([job()])
    assert panel._frames.note.text() == "10 frames"
    panel._frames.line.selectAll()
    qtbot.keyClicks(panel._frames.line, "1-20x2")
    assert panel._frames.note.text() == "10 frames"
    qtbot.keyClick(panel._frames.line, Qt.Key.Key_Return)
    assert asked.frames == [(1, "1-20x2")]
    assert asked.changes == []


def test_bad_frames_are_refused(qtbot: QtBot, panel: JobPanel, asked: Asked) -> None:
    panel.set_jobs([job()])
    panel._frames.line.selectAll()
    qtbot.keyClicks(panel._frames.line, "1-zebra")
    assert "is no frame range" in panel._frames.note.text()
    click(qtbot, panel._apply)
    assert asked.frames == []


def test_titles_are_never_markup(panel: JobPanel) -> None:
    panel.set_jobs([job(title="<b>bold</b> & <img src=x>")])
    assert panel._title.textFormat() is Qt.TextFormat.PlainText
    assert "&lt;b&gt;" in panel._title.toolTip()


def test_no_part_of_the_panel_is_left_without_a_parent(qtbot: QtBot) -> None:
    before = set(QApplication.allWidgets())
    made = JobPanel()
    qtbot.addWidget(made)
    made.set_jobs([job()])
    new = set(QApplication.allWidgets()) - before
    assert {widget for widget in new if widget.parent() is None} == {made}
