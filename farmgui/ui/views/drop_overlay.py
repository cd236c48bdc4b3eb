"""What lies over the window while files are dragged over it: what a drop will do, or why it won't."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from farmgui.ui.icons import pixmap
from farmgui.ui.palette import colours_of
from farmgui.ui.texts import listed, many

_MARGIN: Final = 18


class DropOverlay(QWidget):
    """Covers its parent; mouse and drag events go through it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._title = ""
        self._lines: tuple[str, ...] = ()
        self._refused = False
        parent.installEventFilter(self)
        self.hide()

    def text(self) -> str:
        """What it says now; "" while it is hidden."""
        return "" if self.isHidden() else "\n".join((self._title, *self._lines))

    def show_files(self, taken: Sequence[Path], refused: Sequence[tuple[Path, str]]) -> None:
        """Say what a drop of these files will do."""
        self._refused = not taken
        if taken:
            names = listed(path.name for path in taken)
            self._title = f"Drop to submit {many(len(taken), 'job')}"
            left = [f"Left out: {reason}" for _path, reason in refused[:3]]
            self._lines = (names, *left)
        else:
            self._title = "This can't be submitted" if len(refused) == 1 else "None of these can be submitted"
            self._lines = tuple(reason for _path, reason in refused[:4])
        self.setAccessibleDescription("\n".join((self._title, *self._lines)))
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(parent.rect())
        self.show()
        self.raise_()
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as the parent."""
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
        return False

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A veil, a frame and the words."""
        colours = colours_of(self.palette())
        tone = QColor(colours.failed if self._refused else colours.accent)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = QColor(colours.window)
        veil.setAlpha(244)
        painter.fillRect(self.rect(), veil)
        painter.setPen(QPen(tone, 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(self.rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN), 10, 10)
        middle = self.rect().center()
        mark = pixmap("error" if self._refused else "drop", tone.name(), 48, self.devicePixelRatioF())
        painter.drawPixmap(middle.x() - 24, middle.y() - 86, mark)
        self._paint_words(painter, QColor(colours.text), QColor(colours.dim))
        painter.end()

    def _paint_words(self, painter: QPainter, text: QColor, dim: QColor) -> None:
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.5)
        painter.setFont(font)
        painter.setPen(text)
        room = QRect(60, self.rect().center().y() - 22, self.width() - 120, 36)
        painter.drawText(room, flags, self._title)
        painter.setFont(self.font())
        painter.setPen(dim)
        rest = QRect(60, room.bottom() + 6, self.width() - 120, self.height() // 2 - 60)
        painter.drawText(rest, flags, "\n".join(self._lines))
