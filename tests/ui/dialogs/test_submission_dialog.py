from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from farmgui.domain.attributes import JOB_ATTRIBUTES
from farmgui.domain.errors import FarmError
from farmgui.domain.jobtypes import JobTypeDefinition, Parameter, Program
from farmgui.domain.requirements import (
    AgentChoice,
    Dependency,
    LimitUse,
    SoftwareNeed,
    Subscription,
    TagNeed,
)
from farmgui.domain.specs import JobSpec
from farmgui.services.intake import Intake
from farmgui.submission.draft import Draft, Level, SceneOffer
from farmgui.submission.job import to_spec
from farmgui.submission.scene_copy import Cancelled
from farmgui.ui.background import Background
from farmgui.ui.dialogs.map_path import MapPathDialog
from farmgui.ui.dialogs.submission import SubmissionDialog
from tests.ui.fakes import FakeFarm, FakeSights, blind, sees

LEFT = Qt.MouseButton.LeftButton


class Store:
    """Notes what is submitted; refuses titles that it is told to."""

    def __init__(self) -> None:
        self.specs: list[JobSpec] = []
        self.refused: set[str] = set()

    def submit(self, spec: JobSpec) -> int:
        if spec.title in self.refused:
            raise FarmError(f"There is no room for {spec.title}.")
        self.specs.append(spec)
        return 100 + len(self.specs)


class SlowIntake(Intake):
    """Copies without end until it is cancelled, then says so."""

    copying = threading.Event()

    def submit(
        self,
        draft: Draft,  # noqa: ARG002 - What is submitted doesn't matter here.
        progress: Callable[[int, int], None] | None = None,
        cancel: Callable[[], bool] | None = None,
    ) -> int:
        progress(3 << 30, 4 << 30)
        self.copying.set()
        waiting = threading.Event()
        for _ in range(500):
            if cancel():
                raise Cancelled("The submission was called off.")
            waiting.wait(0.01)
        raise FarmError("nobody cancelled")


class Desk:
    """Everything that a form needs, on a real folder."""

    def __init__(self, folder: Path, background: Background, qtbot: QtBot) -> None:
        self.folder, self.background, self.qtbot = folder, background, qtbot
        self.store = Store()
        self.dialogs: list[SubmissionDialog] = []
        self.chosen: Mapping[str, str] = {}
        self.program = folder / "tracer"
        self.program.write_text("#!/bin/sh\necho Tracer 7.5.1\n")
        self.program.chmod(0o755)
        self.types = [self._tracer(), self._command()]
        self.intake = Intake(self.store, lambda: self.types, lambda: self.chosen)

    def scene(self, name: str = "shot") -> Path:
        path = self.folder / f"{name}.trace"
        path.write_text("sphere")
        return path

    def draft(self, name: str = "shot", **values: object) -> Draft:
        draft = self.intake.draft(self.scene(name))
        return replace(draft, **{"frames": "1-10", "notes": (), **values})

    def command(self) -> Draft:
        return self.intake.empty_draft("command-line")

    def open(
        self, *drafts: Draft, intake: Intake | None = None, farm: FakeFarm | None = None
    ) -> SubmissionDialog:
        dialog = SubmissionDialog(drafts, intake or self.intake, self.background, None, farm)  # type: ignore[arg-type]
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
        self.dialogs.append(dialog)
        self.qtbot.addWidget(dialog)
        dialog.open()
        self.qtbot.waitActive(dialog)
        self.qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
        return dialog

    def _tracer(self) -> JobTypeDefinition:
        return JobTypeDefinition(
            "tracer",
            title="Tracer",
            files=(".trace",),
            scene_copy=True,
            program=Program((), (str(self.program),), ("--version",), r"Tracer (?P<version>\S+)", "Tracer"),
            arguments=("{program}", "{scene}", "{output_file}"),
            outputs=("{output_file}",),
            cpus=-1,
            parameters=(
                Parameter("scene", "Scene", "file", required=True),
                Parameter("scene_name", "Scene in the file", "choice"),
                Parameter("output", "Output", "output", required=True),
                Parameter("format", "Format", "choice", ("", "PNG", "EXR")),
            ),
        )

    def _command(self) -> JobTypeDefinition:
        command = Parameter("command", "Command", "command", required=True)
        return JobTypeDefinition(
            "command-line", title="Command line", arguments=("{*command}",), parameters=(command,)
        )


