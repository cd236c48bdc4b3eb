"""The notes beside the fields of a form: what the draft said at first, then what is wrong now."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from PySide6.QtWidgets import QWidget

from farmgui.submission.draft import Level, Note
from farmgui.ui.editors.field_note import FieldNote

GENERAL: Final = ""
_KEPT: Final = frozenset({"count"})


class FieldNotes:
    """One line a field. A draft's note goes when its field is edited; a problem when it is mended."""

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent
        self._lines: dict[str, FieldNote] = {}
        self._from_draft: dict[str, Note] = {}
        self._problems: dict[str, tuple[str, str]] = {}
        self._own: dict[str, tuple[str, str]] = {}

    def add(self, field: str) -> FieldNote:
        """The line of a field, new."""
        self._lines[field] = FieldNote(self._parent)
        return self._lines[field]

    def line(self, field: str) -> FieldNote:
        """The line of a field."""
        return self._lines[field]

    def text(self, field: str) -> str:
        """What the line of a field says."""
        return self._lines[field].text()

    def level(self, field: str) -> str:
        """The level of the line of a field."""
        return self._lines[field].level()

    def show_draft_notes(self, notes: Iterable[Note]) -> None:
        """Begin anew with what a draft says."""
        self._problems.clear()
        self._own.clear()
        self._from_draft.clear()
        for note in notes:
            field = note.field if note.field in self._lines else GENERAL
            before = self._from_draft.get(field)
            text = f"{before.text} {note.text}" if before else note.text
            self._from_draft[field] = Note(field, text, note.level)
        self._tell()

    def show_problems(self, problems: Iterable[Note], empty: Collection[str]) -> None:
        """Say what is wrong; in a field that is `empty` it is marked as missing, not as an error."""
        self._problems.clear()
        for problem in problems:
            field = problem.field if problem.field in self._lines else GENERAL
            self._problems.setdefault(field, (problem.text, "missing" if field in empty else "error"))
        self._tell()

    def forget(self, field: str) -> None:
        """The field was edited: what was said about its old value no longer holds."""
        for said in (self._from_draft, self._problems, self._own):
            said.pop(field, None)
        self._tell()

    def say(self, field: str, text: str, level: str) -> None:
        """Say something of the form's own about a field, which stays until the field is edited."""
        self._own.pop(field, None)
        if text:
            self._own[field] = (text, level)
        self._tell()

    def _tell(self) -> None:
        for field, line in self._lines.items():
            if field in _KEPT:
                continue
            note = self._from_draft.get(field)
            problem = self._own.get(field) or self._problems.get(field)
            marked = note is not None and note.level is not Level.INFO
            if problem is not None and not (marked and problem[1] == "missing"):
                line.say(*problem)
            elif note is not None:
                line.say(note.text, str(note.level))
            else:
                line.say("")
