"""Notifications on the desktop, where it has a place for them."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QSystemTrayIcon

from farmgui.ui.icons import program_icon

_SHOWN_MS = 10_000


class Tray(QObject):
    """The program's icon among those of the desktop; it comes with the first notification."""

    clicked = Signal()
    """The last notification was clicked, or the icon."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._icon: QSystemTrayIcon | None = None

    def is_there(self) -> bool:
        """Whether the desktop shows notifications at all."""
        return QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages()

    def show_message(self, title: str, text: str) -> None:
        """Show a notification."""
        if self._icon is None:
            self._icon = QSystemTrayIcon(program_icon(), self)
            self._icon.setToolTip("farmgui")
            self._icon.messageClicked.connect(self.clicked)
            self._icon.activated.connect(lambda _reason: self.clicked.emit())
            self._icon.show()
        self._icon.showMessage(title, text, program_icon(), _SHOWN_MS)

    def close(self) -> None:
        """Take the icon away."""
        if self._icon is not None:
            self._icon.hide()