@pytest.fixture
def desk(tmp_path: Path, background: Background, qtbot: QtBot) -> Iterator[Desk]:
    made = Desk(tmp_path, background, qtbot)
    yield made
    # A dialog without a parent belongs to Python: no other thread may be there to collect it as garbage.
    background.close()


def write(qtbot: QtBot, widget: QWidget, text: str) -> None:
    """Type over what is in a field; in a composite one, in its line."""
    target = widget.focusProxy() or widget
    target.setFocus()
    qtbot.keyClick(target, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(target, Qt.Key.Key_Delete)
    qtbot.keyClicks(target, text)


def said(dialog: SubmissionDialog, field: str) -> str:
    return dialog.form().fields.notes.text(field)


def submit(qtbot: QtBot, dialog: SubmissionDialog) -> list[int]:
    with qtbot.waitSignal(dialog.submitted) as caught:
        qtbot.mouseClick(dialog.foot.submit, LEFT)
    return caught.args[0]


def test_a_file_is_submitted_with_enter(qtbot: QtBot, desk: Desk) -> None:
    dialog = desk.open(desk.draft())
    with qtbot.waitSignals([dialog.submitted, dialog.accepted]):
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    (spec,) = desk.store.specs
    assert (spec.title, spec.job_type, spec.frames) == ("shot", "tracer", "1-10")
    assert spec.data["program"] == str(desk.program)
    assert Path(spec.data["scene"]).read_text() == "sphere"
    assert spec.data["scene"] != spec.data["original_scene"], "a copy is rendered"
    assert not dialog.isVisible()


def test_everything_that_is_written_is_submitted(qtbot: QtBot, desk: Desk) -> None:
    dialog = desk.open(desk.draft())
    dialog.set_queues(["/film", "/film/shot"])
    fields = dialog.form().fields
    write(qtbot, fields.title, "Water <b>")
    write(qtbot, fields.frames, "1-5,20-40x2")
    write(qtbot, fields.parameters["output"].widget, str(desk.folder / "out" / "w_####.png"))
    write(qtbot, fields.numbers["batch"].widget, "4")
    write(qtbot, fields.numbers["priority"].widget, "50")
    write(qtbot, fields.queue, "/film/new")
    qtbot.keyClick(fields.copy_scene, Qt.Key.Key_Space)
    qtbot.mouseClick(fields.more_button, LEFT)
    write(qtbot, fields.numbers["cpus"].widget, "8")
    write(qtbot, fields.numbers["ram"].widget, "4096")
    write(qtbot, fields.numbers["ram_warning"].widget, "6000")
    write(qtbot, fields.numbers["ram_max"].widget, "8000")
    write(qtbot, fields.numbers["requeue"].widget, "never")
    write(qtbot, fields.numbers["notes"].widget, "ask Jo")
    submit(qtbot, dialog)
    (spec,) = desk.store.specs
    assert (spec.title, spec.frames, spec.queue) == ("Water <b>", "1-5,20-40x2", "film/new")
    assert (spec.batch, spec.priority, spec.cpus, spec.ram) == (4, 50, 8, 4096)
    assert (spec.ram_warning, spec.ram_max, spec.requeue, spec.notes) == (6000, 8000, 0, "ask Jo")
    assert spec.data["output"] == str(desk.folder / "out" / "w_####.png")
    assert spec.data["scene"] == str(desk.folder / "shot.trace")


FURTHER_VALUES = [
    pytest.param("gpus", "1", 1, id="gpus"),
    pytest.param("minimum_agents", "2", 2, id="minimum"),
    pytest.param("maximum_agents", "none at all", 0, id="maximum"),
    pytest.param("most_per_agent", "1", 1, id="per agent"),
    pytest.param("agent_tags", "gpu -slow", (TagNeed("gpu"), TagNeed("slow", negate=True)), id="agent tags"),
    pytest.param("software", "blender 3.6..", (SoftwareNeed("blender", "3.6"),), id="software"),
    pytest.param("limits", "nuke:2", (LimitUse("nuke", 2),), id="limits"),
    pytest.param("agents", "-farm07", (AgentChoice("farm07", excluded=True),), id="agents"),
    pytest.param("preview", "the first and the last frame only", 0, id="preview"),
    pytest.param("num_tiles", "4", 4, id="tiles"),
    pytest.param("start_after", "2026-11-25T22:00+00:00", datetime(2026, 11, 25, 22, tzinfo=UTC), id="start"),
    pytest.param("most_failures", "10", 10, id="failures"),
    pytest.param("timeout", "1 hour", 3600, id="timeout"),
    pytest.param("silence_timeout", "10 minutes", 600, id="silence"),
    pytest.param("group", "Harbour", "Harbour", id="group"),
    pytest.param("user", "ana", "ana", id="user"),
    pytest.param("tags", "film night", ("film", "night"), id="tags"),
    pytest.param("parents", "12:frames", (Dependency(12, by_frame=True),), id="parents"),
    pytest.param("notify", "ana", (Subscription("ana"),), id="notify"),
    pytest.param("environ", "A=1", {"A": "1"}, id="environ"),
    pytest.param("autodelete_time", "1 day", 86_400, id="delete after"),
    pytest.param("output_link", "file:///x", "file:///x", id="link"),
    pytest.param("hidden", "yes", True, id="hidden"),
]


@pytest.mark.parametrize(("name", "text", "value"), FURTHER_VALUES)
def test_any_attribute_is_submitted(desk: Desk, name: str, text: str, value: object) -> None:
    form = desk.open(desk.draft()).form()
    form.fields.numbers[name].type_text(text)
    assert getattr(to_spec(form.draft()), name) == value


def test_every_attribute_has_its_place_in_the_form(desk: Desk) -> None:
    fields = desk.open(desk.draft()).form().fields
    elsewhere = {"title", "frames", "queue", "data", "jobtype_version"}
    assert fields.numbers.keys() == JOB_ATTRIBUTES.keys() - elsewhere
    assert {case.values[0] for case in FURTHER_VALUES} <= fields.numbers.keys()


def test_what_is_rarely_needed_is_two_steps_behind(qtbot: QtBot, desk: Desk) -> None:
    fields = desk.open(desk.draft()).form().fields
    limits, cpus = fields.numbers["limits"].widget, fields.numbers["cpus"].widget
    assert limits.isHidden()
    assert cpus.isHidden()
    qtbot.mouseClick(fields.more_button, LEFT)
    assert cpus.isVisible()
    assert limits.isHidden()
    fields.sections["Agents and licences"].click()
    assert not limits.isHidden()
    qtbot.mouseClick(fields.more_button, LEFT)
    assert limits.isHidden()


def test_values_that_contradict_each_other_are_told_and_not_submitted(qtbot: QtBot, desk: Desk) -> None:
    dialog = desk.open(desk.draft())
    numbers = dialog.form().fields.numbers
    numbers["maximum_agents"].type_text("4")
    numbers["minimum_agents"].type_text("5")
    assert "above the maximum of 4" in said(dialog, "minimum_agents")
    qtbot.mouseClick(dialog.foot.submit, LEFT)
    qtbot.waitUntil(numbers["minimum_agents"].widget.hasFocus)
    assert desk.store.specs == []
    numbers["maximum_agents"].type_text("6")
    assert said(dialog, "minimum_agents") == ""


def test_what_is_not_touched_stays_the_types_own(qtbot: QtBot, desk: Desk) -> None:
    dialog = desk.open(desk.draft())
    assert dialog.form().fields.numbers["cpus"].text() == "the whole agent to itself"
    submit(qtbot, dialog)
    assert desk.store.specs[0].cpus is None


def test_says_what_follows_and_names_the_program(qtbot: QtBot, desk: Desk) -> None:
    dialog = desk.open(desk.draft())
    assert dialog.form().fields.count.text() == "10 frames"
    qtbot.waitUntil(lambda: dialog.foot.words.text().startswith("10 frames: one frame at a time, on "))
    program = dialog.form().fields.program
    qtbot.waitUntil(lambda: program.text() == f"Tracer 7.5.1 – {desk.program}")
    write(qtbot, dialog.form().fields.frames, "1-250")
    qtbot.waitUntil(lambda: dialog.foot.words.text().startswith("250 frames: "))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("zebra", "is no frame range", id="no range"),
        pytest.param("1-2000000", "more than 1,000,000", id="too many"),
        pytest.param("", "No frames are given", id="none"),
    ],
)
def test_frames_are_checked_while_typing(qtbot: QtBot, desk: Desk, text: str, words: str) -> None:
    dialog = desk.open(desk.draft())
    write(qtbot, dialog.form().fields.frames, text)
    qtbot.waitUntil(lambda: words in said(dialog, "frames"))
    assert dialog.form().fields.count.text() == ""
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: words in dialog.foot.note.text())
    assert dialog.isVisible()
    assert dialog.form().fields.frames.hasFocus()
    assert desk.store.specs == []


