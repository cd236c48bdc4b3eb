"""The frame range of one job in the panel: the field, its count, and what was typed instead."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from farmgui.ui.editors.field_note import FieldNote
from farmgui.ui.editors.frames_edit import FramesEdit


class FramesField(QObject):
    """`line` with its `note`; keeps what is typed while the stored range changes underneath."""

    edited = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.line = FramesEdit(parent)
        self.note = FieldNote(parent)
        self._stored = ""
        self._dirty = False
        self.line.textEdited.connect(self._was_edited)

    def show_value(self, frames: str) -> None:
        """Show the stored range; what the wrangler typed meanwhile stays."""
        self._stored = frames
        self.line.setEnabled(True)
        self._dirty = self._dirty and self.line.text().strip() != frames
        if not self._dirty and self.line.text() != frames:
            self.line.setText(frames)
            self.line.setCursorPosition(0)
        self._tell()

    def show_several(self) -> None:
        """Several jobs are shown: a range is one job's own."""
        self._dirty = False
        self._stored = ""
        self.line.clear()
        self.line.setEnabled(False)
        self.note.say("Frames are changed for one job at a time.")

    def revert(self) -> None:
        """Show the stored range again."""
        self._dirty = False
        self.line.setText(self._stored)
        self._tell()
        self.edited.emit()

    def text(self) -> str:
        """The range in the field."""
        return self.line.text().strip()

    def is_changed(self) -> bool:
        """Whether another range than the stored one was typed, valid or not."""
        return self._dirty and self.text() != self._stored

    def problem(self) -> str | None:
        """Why the range is refused, in words; None where it is not."""
        return self.line.problem() if self.is_changed() else None

    def _was_edited(self) -> None:
        self._dirty = True
        self._tell()
        self.edited.emit()

    def _tell(self) -> None:
        if not self.line.isEnabled():
            return
        problem = self.problem()
        self.note.say(problem or self.line.words(), "error" if problem else "")
