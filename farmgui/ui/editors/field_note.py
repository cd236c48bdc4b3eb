"""A line under a field: a shape and plain words that say what is missing, doubtful or refused."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from farmgui.ui.delegates.shapes import SIZE, pixmap
from farmgui.ui.delegates.state_delegate import tone
from farmgui.ui.palette import colours_of

_DIM: Final = QPalette.ColorRole.PlaceholderText
_STRONG: Final = QPalette.ColorRole.WindowText
_ALIGN_TOP: Final = Qt.AlignmentFlag.AlignTop
_PALETTE_CHANGES: Final = frozenset({QEvent.Type.PaletteChange, QEvent.Type.StyleChange})


class FieldNote(QWidget):
    """Says something about the field above it; takes no room while there is nothing to say.

    Levels: "" (a dim remark without a shape), "info", "missing", "warning", "error".
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._level = ""
        self._shape = QLabel(self)
        self._shape.setFixedWidth(SIZE)
        self._words = QLabel(self)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._words.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 2)
        layout.setSpacing(6)
        layout.addWidget(self._shape, 0, _ALIGN_TOP)
        layout.addWidget(self._words, 1)
        self.hide()

    def say(self, text: str, level: str = "") -> None:
        """Show `text` with the shape of `level`; an empty text hides the line."""
        if text == self.text() and level == self._level:
            return
        self._level = level
        self._words.setText(text)
        self._words.setForegroundRole(_STRONG if level in ("missing", "warning", "error") else _DIM)
        self._shape.setVisible(bool(level))
        self._draw()
        self.setVisible(bool(text))

    def text(self) -> str:
        """The words that are shown."""
        return self._words.text()

    def level(self) -> str:
        """The level that is shown."""
        return self._level

    def changeEvent(self, event: QEvent) -> None:
        """Draw the shape anew when the window turns dark or light."""
        super().changeEvent(event)
        if event.type() in _PALETTE_CHANGES:
            self._draw()

    def _draw(self) -> None:
        if self._level:
            colour = tone(self._level, colours_of(self.palette()))
            top = max(0, (self._words.fontMetrics().height() - SIZE) // 2)
            self._shape.setContentsMargins(0, top, 0, 0)
            self._shape.setPixmap(pixmap(self._level, colour, SIZE, self.devicePixelRatioF()))