def test_what_could_not_be_read_is_empty_marked_and_has_the_focus(qtbot: QtBot, desk: Desk) -> None:
    draft = desk.draft(frames="").with_note(
        "frames", "The frames couldn't be read: write them in.", Level.MISSING
    )
    dialog = desk.open(draft)
    notes = dialog.form().fields.notes
    qtbot.waitUntil(dialog.form().fields.frames.hasFocus)
    assert notes.text("frames") == "The frames couldn't be read: write them in."
    assert notes.level("frames") == "missing"
    qtbot.keyClicks(dialog.form().fields.frames, "7")
    assert notes.text("frames") == ""
    submit(qtbot, dialog)
    assert desk.store.specs[0].frames == "7"


def test_notes_of_the_draft_stand_beside_their_fields(desk: Desk) -> None:
    draft = desk.draft().with_note("output", "Frames go beside the scene.").with_note("engine", "Odd engine.")
    dialog = desk.open(draft)
    assert said(dialog, "output") == "Frames go beside the scene."
    assert said(dialog, "") == "Odd engine.", "a note without a field stands above all"


@pytest.mark.parametrize("name", ["priority", "ram_max"])
def test_numbers_out_of_range_are_refused_in_words(qtbot: QtBot, desk: Desk, name: str) -> None:
    dialog = desk.open(desk.draft())
    dialog.form().fields.more_button.setChecked(name == "ram_max")
    write(qtbot, dialog.form().fields.numbers[name].widget, "999999")
    assert "is a whole number from" in said(dialog, name)
    dialog.form().fields.more_button.setChecked(False)
    qtbot.mouseClick(dialog.foot.submit, LEFT)
    qtbot.waitUntil(dialog.form().fields.numbers[name].widget.hasFocus)
    assert desk.store.specs == []


