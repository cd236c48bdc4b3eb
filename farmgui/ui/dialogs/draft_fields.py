"""The fields of the form of one job, laid out by its job type; `DraftForm` reads and fills them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from farmgui.domain.attributes import JOB_ATTRIBUTES
from farmgui.domain.jobtypes import JobTypeDefinition, Parameter
from farmgui.domain.limits import TITLE_LENGTH
from farmgui.submission.draft import Draft
from farmgui.ui.background import Background
from farmgui.ui.dialogs.draft_values import EVERYDAY, FURTHER
from farmgui.ui.dialogs.existing_line import ExistingLine
from farmgui.ui.dialogs.field_notes import FieldNotes
from farmgui.ui.dialogs.mnemonics import Mnemonics
from farmgui.ui.dialogs.parameter_field import ParameterField
from farmgui.ui.dialogs.path_field import PathField
from farmgui.ui.dialogs.program_line import ProgramLine
from farmgui.ui.editors.form_grid import FIELD_HEIGHT, FormGrid
from farmgui.ui.editors.frames_edit import FramesEdit
from farmgui.ui.editors.section import Section
from farmgui.ui.editors.value_editors import ValueEdit
from farmgui.ui.editors.value_text import label_of

PLACING: Final = ("batch", "priority")
MORE: Final = (*EVERYDAY, *(name for _title, names in FURTHER for name in names))
COPY_TIP: Final = (
    "A copy of the scene, made now beside the original, goes with the job: what is changed in the scene later"
    " doesn't change the job. Off: each frame renders the scene as it is when the frame starts."
)
_NOTES_HEIGHT: Final = 64
_NUMBER_WIDTH: Final = 84
_TAKEN: Final = "sm"
"""The letters of the buttons "Submit" and "Map the path…"."""


class DraftFields(QWidget):
    """All fields are there from the start; those that the job type or file has no use for are hidden."""

    def __init__(
        self, draft: Draft, job_types: Sequence[JobTypeDefinition], background: Background, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.parameters: dict[str, ParameterField] = {}
        self.numbers: dict[str, ValueEdit] = {}
        self.notes = FieldNotes(self)
        self.grid = FormGrid(self)
        self.grid.setContentsMargins(0, 0, 12, 8)
        self._letters = Mnemonics(_TAKEN)
        self.grid.add_wide(self.notes.add(""))
        self._add_type(draft, job_types)
        first = [item for item in draft.definition.parameters if _comes_first(item)]
        for parameter in first:
            self._add_parameter(draft, parameter)
        self._add_title_and_frames(draft)
        for parameter in draft.definition.parameters:
            if parameter not in first:
                self._add_parameter(draft, parameter)
        self._add_placing()
        self._add_copy(draft)
        self._add_program(draft, background)
        self._add_more()
        self.grid.setRowStretch(self.grid.rowCount(), 1)

    def offer_queues(self, paths: Sequence[str]) -> None:
        """Offer these queues; what is in the field stays."""
        text = self.queue.currentText()
        with QSignalBlocker(self.queue):
            self.queue.clear()
            self.queue.addItems(list(paths))
            self.queue.setEditText(text)

    def offer_choices(self, draft: Draft) -> None:
        """Offer what each choice of the job type has; an empty one names what the scene says."""
        for parameter in draft.definition.parameters:
            field = self.parameters.get(parameter.name)
            if field is not None and parameter.kind == "choice" and parameter.name != "scene_name":
                field.offer(
                    [(choice, _choice_words(draft, parameter, choice)) for choice in parameter.choices]
                )

    def show_more(self, *, shown: bool) -> None:
        """Show or hide what is rarely changed."""
        self.more_button.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        for widget in self._more:
            widget.setVisible(shown)
        for section in self.sections.values():
            section.setVisible(shown)
            section.show_parts(shown=shown and section.isChecked())

    def show_field(self, name: str) -> None:
        """Unfold what a field is behind."""
        if name in MORE:
            self.more_button.setChecked(True)
        for title, names in FURTHER:
            if name in names:
                self.sections[title].setChecked(True)

    def offer_names(self, names: Mapping[str, Sequence[str]]) -> None:
        """Complete what is typed, by the name of the attribute."""
        for name, words in names.items():
            if name in self.numbers:
                self.numbers[name].offer(words)

    def widget_of(self, field: str) -> QWidget:
        """Where the focus goes for a field, by the name that notes call it."""
        if field in self.numbers:
            return self.numbers[field].widget
        if field in self.parameters:
            return self.parameters[field].widget
        known: dict[str, QWidget | None] = {"frames": self.frames, "program": self.program}
        return known.get(field) or self.title

    def empty(self) -> tuple[str, ...]:
        """The fields that nothing is written in, in the order of the form."""
        found = [name for name, field in self.parameters.items() if not field.text()]
        for name, line in (("frames", self.frames), ("title", self.title)):
            if not line.text().strip():
                found.append(name)
        return tuple(found)

    def _add_type(self, draft: Draft, job_types: Sequence[JobTypeDefinition]) -> None:
        self.job_type = QComboBox()
        for definition in job_types or [draft.definition]:
            self.job_type.addItem(definition.title or definition.name, definition.name)
        self._add("job_type", "Job type", self.job_type)

    def _add_title_and_frames(self, draft: Draft) -> None:
        self.title = QLineEdit()
        self.title.setMaxLength(TITLE_LENGTH)
        self._add("title", "Title", self.title)
        self.frames = FramesEdit()
        self._add("frames", "Frames", self.frames)
        self.count = self.notes.add("count")
        self._below(self.count)
        self.existing = ExistingLine(only_missing=draft.only_missing)
        self._below(self.existing)

    def _add_parameter(self, draft: Draft, parameter: Parameter) -> None:
        if parameter.name == "scene_name" and len(draft.scenes) < 2:
            return
        field = ParameterField(parameter)
        self.parameters[parameter.name] = field
        if parameter.name == "scene_name":
            field.offer([(scene.name, scene.text) for scene in draft.scenes])
        elif parameter.kind == "choice":
            field.offer([(choice, _choice_words(draft, parameter, choice)) for choice in parameter.choices])
        buddy = field.widget.line if isinstance(field.widget, PathField) else field.widget
        self._add(parameter.name, parameter.label, field.widget, buddy)

    def _add_placing(self) -> None:
        """Batch, priority and queue, side by side."""
        line = QHBoxLayout()
        line.setSpacing(8)
        for name in PLACING:
            widget = self._number(name)
            widget.setFixedSize(_NUMBER_WIDTH, FIELD_HEIGHT)
            if name != PLACING[0]:
                line.addWidget(self._label(label_of(name), widget))
            line.addWidget(widget)
            line.addSpacing(8)
        self.queue = QComboBox()
        self.queue.setEditable(True)
        self.queue.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.queue.setAccessibleName("Queue")
        self.queue.setToolTip("Where the job queues, like /film/shot; a queue that isn't there yet is made")
        self.queue.setMinimumHeight(FIELD_HEIGHT)
        entry = self.queue.lineEdit()
        if entry is not None:
            entry.setPlaceholderText("none")
        line.addWidget(self._label("Queue", self.queue))
        line.addWidget(self.queue, 1)
        self.grid.add_field(self._letters.give(label_of(PLACING[0])), line, self.numbers[PLACING[0]].widget)
        for name in (*PLACING, "queue"):
            self._below(self.notes.add(name))

    def _add_copy(self, draft: Draft) -> None:
        self.copy_scene = QCheckBox(self._letters.give("Render the scene as it is now"))
        self.copy_scene.setToolTip(f"<qt>{COPY_TIP}</qt>")
        self.copy_scene.setAccessibleDescription(COPY_TIP)
        self._below(self.copy_scene)
        self._below(self.notes.add("copy_scene"))
        self.copy_scene.setVisible(draft.definition.scene_copy)

    def _add_program(self, draft: Draft, background: Background) -> None:
        self.program: ProgramLine | None = None
        if draft.definition.program is not None:
            self.program = ProgramLine(draft.definition.program, background)
            self._add("program", "Program", self.program, self.program.button)

    def _add_more(self) -> None:
        self.more_button = QToolButton()
        self.more_button.setText("More…")
        self.more_button.setToolTip("Resources, retries, notes, licences, agents, people, and all else")
        self.more_button.setCheckable(True)
        self.more_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more_button.setAutoRaise(True)
        self.more_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.grid.addWidget(self.more_button, self.grid.rowCount(), 1, Qt.AlignmentFlag.AlignLeft)
        self._more: list[QWidget] = []
        self.sections: dict[str, Section] = {}
        for name in EVERYDAY:
            self._more += self._add_attribute(name)[:2]
        for title, names in FURTHER:
            section = Section(title, self, unfolded=False)
            self.grid.add_wide(section)
            self.sections[title] = section
            for name in names:
                section.add(*self._add_attribute(name))
        self.numbers["user"].set_hint("you")
        self.show_more(shown=False)

    def _add_attribute(self, name: str) -> list[QWidget]:
        widget = self._number(name)
        if JOB_ATTRIBUTES[name].lines:
            widget.setFixedHeight(_NOTES_HEIGHT)
        return [self._add(name, label_of(name), widget), widget, self.notes.line(name)]

    def _number(self, name: str) -> QWidget:
        self.numbers[name] = ValueEdit(name)
        return self.numbers[name].widget

    def _add(self, name: str, text: str, field: QWidget, buddy: QWidget | None = None) -> QLabel:
        return self.grid.add_field(self._letters.give(text), field, buddy, self.notes.add(name))

    def _label(self, text: str, buddy: QWidget) -> QLabel:
        label = QLabel(self._letters.give(text))
        label.setBuddy(buddy)
        return label

    def _below(self, widget: QWidget) -> None:
        self.grid.addWidget(widget, self.grid.rowCount(), 1)


def _choice_words(draft: Draft, parameter: Parameter, choice: str) -> str:
    if choice:
        return choice
    current = draft.value("scene_name")
    scene = next((item for item in draft.scenes if item.name == current), None)
    own = getattr(scene, parameter.name, None)
    return f"As the scene says: {own}" if own else "As the scene says"


def _comes_first(parameter: Parameter) -> bool:
    required = parameter.required and parameter.kind in ("file", "command")
    return parameter.name in ("scene", "scene_name") or (required and parameter.name != "movie")
