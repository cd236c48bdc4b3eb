"""The text of a log: plain, read only, with error lines coloured and what is searched for marked."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from farmgui.ui.palette import Colours
from farmgui.ui.style import fixed_font
from farmgui.ui.views.log_text import LineKind, line_kind

_MOST_MARKS: Final = 1000
_BACKWARD: Final = QTextDocument.FindFlag.FindBackward
_FORWARD: Final = QTextDocument.FindFlag(0)


class LogEdit(QPlainTextEdit):
    """Text that grows at its end and, when someone reads back, at its beginning."""

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("log")
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setFont(fixed_font())
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._highlighter = _Highlighter(self.document(), colours)
        self._mark = QColor(colours.paused)
        self._mark.setAlpha(70)

    def set_colours(self, colours: Colours) -> None:
        """Paint in another appearance."""
        self._mark = QColor(colours.paused)
        self._mark.setAlpha(70)
        self._highlighter.set_colours(colours)

    def is_at_end(self) -> bool:
        """Whether the last line is visible, so that a reader wants to see the next."""
        bar = self.verticalScrollBar()
        return bar.value() >= bar.maximum() - 1

    def scroll_to_end(self) -> None:
        """Show the last line."""
        bar = self.verticalScrollBar()
        bar.setValue(bar.maximum())
        self.horizontalScrollBar().setValue(0)

    def append_text(self, text: str) -> None:
        """Add `text` at the end; what is visible stays where it is."""
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(text)

    def prepend_text(self, text: str) -> None:
        """Add `text` at the beginning; what is visible stays visible."""
        bar = self.verticalScrollBar()
        before = self.blockCount()
        place = bar.value()
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.Start)
        cursor.insertText(text)
        bar.setValue(place + self.blockCount() - before)

    def find_text(self, text: str, *, backward: bool, wrap: bool = True) -> bool:
        """Select the next match; with `wrap` go on from the other end."""
        flags = _BACKWARD if backward else _FORWARD
        if self.find(text, flags):
            return True
        if not wrap:
            return False
        before = self.textCursor()
        end = QTextCursor.MoveOperation.End if backward else QTextCursor.MoveOperation.Start
        self.moveCursor(end)
        if self.find(text, flags):
            return True
        self.setTextCursor(before)
        return False

    def mark_matches(self, text: str) -> int:
        """Mark what matches, up to a thousand times; gives the number of marks."""
        marks: list[QTextEdit.ExtraSelection] = []
        cursor = QTextCursor(self.document())
        while text and len(marks) < _MOST_MARKS:
            cursor = self.document().find(text, cursor)
            if cursor.isNull():
                break
            mark = QTextEdit.ExtraSelection()
            mark.format.setBackground(self._mark)
            mark.cursor = cursor
            marks.append(mark)
        self.setExtraSelections(marks)
        return len(marks)


class _Highlighter(QSyntaxHighlighter):
    """Colours whole lines by what they tell."""

    def __init__(self, document: QTextDocument, colours: Colours) -> None:
        super().__init__(document)
        self._formats = _formats(colours)

    def set_colours(self, colours: Colours) -> None:
        self._formats = _formats(colours)
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        found = self._formats.get(line_kind(text))
        if found is not None:
            self.setFormat(0, len(text), found)


def _formats(colours: Colours) -> dict[LineKind, QTextCharFormat]:
    error, warning = QTextCharFormat(), QTextCharFormat()
    error.setForeground(QColor(colours.failed))
    error.setFontWeight(QFont.Weight.DemiBold)
    warning.setForeground(QColor(colours.paused))
    return {LineKind.ERROR: error, LineKind.WARNING: warning}