def test_frames_that_are_there_are_offered_to_be_left_out(qtbot: QtBot, desk: Desk) -> None:
    draft = desk.draft().with_values(output=str(desk.folder / "f_##.png"))
    for frame in (1, 2, 3, 4):
        (desk.folder / f"f_{frame:02d}.png").write_text("x")
    dialog = desk.open(draft)
    existing = dialog.form().fields.existing
    qtbot.waitUntil(existing.isVisible)
    assert existing.text() == "4 of 10 exist:"
    assert existing.all.isChecked()
    qtbot.mouseClick(existing.missing, LEFT, pos=existing.missing.rect().center())
    qtbot.waitUntil(lambda: dialog.foot.words.text().startswith("6 frames"))
    submit(qtbot, dialog)
    assert desk.store.specs[0].only_missing is True


def test_when_all_frames_are_there_only_all_can_be_rendered(qtbot: QtBot, desk: Desk) -> None:
    draft = desk.draft(frames="1-2").with_values(output=str(desk.folder / "f_#.png"))
    for frame in (1, 2):
        (desk.folder / f"f_{frame}.png").write_text("x")
    dialog = desk.open(draft)
    existing = dialog.form().fields.existing
    qtbot.waitUntil(lambda: existing.text() == "All 2 exist:")
    assert not existing.missing.isEnabled()


