"""The bar above the tables that says what went wrong, or what was done, until it is dismissed."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from farmgui.ui.icons import icon, pixmap
from farmgui.ui.palette import Colours

_NOTE_SECONDS: Final = 8
_LONGEST: Final = 600


class Level(StrEnum):
    """How grave a message is. A note goes by itself; the others stay until dismissed."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


_ICONS: Final = {Level.NOTE: "about", Level.WARNING: "warning", Level.ERROR: "error"}


class MessageBar(QFrame):
    """One message at a time, always plain text, with one action where there is something to do about it."""

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message_bar")
        self._colours = colours
        self._level = Level.NOTE
        self._act: Callable[[], None] | None = None
        self._mark = QLabel()
        self._text = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._button = QPushButton()
        self._button.clicked.connect(self._do_action)
        self._close = QToolButton(autoRaise=True)
        self._close.setToolTip("Dismiss (Esc)")
        self._close.setAccessibleName("Dismiss the message")
        self._close.clicked.connect(self.dismiss)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 6)
        layout.setSpacing(10)
        for widget in (self._mark, self._text, self._button, self._close):
            layout.addWidget(widget)
        self._timer = QTimer(self, singleShot=True, interval=_NOTE_SECONDS * 1000)
        self._timer.timeout.connect(self.dismiss)
        self.hide()

    def text(self) -> str:
        """The message that is shown; "" when there is none."""
        return self._text.text() if not self.isHidden() else ""

    def level(self) -> Level:
        """How grave the shown message is."""
        return self._level

    def show_error(self, text: str, action: str = "", act: Callable[[], None] | None = None) -> None:
        """Say what went wrong; `action` names a button that calls `act`."""
        self.show_message(Level.ERROR, text, action, act)

    def show_message(
        self, level: Level, text: str, action: str = "", act: Callable[[], None] | None = None
    ) -> None:
        """Say something. A note doesn't push out an error that nobody has dismissed yet."""
        if level is Level.NOTE and not self.isHidden() and self._level is Level.ERROR:
            return
        self._level, self._act = level, act
        self._text.setText(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")
        self._text.setToolTip("")
        self._button.setText(action)
        self._button.setVisible(bool(action))
        self._paint()
        self.show()
        if level is Level.NOTE:
            self._timer.start()
        else:
            self._timer.stop()

    def dismiss(self) -> None:
        """Take the message away."""
        self._timer.stop()
        self.hide()

    def set_colours(self, colours: Colours) -> None:
        """Paint in another appearance."""
        self._colours = colours
        self._paint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc dismisses."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def _do_action(self) -> None:
        act = self._act
        self.dismiss()
        if act is not None:
            act()

    def _paint(self) -> None:
        colours = self._colours
        back, mark = {
            Level.NOTE: (colours.info_back, colours.accent),
            Level.WARNING: (colours.warning_back, colours.paused),
            Level.ERROR: (colours.error_back, colours.failed),
        }[self._level]
        self.setStyleSheet(
            f"#message_bar {{ background: {back}; border: 0; border-bottom: 1px solid {colours.border}; }}"
        )
        self._mark.setPixmap(pixmap(_ICONS[self._level], mark, 16, self.devicePixelRatioF()))
        self._close.setIcon(icon("close", colours))
