from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from farmgui.domain.attributes import JOB_ATTRIBUTES
from farmgui.domain.requirements import Dependency, LimitUse, SoftwareNeed, TagNeed
from farmgui.domain.snapshots import JobRow
from farmgui.ui.editors.job_panel import JobPanel
from tests.ui.fakes import job as a_job
from tests.ui.fakes import values

LEFT = Qt.MouseButton.LeftButton


def job(job_id: int = 1, **values: object) -> JobRow:
    return a_job(job_id, **{"title": f"Shot {job_id}", **values})


class Asked:
    """What the panel asked for, in order."""

    def __init__(self, panel: JobPanel) -> None:
        self.changes: list[tuple[tuple[int, ...], dict[str, object]]] = []
        panel.change_asked.connect(lambda ids, values: self.changes.append((ids, values)))


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
    panel.fields.go_to(name)
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
    note = panel.fields.notes["priority"]
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
    assert not panel._edits["title"].widget.isEnabled(), "a title is one job's own"


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


def test_what_was_typed_for_other_jobs_is_kept_and_said(qtbot: QtBot, panel: JobPanel) -> None:
    panel.set_jobs([job(1)])
    write(qtbot, panel, "priority", "12")
    panel.set_jobs([job(2, priority=5)])
    assert panel.kept.note.text() == "Shot 1: 1 change not applied"
    wanted: list[tuple[int, ...]] = []
    panel.jobs_asked.connect(wanted.append)
    click(qtbot, panel.kept.go)
    assert wanted == [(1,)]
    panel.set_jobs([job(1)])
    assert panel.changed_values() == {"priority": 12}
    assert panel.kept.isHidden()
    panel.set_jobs([])
    click(qtbot, panel.kept.drop)
    panel.set_jobs([job(1)])
    assert panel.changed_values() == {}


def test_every_attribute_can_be_edited(panel: JobPanel) -> None:
    panel.set_jobs([job()])
    panel.set_values((1,), [values(job())])
    assert panel._edits.keys() == JOB_ATTRIBUTES.keys() - {"num_tiles"}
    for name, edit in panel._edits.items():
        assert edit.widget.toolTip(), name
        assert not edit.is_changed(), name


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        pytest.param("software", "blender 3.6..4.2", (SoftwareNeed("blender", "3.6", "4.2"),), id="software"),
        pytest.param("agent_tags", "gpu -slow", (TagNeed("gpu"), TagNeed("slow", negate=True)), id="tags"),
        pytest.param("limits", "nuke, arnold:2", (LimitUse("nuke"), LimitUse("arnold", 2)), id="limits"),
        pytest.param("parents", "12:frames", (Dependency(12, by_frame=True),), id="parents"),
        pytest.param("timeout", "2 hours", 7200, id="timeout"),
        pytest.param("queue", "film/shot", "/film/shot", id="queue"),
        pytest.param("hidden", "yes", True, id="hidden"),
        pytest.param("environ", "A=1", {"A": "1"}, id="environ"),
    ],
)
def test_values_that_rows_do_not_hold(qtbot, panel, asked, name, text, value) -> None:
    panel.set_jobs([job()])
    panel.set_values((1,), [values(job())])
    write(qtbot, panel, name, text)
    click(qtbot, panel._apply)
    assert asked.changes == [((1,), {name: value})]


def test_what_is_stored_in_another_order_counts_as_applied(qtbot: QtBot, panel: JobPanel) -> None:
    panel.set_jobs([job()])
    panel.set_values((1,), [values(job())])
    write(qtbot, panel, "tags", "night film")
    click(qtbot, panel._apply)
    panel.set_values((1,), [values(job())])
    assert panel._edits["tags"].is_changed(), "not stored yet"
    panel.set_values((1,), [values(job(), {"tags": ("film", "night")})])
    assert not panel._apply.isEnabled()
    assert panel._edits["tags"].text() == "film night"


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (("ram_warning", "9000"), ("ram_max", "8000"), "ended at 8,000 MB"),
        (("minimum_agents", "5"), ("maximum_agents", "4"), "above the maximum of 4"),
    ],
    ids=["ram", "agents"],
)
def test_values_that_contradict_each_other_are_told_while_typing(
    qtbot, panel, asked, low, high, words
) -> None:
    panel.set_jobs([job()])
    write(qtbot, panel, *low)
    write(qtbot, panel, *high)
    assert words in panel.fields.notes[low[0]].text()
    click(qtbot, panel._apply)
    assert asked.changes == []


def test_a_field_that_is_refused_is_unfolded(qtbot: QtBot, panel: JobPanel) -> None:
    panel.set_jobs([job()])
    write(qtbot, panel, "timeout", "soon")
    panel.fields.sections["Run"].setChecked(False)
    click(qtbot, panel._apply)
    assert panel.fields.sections["Run"].isChecked()
    assert panel._edits["timeout"].widget.hasFocus()


def test_folded_sections_say_that_something_is_changed(qtbot: QtBot, panel: JobPanel) -> None:
    panel.set_jobs([job()])
    assert panel._edits["timeout"].widget.isHidden()
    write(qtbot, panel, "timeout", "90")
    click(qtbot, panel.fields.sections["Run"])
    assert panel._edits["timeout"].widget.isHidden()
    assert "1 changed" in panel.fields.sections["Run"].text()


def test_only_changes_of_what_runs_are_considered(qtbot: QtBot, panel: JobPanel) -> None:
    seen: list[tuple[object, object]] = []
    panel.considered.connect(lambda ids, changes: seen.append((ids, changes)))
    panel.set_jobs([job()])
    write(qtbot, panel, "notes", "x")
    assert seen == []
    write(qtbot, panel, "weight", "3")
    assert seen[-1] == ((1,), {"weight": 3})
    panel.consequences.say(["it would get 2 instead of 1 agent"])
    click(qtbot, panel._revert)
    assert panel.consequences.isHidden()
    assert seen[-1] == ((1,), {})


def test_frames_are_counted_and_asked_for(qtbot: QtBot, panel: JobPanel, asked: Asked) -> None:
    panel.set_jobs([job()])
    assert panel.fields.notes["frames"].text() == "10 frames"
    write(qtbot, panel, "frames", "1-40x2")
    assert panel.fields.notes["frames"].text() == "20 frames"
    qtbot.keyClick(panel._edits["frames"].widget, Qt.Key.Key_Return)
    assert asked.changes == [((1,), {"frames": "1-40x2"})]


def test_bad_frames_are_refused(qtbot: QtBot, panel: JobPanel, asked: Asked) -> None:
    panel.set_jobs([job()])
    write(qtbot, panel, "frames", "1-zebra")
    assert "is no frame range" in panel.fields.notes["frames"].text()
    click(qtbot, panel._apply)
    assert asked.changes == []


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