def test_several_scenes_are_offered(qtbot: QtBot, desk: Desk) -> None:
    offers = (SceneOffer("Wide", "1-50", format="PNG"), SceneOffer("Close up", "7-9", format="OPEN_EXR"))
    draft = desk.draft(scenes=offers, title="shot – Wide").with_values(scene_name="Wide", format="")
    dialog = desk.open(draft)
    fields = dialog.form().fields
    combo = fields.parameters["scene_name"].widget
    assert [combo.itemText(row) for row in range(combo.count())] == ["Wide (1-50)", "Close up (7-9)"]
    assert fields.parameters["format"].widget.currentText() == "As the scene says: PNG"
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert fields.frames.text() == "7-9"
    assert fields.title.text() == "shot – Close up"
    assert fields.parameters["format"].widget.currentText() == "As the scene says: OPEN_EXR"


def test_one_scene_is_no_question(desk: Desk) -> None:
    dialog = desk.open(desk.draft(scenes=(SceneOffer("Wide", "1-50"),)))
    assert "scene_name" not in dialog.form().fields.parameters


def test_without_a_program_it_says_so_and_one_can_be_chosen(qtbot: QtBot, desk: Desk) -> None:
    other = desk.folder / "elsewhere"
    desk.program.rename(other)
    dialog = desk.open(desk.draft())
    assert dialog.form().fields.program.text() == "No Tracer yet"
    qtbot.waitUntil(lambda: "was not found" in said(dialog, "program"))
    qtbot.mouseClick(dialog.foot.submit, LEFT)
    qtbot.waitUntil(lambda: "was not found" in dialog.foot.note.text())
    line = dialog.form().fields.program
    for path, then in (
        (desk.folder / "shot.trace", lambda: "no program that can be run" in said(dialog, "program")),
        (other, lambda: line.text() == f"Tracer 7.5.1 – {other}"),
    ):
        qtbot.mouseClick(line.button, LEFT)
        chooser = line.findChild(QFileDialog)
        chooser.selectFile(str(path))
        with qtbot.waitSignal(chooser.destroyed):
            chooser.accept()
        qtbot.waitUntil(then)
    assert said(dialog, "program") == ""
    submit(qtbot, dialog)
    assert desk.store.specs[0].data["program"] == str(other)


def test_a_chosen_program_is_told_to_be_remembered(qtbot: QtBot, desk: Desk) -> None:
    dialog = desk.open(desk.draft())
    with qtbot.waitSignal(dialog.program_chosen) as caught:
        dialog.form().fields.program.chosen.emit(str(desk.program))
    assert caught.args == ["tracer", str(desk.program)]


def test_an_error_of_the_store_is_told_inside_and_nothing_is_lost(qtbot: QtBot, desk: Desk) -> None:
    desk.store.refused = {"shot"}
    dialog = desk.open(desk.draft())
    qtbot.mouseClick(dialog.foot.submit, LEFT)
    qtbot.waitUntil(lambda: dialog.foot.note.text() == "There is no room for shot.")
    assert dialog.isVisible()
    assert list(desk.folder.glob(".shot*")) == [], "the copy is gone"
    desk.store.refused = set()
    qtbot.waitUntil(dialog.foot.submit.isEnabled)
    assert submit(qtbot, dialog) == [101]


