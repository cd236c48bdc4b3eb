"""The form of one job to be submitted: shows its draft and hands back what became of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from farmgui.domain.jobtypes import JobTypeDefinition
from farmgui.domain.limits import TITLE_LENGTH
from farmgui.submission.draft import Draft, Existing, Note
from farmgui.submission.filling import choose_scene
from farmgui.ui.background import Background
from farmgui.ui.dialogs.draft_check import Check
from farmgui.ui.dialogs.draft_fields import MORE, DraftFields
from farmgui.ui.dialogs.draft_values import EVERYDAY, value_in, with_value
from farmgui.ui.dialogs.parameter_field import ParameterField
from farmgui.ui.editors.conflicts import PAIRS, conflicts


class DraftForm(QScrollArea):
    """Checks nothing itself but its numbers: what else is wrong, and what follows, `show_check` is told."""

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
        self._own_title = draft.title
        self.fields = DraftFields(draft, job_types, background, self)
        self.fields.offer_queues(queues)
        self.setWidget(self.fields)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.show_draft(draft)
        self._connect()

    def draft(self) -> Draft:
        """The draft with what is in the fields; a number that is refused keeps its last good value."""
        fields = self.fields
        draft = replace(
            self._draft,
            title=fields.title.text(),
            frames=fields.frames.text().strip(),
            values={
                **self._draft.values,
                **{name: field.text() for name, field in fields.parameters.items()},
            },
            queue=fields.queue.currentText().strip().strip("/") or None,
            copy_scene=fields.copy_scene.isChecked(),
            only_missing=fields.existing.only_missing(),
        )
        for name, edit in fields.numbers.items():
            if edit.is_changed() and edit.problem() is None:
                draft = with_value(draft, name, edit.value())
        return draft

    def show_draft(self, draft: Draft) -> None:
        """Show another draft of the same job type."""
        fields = self.fields
        self._draft = draft
        self.show_type()
        fields.title.setText(draft.title)
        fields.frames.setText(draft.frames)
        fields.offer_choices(draft)
        for name, field in fields.parameters.items():
            field.show_text(draft.value(name))
        for name, edit in fields.numbers.items():
            edit.revert()
            edit.show_value(value_in(draft, name))
        fields.queue.setEditText(f"/{draft.queue.strip('/')}" if draft.queue else "")
        fields.copy_scene.setChecked(draft.copy_scene)
        if fields.program is not None:
            fields.program.show_program(draft.program)
        fields.notes.show_draft_notes(draft.notes)
        self._tell_count()

    def show_type(self) -> None:
        """Show the draft's own job type, as after another one was refused."""
        self.fields.job_type.setCurrentIndex(self.fields.job_type.findData(self._draft.job_type))

    def show_check(self, check: Check) -> None:
        """Say what is wrong, beside the fields, and which frames are there already."""
        self.show_problems(check.problems)
        self.fields.existing.say(check.existing)

    def show_problems(self, problems: Iterable[Note]) -> None:
        """Say what is wrong, beside the fields."""
        self.fields.notes.show_problems(problems, self.fields.empty())

    def refuse(self, field: str, text: str) -> None:
        """Say why what was chosen in `field` can't be."""
        self.fields.notes.say(field, text, "error")

    def refused_number(self) -> QWidget | None:
        """The first number that is out of range; None where all are good."""
        wrong = self._conflicts()
        for name, edit in self.fields.numbers.items():
            if edit.problem() is not None or name in wrong:
                self.fields.show_field(name)
                return edit.widget
        return None

    def _conflicts(self) -> dict[str, str]:
        """Numbers that were written and contradict another one."""
        edits = self.fields.numbers
        values = {name: edit.value() for name, edit in edits.items() if edit.problem() is None}
        return {name: text for name, text in conflicts(values).items() if edits[name].is_changed()}

    def first_empty(self) -> QWidget | None:
        """The first field that has to be filled in; None where none has."""
        required = {item.name for item in self._draft.definition.parameters if item.required}
        for name in self.fields.empty():
            if name in required or name in ("frames", "title"):
                return self.fields.widget_of(name)
        return None

    def wanted_height(self, width: int) -> int:
        """The height that shows the whole form at this width."""
        return self.fields.grid.heightForWidth(width)

    def last_widget(self) -> QWidget:
        """The last field in the tab order."""
        return self.fields.numbers[MORE[-1]].widget

    def _connect(self) -> None:
        fields = self.fields
        fields.job_type.activated.connect(self._choose_type)
        fields.title.textEdited.connect(lambda: self._was_edited("title"))
        fields.frames.textEdited.connect(lambda: self._was_edited("frames"))
        fields.existing.edited.connect(self.edited)
        fields.queue.editTextChanged.connect(lambda: self._was_edited("queue"))
        fields.copy_scene.toggled.connect(lambda: self._was_edited("copy_scene"))
        fields.more_button.toggled.connect(self._show_more)
        for name in fields.parameters:
            self._connect_parameter(name, fields.parameters[name])
        for name in fields.numbers:
            self._connect_number(name)
        if fields.program is not None:
            fields.program.chosen.connect(self._choose_program)

    def _connect_parameter(self, name: str, field: ParameterField) -> None:
        if name == "scene_name":
            field.edited.connect(self._choose_scene)
        elif field.parameter.kind == "command" and field.parameter.required:
            field.edited.connect(lambda: self._take_title(field.text()))
        elif field.parameter.kind == "file" and name in ("scene", "input"):
            field.settled.connect(self.file_asked)
        field.edited.connect(lambda: self._was_edited(name))

    def _connect_number(self, name: str) -> None:
        edit = self.fields.numbers[name]

        def was_edited() -> None:
            wrong = self._conflicts()
            for other in {name, *(pair for pairs in PAIRS for pair in pairs[:2])}:
                problem = self.fields.numbers[other].problem() or wrong.get(other, "")
                self.fields.notes.say(other, problem, "error")
            self.edited.emit()

        edit.edited.connect(was_edited)

    def _was_edited(self, name: str) -> None:
        self.fields.notes.forget(name)
        if name == "frames":
            self._tell_count()
        self.edited.emit()

    def _tell_count(self) -> None:
        words = self.fields.frames.words()
        self.fields.count.say(words)
        if not words:
            self.fields.existing.say(Existing(0, 0))

    def _show_more(self, shown: bool) -> None:
        self.fields.show_more(shown=shown)
        if shown:
            last = self.fields.numbers[EVERYDAY[-1]].widget
            QTimer.singleShot(0, self, lambda: self.ensureWidgetVisible(last))

    def _take_title(self, command: str) -> None:
        """The title follows the command's first word until something else was written into it."""
        if self.fields.title.text() != self._own_title:
            return
        words = command.split()
        self._own_title = Path(words[0]).name[:TITLE_LENGTH] if words else ""
        self.fields.title.setText(self._own_title)
        self.fields.notes.forget("title")

    def _choose_type(self) -> None:
        name = str(self.fields.job_type.currentData())
        if name != self._draft.job_type:
            self.type_asked.emit(name)

    def _choose_scene(self) -> None:
        self.show_draft(choose_scene(self.draft(), self.fields.parameters["scene_name"].text()))

    def _choose_program(self, path: str) -> None:
        if not os.access(path, os.X_OK):
            self.refuse("program", f"{path} is no program that can be run. Choose another.")
            return
        self._draft = replace(self._draft, program=Path(path)).without_notes("program")
        self.fields.notes.forget("program")
        if self.fields.program is not None:
            self.fields.program.show_program(Path(path))
        self.program_chosen.emit(self._draft.job_type, path)
        self.edited.emit()
