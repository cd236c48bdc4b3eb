"""The form of one job to be submitted, filled in from its draft."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QLabel,
    QLineEdit,
    QScrollArea,
    QToolButton,
    QWidget,
)

from farmgui.domain.jobtypes import JobTypeDefinition, Parameter
from farmgui.submission.draft import Draft, Existing, Note
from farmgui.submission.filling import choose_scene
from farmgui.ui.background import Background
from farmgui.ui.dialogs.draft_check import Check
from farmgui.ui.dialogs.draft_values import value_in, with_value
from farmgui.ui.dialogs.existing_line import ExistingLine
from farmgui.ui.dialogs.field_notes import FieldNotes
from farmgui.ui.dialogs.mnemonics import Mnemonics
from farmgui.ui.dialogs.parameter_field import ParameterField
from farmgui.ui.dialogs.path_field import PathField
from farmgui.ui.dialogs.program_line import ProgramLine
from farmgui.ui.editors.field_note import FieldNote
from farmgui.ui.editors.form_grid import FormGrid
from farmgui.ui.editors.frames_edit import FramesEdit
from farmgui.ui.editors.value_editors import ValueEdit
from farmgui.ui.editors.value_text import label_of

NUMBERS: Final = ("batch", "priority")
MORE: Final = ("cpus", "ram", "ram_warning", "ram_max", "requeue", "weight", "notes")
COPY_TIP: Final = (
    "A copy of the scene, made now beside the original, goes with the job: what is changed in the scene later"
    " doesn't change the job. Off: each frame renders the scene as it is when the frame starts."
)
_NOTES_HEIGHT: Final = 64
_TAKEN: Final = "s"
"""The letter of the Submit button."""


class DraftForm(QScrollArea):
    """Shows a draft and hands back what became of it; checks nothing itself but its numbers."""

    edited = Signal()
    type_asked = Signal(str)
    """Another job type was chosen, by its name."""
    file_asked = Signal(str)
    """Another scene was chosen, by its path."""
    program_chosen = Signal(str, str)
    """The name of the job type and the path of the program that was chosen for it."""

    def __init__(
        self,
        draft: Draft,
        job_types: Sequence[JobTypeDefinition],
        queues: Sequence[str],
        background: Background,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._draft = draft
        self._background = background
        self._letters = Mnemonics(_TAKEN)
        self._parameters: dict[str, ParameterField] = {}
        self._numbers: dict[str, ValueEdit] = {}
        self._more: list[QWidget] = []
        inner = QWidget(self)
        self._grid = FormGrid(inner)
        self._grid.setContentsMargins(0, 0, 12, 8)
        self.notes = FieldNotes(inner)
        self._build(job_types, queues)
        self._grid.setRowStretch(self._grid.rowCount(), 1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.show_draft(draft)

    def draft(self) -> Draft:
        """The draft with what is in the fields; a number that is refused keeps its last good value."""
        draft = replace(
            self._draft,
            title=self.title.text(),
            frames=self.frames.text().strip(),
            values={**self._draft.values, **{name: field.text() for name, field in self._parameters.items()}},
            queue=self.queue.currentText().strip().strip("/") or None,
            copy_scene=self.copy_scene.isChecked(),
            only_missing=self.existing.only_missing(),
        )
        for name, edit in self._numbers.items():
            if edit.is_changed() and edit.problem() is None:
                draft = with_value(draft, name, edit.value())
        return draft

    def show_draft(self, draft: Draft) -> None:
        """Show another draft of the same job type."""
        self._draft = draft
        self.title.setText(draft.title)
        self.frames.setText(draft.frames)
        for name, field in self._parameters.items():
            field.show_text(draft.value(name))
        for name, edit in self._numbers.items():
            edit.revert()
            edit.show_value(value_in(draft, name))
        self.queue.setEditText(f"/{draft.queue.strip('/')}" if draft.queue else "")
        self.copy_scene.setChecked(draft.copy_scene)
        if self.program is not None:
            self.program.show_program(draft.program)
        self.notes.show_draft_notes(draft.notes)
        self._tell_count()

    def show_check(self, check: Check) -> None:
        """Say what is wrong, beside the fields, and which frames are there already."""
        self.show_problems(check.problems)
        self.existing.say(check.existing)

    def show_problems(self, problems: Iterable[Note]) -> None:
        """Say what is wrong, beside the fields."""
        self.notes.show_problems(problems, self._empty_fields())

    def offer_queues(self, paths: Sequence[str]) -> None:
        """Offer these queues; what is in the field stays."""
        text = self.queue.currentText()
        with QSignalBlocker(self.queue):
            self.queue.clear()
            self.queue.addItems(list(paths))
            self.queue.setEditText(text)

    def refuse(self, field: str, text: str) -> None:
        """Say why what was chosen in `field` can't be."""
        self.notes.say(field, text, "error")

    def problem_widget(self, problems: Iterable[Note] = ()) -> QWidget | None:
        """The first field whose value is refused or missing; None where all are good."""
        for name, edit in self._numbers.items():
            if edit.problem() is not None:
                self._open_more(name in MORE)
                return edit.widget
        for problem in problems:
            return self._widget_of(problem.field)
        return None

    def _widget_of(self, field: str) -> QWidget:
        known: dict[str, QWidget | None] = {"frames": self.frames, "program": self.program}
        if field in self._parameters:
            return self._parameters[field].widget
        return known.get(field) or self.title

    def _empty_fields(self) -> frozenset[str]:
        empty = {name for name, field in self._parameters.items() if not field.text()}
        if not self.frames.text().strip():
            empty.add("frames")
        if not self.title.text().strip():
            empty.add("title")
        return frozenset(empty)

    def _build(self, job_types: Sequence[JobTypeDefinition], queues: Sequence[str]) -> None:
        definition = self._draft.definition
        self._grid.add_wide(self.notes.add(""))
        self._add_type(job_types)
        first = [item for item in definition.parameters if _comes_first(item)]
        for parameter in first:
            self._add_parameter(parameter)
        self._add_title_and_frames()
        for parameter in definition.parameters:
            if parameter not in first:
                self._add_parameter(parameter)
        for name in NUMBERS:
            self._add_number(name)
        self._add_queue(queues)
        self._add_copy()
        self._add_program()
        self._add_more()

    def _add_type(self, job_types: Sequence[JobTypeDefinition]) -> None:
        self.job_type = QComboBox()
        for definition in job_types or [self._draft.definition]:
            self.job_type.addItem(definition.title or definition.name, definition.name)
        self.job_type.setCurrentIndex(self.job_type.findData(self._draft.job_type))
        self.job_type.activated.connect(self._choose_type)
        self._add("job_type", "Job type", self.job_type)

    def _add_title_and_frames(self) -> None:
        self.title = QLineEdit()
        self.title.setMaxLength(255)
        self._add("title", "Title", self.title)
        self.frames = FramesEdit()
        self._count = self.notes.add("count")
        self._add("frames", "Frames", self.frames)
        self._grid.addWidget(self._count, self._grid.rowCount(), 1)
        self.existing = ExistingLine(only_missing=self._draft.only_missing)
        self._grid.addWidget(self.existing, self._grid.rowCount(), 1)
        self.title.textEdited.connect(lambda: self._was_edited("title"))
        self.frames.textEdited.connect(lambda: self._was_edited("frames"))
        self.existing.edited.connect(self.edited)

    def _add_parameter(self, parameter: Parameter) -> None:
        if parameter.name == "scene_name" and len(self._draft.scenes) < 2:
            return
        field = ParameterField(parameter)
        self._parameters[parameter.name] = field
        if parameter.name == "scene_name":
            field.offer([(scene.name, scene.text) for scene in self._draft.scenes])
            field.edited.connect(self._choose_scene)
        elif parameter.kind == "choice":
            field.offer([(choice, self._choice_words(parameter, choice)) for choice in parameter.choices])
        if parameter.kind == "file" and parameter.name in ("scene", "input"):
            field.settled.connect(self.file_asked)
        field.edited.connect(lambda: self._was_edited(parameter.name))
        buddy = field.widget.line if isinstance(field.widget, PathField) else field.widget
        self._add(parameter.name, parameter.label, field.widget, buddy)

    def _choice_words(self, parameter: Parameter, choice: str) -> str:
        if choice:
            return choice
        current = self._draft.value("scene_name")
        scene = next((item for item in self._draft.scenes if item.name == current), None)
        own = getattr(scene, parameter.name, None)
        return f"As the scene says: {own}" if own else "As the scene says"

    def _add_number(self, name: str) -> list[QWidget]:
        edit = ValueEdit(name)
        self._numbers[name] = edit
        edit.edited.connect(lambda: self._number_edited(name))
        if name == "notes":
            edit.widget.setFixedHeight(_NOTES_HEIGHT)
        label = self._add(name, label_of(name), edit.widget)
        return [label, edit.widget]

    def _add_queue(self, queues: Sequence[str]) -> None:
        self.queue = QComboBox()
        self.queue.setEditable(True)
        self.queue.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.queue.setToolTip("Where the job queues, like /film/shot; a queue that isn't there yet is made")
        line = self.queue.lineEdit()
        if line is not None:
            line.setPlaceholderText("none: beside the top queues")
        self.queue.editTextChanged.connect(self.edited)
        self._add("queue", "Queue", self.queue)
        self.offer_queues(queues)

    def _add_copy(self) -> None:
        self.copy_scene = QCheckBox(self._letters.give("Render the scene as it is now"))
        self.copy_scene.setToolTip(f"<qt>{COPY_TIP}</qt>")
        self.copy_scene.setAccessibleDescription(COPY_TIP)
        self.copy_scene.toggled.connect(self.edited)
        row = self._grid.rowCount()
        self._grid.addWidget(self.copy_scene, row, 1)
        self._grid.addWidget(self.notes.add("copy_scene"), row + 1, 1)
        self.copy_scene.setVisible(self._draft.definition.scene_copy)

    def _add_program(self) -> None:
        self.program: ProgramLine | None = None
        program = self._draft.definition.program
        if program is not None:
            self.program = ProgramLine(program, self._background)
            self.program.chosen.connect(self._choose_program)
            self._add("program", "Program", self.program, self.program.button)

    def _add_more(self) -> None:
        self.more_button = QToolButton()
        self.more_button.setText("More: resources, retries, notes")
        self.more_button.setCheckable(True)
        self.more_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more_button.setAutoRaise(True)
        self.more_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.more_button.toggled.connect(self._show_more)
        self._grid.addWidget(self.more_button, self._grid.rowCount(), 1, Qt.AlignmentFlag.AlignLeft)
        for name in MORE:
            self._more += self._add_number(name)
        self._show_more(shown=False)

    def _add(self, name: str, text: str, field: QWidget, buddy: QWidget | None = None) -> QLabel:
        note: FieldNote = self.notes.add(name)
        return self._grid.add_field(self._letters.give(text), field, buddy, note)

    def _show_more(self, shown: bool) -> None:
        self.more_button.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        for widget in self._more:
            widget.setVisible(shown)

    def _open_more(self, wanted: bool) -> None:
        if wanted:
            self.more_button.setChecked(True)

    def _was_edited(self, name: str) -> None:
        self.notes.forget(name)
        if name == "frames":
            self._tell_count()
        self.edited.emit()

    def _number_edited(self, name: str) -> None:
        self.notes.say(name, self._numbers[name].problem() or "", "error")
        self.edited.emit()

    def _tell_count(self) -> None:
        self._count.say(self.frames.words())
        if not self.frames.words():
            self.existing.say(Existing(0, 0))

    def _choose_type(self) -> None:
        name = str(self.job_type.currentData())
        if name != self._draft.job_type:
            self.type_asked.emit(name)

    def show_type(self) -> None:
        """Show the draft's own job type again, after another one was refused."""
        self.job_type.setCurrentIndex(self.job_type.findData(self._draft.job_type))

    def _choose_scene(self) -> None:
        self.show_draft(choose_scene(self.draft(), self._parameters["scene_name"].text()))
        for parameter in self._draft.definition.parameters:
            field = self._parameters.get(parameter.name)
            if field is not None and parameter.kind == "choice" and parameter.name != "scene_name":
                field.offer([(choice, self._choice_words(parameter, choice)) for choice in parameter.choices])

    def _choose_program(self, path: str) -> None:
        if not os.access(path, os.X_OK):
            self.refuse("program", f"{path} is no program that can be run. Choose another.")
            return
        self._draft = replace(self._draft, program=Path(path)).without_notes("program")
        self.notes.forget("program")
        if self.program is not None:
            self.program.show_program(Path(path))
        self.program_chosen.emit(self._draft.job_type, path)
        self.edited.emit()


def _comes_first(parameter: Parameter) -> bool:
    required = parameter.required and parameter.kind in ("file", "command")
    return parameter.name in ("scene", "scene_name") or (required and parameter.name != "movie")