def test_several_files_are_several_jobs(qtbot: QtBot, desk: Desk) -> None:
    dialog = desk.open(desk.draft("a"), desk.draft("b"), desk.draft("c"))
    assert dialog.foot.submit.text() == "&Submit 3 jobs"
    assert [dialog.list.item(row).text() for row in range(3)] == ["a", "b", "c"]
    dialog.list.setFocus()
    qtbot.keyClick(dialog.list, Qt.Key.Key_Down)
    assert dialog.form().fields.title.text() == "b"
    write(qtbot, dialog.form().fields.title, "second")
    assert dialog.list.item(1).text() == "second"
    with qtbot.waitSignal(dialog.accepted):
        assert submit(qtbot, dialog) == [101, 102, 103]
    assert [spec.title for spec in desk.store.specs] == ["a", "second", "c"]


def test_shared_values_are_given_to_all(qtbot: QtBot, desk: Desk) -> None:
    dialog = desk.open(desk.draft("a", frames="1"), desk.draft("b", frames="2"), desk.draft("c", frames="3"))
    dialog.list.setCurrentRow(1)
    dialog.list.setCurrentRow(0)
    write(qtbot, dialog.form().fields.numbers["priority"].widget, "9")
    write(qtbot, dialog.form().fields.queue, "/film")
    qtbot.keyClick(dialog.form().fields.copy_scene, Qt.Key.Key_Space)
    qtbot.mouseClick(dialog.all_button, LEFT)
    submit(qtbot, dialog)
    assert [(spec.priority, spec.queue) for spec in desk.store.specs] == [(9, "film")] * 3
    assert [spec.frames for spec in desk.store.specs] == ["1", "2", "3"]
    assert [spec.data["scene_copy"] for spec in desk.store.specs] == [False] * 3


def test_what_was_submitted_of_several_is_said_and_not_submitted_twice(qtbot: QtBot, desk: Desk) -> None:
    desk.store.refused = {"b"}
    dialog = desk.open(desk.draft("a"), desk.draft("b"), desk.draft("c"))
    assert submit(qtbot, dialog) == [101]
    assert dialog.foot.note.text() == "1 of 3 jobs submitted. There is no room for b."
    assert dialog.form().fields.title.text() == "b"
    assert dialog.foot.submit.text() == "&Submit 2 jobs"
    assert dialog.foot.cancel.text() == "Close"
    desk.store.refused = set()
    with qtbot.waitSignal(dialog.accepted):
        assert submit(qtbot, dialog) == [102, 103]
    assert [spec.title for spec in desk.store.specs] == ["a", "b", "c"]


def test_a_job_that_cannot_be_submitted_stops_all_before_the_first(qtbot: QtBot, desk: Desk) -> None:
    dialog = desk.open(desk.draft("a"), desk.draft("b", frames=""))
    qtbot.mouseClick(dialog.foot.submit, LEFT)
    qtbot.waitUntil(lambda: dialog.form().fields.title.text() == "b")
    qtbot.waitUntil(dialog.form().fields.frames.hasFocus)
    assert desk.store.specs == []


@pytest.mark.parametrize("how", ["escape", "button", "close"])
def test_a_copy_shows_its_progress_and_is_cancelled(qtbot: QtBot, desk: Desk, how: str) -> None:
    intake = SlowIntake(desk.store, lambda: desk.types)
    dialog = desk.open(desk.draft(), intake=intake)
    qtbot.mouseClick(dialog.foot.submit, LEFT)
    qtbot.waitUntil(lambda: dialog.foot.progress.value() == 75)
    assert dialog.foot.progress.isVisible()
    assert dialog.foot.progress.format() == "Copying shot.trace: %p %"
    assert not dialog.form().isEnabled()
    if how == "escape":
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    elif how == "button":
        qtbot.mouseClick(dialog.foot.cancel, LEFT)
    else:
        dialog.close()
    qtbot.waitUntil(lambda: dialog.foot.note.text() == "The submission was called off.")
    assert dialog.isVisible()
    assert dialog.form().isEnabled()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_escape_closes_without_a_job(qtbot: QtBot, desk: Desk) -> None:
    dialog = desk.open(desk.draft())
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert desk.store.specs == []


def test_an_answer_after_the_form_has_gone_is_no_matter(qtbot: QtBot, desk: Desk) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    dialog = SubmissionDialog([desk.draft()], desk.intake, desk.background, window)
    dialog.open()
    with qtbot.waitSignal(dialog.destroyed):
        dialog.close()
    qtbot.wait(50)


@pytest.mark.parametrize("count", [1, 2])
def test_no_part_of_the_form_is_left_without_a_parent(desk: Desk, count: int) -> None:
    before = set(QApplication.allWidgets())
    dialog = desk.open(*(desk.draft(f"shot{number}") for number in range(count)))
    made = set(QApplication.allWidgets()) - before
    assert {widget for widget in made if widget.parent() is None} == {dialog}


COMMANDS = [
    pytest.param("echo {frame}", ["echo", "{frame}"], id="plain"),
    pytest.param("echo 'a b' \"$HOME;\" | cat", ["echo", "a b", "$HOME;", "|", "cat"], id="never a shell"),
]


@pytest.mark.parametrize(("text", "words"), COMMANDS)
def test_a_command_needs_no_file(qtbot: QtBot, desk: Desk, text: str, words: list[str]) -> None:
    dialog = desk.open(desk.command())
    fields = dialog.form().fields
    qtbot.waitUntil(fields.parameters["command"].widget.hasFocus)
    qtbot.keyClicks(fields.parameters["command"].widget, text)
    assert fields.title.text() == "echo"
    submit(qtbot, dialog)
    assert desk.store.specs[0].data["command"] == words


def test_an_open_quotation_mark_is_told(qtbot: QtBot, desk: Desk) -> None:
    dialog = desk.open(desk.command())
    write(qtbot, dialog.form().fields.parameters["command"].widget, "echo 'a")
    qtbot.waitUntil(lambda: "quotation mark" in said(dialog, "command"))


def test_a_title_that_was_written_does_not_follow_the_command(qtbot: QtBot, desk: Desk) -> None:
    dialog = desk.open(desk.command())
    write(qtbot, dialog.form().fields.title, "Mine")
    write(qtbot, dialog.form().fields.parameters["command"].widget, "echo")
    assert dialog.form().fields.title.text() == "Mine"


def test_another_job_type_reads_the_file_anew_and_keeps_shared_values(qtbot: QtBot, desk: Desk) -> None:
    desk.types.append(replace(desk.types[0], name="other", title="Other tracer"))
    dialog = desk.open(desk.draft())
    write(qtbot, dialog.form().fields.numbers["priority"].widget, "9")
    combo = dialog.form().fields.job_type
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_O)
    qtbot.waitUntil(lambda: dialog.form().draft().job_type == "other")
    assert dialog.form().fields.numbers["priority"].text() == "9"


def test_another_scene_is_read(qtbot: QtBot, desk: Desk) -> None:
    dialog = desk.open(desk.draft())
    scene = desk.scene("other")
    field = dialog.form().fields.parameters["scene"].widget
    qtbot.mouseClick(field.button, LEFT)
    chooser = field.findChild(QFileDialog)
    chooser.selectFile(str(scene))
    chooser.accept()
    qtbot.waitUntil(lambda: dialog.form().draft().path == scene)
    assert dialog.form().fields.title.text() == "other"


def test_a_scene_that_is_not_there_is_told(qtbot: QtBot, desk: Desk) -> None:
    dialog = desk.open(desk.draft())
    write(qtbot, dialog.form().fields.parameters["scene"].widget, "/nowhere/a.trace")
    dialog.form().fields.title.setFocus()
    qtbot.waitUntil(lambda: "There is no file /nowhere/a.trace" in said(dialog, "scene"))


def test_the_output_folder_is_chosen_and_the_name_kept(qtbot: QtBot, desk: Desk) -> None:
    dialog = desk.open(desk.draft().with_values(output=str(desk.folder / "f_####.png")))
    (desk.folder / "there").mkdir()
    field = dialog.form().fields.parameters["output"].widget
    qtbot.mouseClick(field.button, LEFT)
    chooser = field.findChild(QFileDialog)
    chooser.selectFile(str(desk.folder / "there"))
    chooser.accept()
    qtbot.waitUntil(lambda: field.text() == str(desk.folder / "there" / "f_####.png"))


def test_every_label_reaches_a_field_by_its_own_letter(desk: Desk) -> None:
    dialog = desk.open(desk.draft())
    labels = [label for label in dialog.form().findChildren(QLabel) if label.buddy() is not None]
    letters = [label.text().partition("&")[2][:1].casefold() for label in labels if "&" in label.text()]
    assert len(letters) == len(set(letters)) > 8
    assert "s" not in letters, "that one submits"


def test_tab_goes_from_the_form_to_submit_and_cancel(qtbot: QtBot, desk: Desk) -> None:
    dialog = desk.open(desk.draft())
    dialog.form().fields.more_button.setFocus()
    for expected in (dialog.foot.submit, dialog.foot.cancel, dialog.form().fields.job_type):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is expected


def test_says_which_machines_cannot_see_the_files_and_asks_again_when_these_change(
    qtbot: QtBot, desk: Desk
) -> None:
    scene = desk.scene()
    farm = FakeFarm(sights=FakeSights([blind("farm03", str(scene)), sees("farm04")]))
    dialog = desk.open(desk.draft(), farm=farm)
    assert dialog.sights is not None
    qtbot.waitUntil(lambda: dialog.sights.text().startswith("farm03 can't see shot.trace"))
    (asked,) = farm.sights.asked
    assert asked.scene == str(scene), "what a copy is made of, which lies beside it"
    output = desk.folder / "other" / "####.png"
    output.parent.mkdir()
    write(qtbot, dialog.form().fields.parameters["output"].widget, str(output))
    qtbot.waitUntil(lambda: farm.sights.asked[-1].folder == str(output.parent))
    assert len(farm.sights.asked) == 2, "not with each key"
    assert submit(qtbot, dialog), "it keeps nobody from submitting"


def test_the_path_is_mapped_from_the_form(qtbot: QtBot, desk: Desk) -> None:
    farm = FakeFarm(sights=FakeSights([blind("farm03", str(desk.scene()))]))
    dialog = desk.open(desk.draft(), farm=farm)
    assert dialog.sights is not None
    qtbot.waitUntil(dialog.sights.button.isVisible)
    qtbot.keyClick(dialog, Qt.Key.Key_M, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: bool(dialog.findChildren(MapPathDialog)))
    (map_path,) = dialog.findChildren(MapPathDialog)
    assert map_path.line("here").text() == str(desk.folder)
    map_path.line("there").setText("/mnt/film")
    farm.sights.answers = [sees("farm03")]
    map_path.accept()
    qtbot.waitUntil(lambda: dialog.sights.text() == "farm03 sees the files.")
    assert dialog.isVisible()


def test_the_button_of_the_map_lies_between_the_fields_and_submit(qtbot: QtBot, desk: Desk) -> None:
    farm = FakeFarm(sights=FakeSights([blind("farm03", str(desk.scene()))]))
    dialog = desk.open(desk.draft(), farm=farm)
    assert dialog.sights is not None
    button = dialog.sights.button
    qtbot.waitUntil(button.isVisible)
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Tab)
    assert dialog.foot.submit.hasFocus()
    qtbot.keyClick(dialog.foot.submit, Qt.Key.Key_Tab, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(button, Qt.Key.Key_Tab, Qt.KeyboardModifier.ShiftModifier)
    assert dialog.form().isAncestorOf(dialog.focusWidget())


def test_of_a_scene_that_is_not_there_nobody_is_asked(qtbot: QtBot, desk: Desk) -> None:
    farm = FakeFarm(sights=FakeSights([sees("farm03")]))
    draft = desk.draft()
    Path(draft.value("scene")).unlink()
    dialog = desk.open(draft, farm=farm)
    qtbot.waitUntil(lambda: bool(dialog.foot.words.text()))
    qtbot.wait(500)
    assert farm.sights.asked == []
