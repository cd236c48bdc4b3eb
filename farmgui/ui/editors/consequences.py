"""What would follow from what was typed: who would get more, who less, and when it would be done."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from farmgui.ui.dialogs.parts import plain_label


class Consequences(QWidget):
    """A heading and a line for each job that it would touch; hidden while there is nothing to say."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._head = QLabel("If you apply this", self)
        self._head.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._said = plain_label(parent=self)
        self._said.setAccessibleName("What would follow")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 6, 10, 0)
        layout.setSpacing(2)
        layout.addWidget(self._head)
        layout.addWidget(self._said)
        self.hide()

    def say(self, lines: Sequence[str]) -> None:
        """Show these lines."""
        self._said.setText("\n".join(lines))
        self.setVisible(bool(lines))

    def text(self) -> str:
        """The lines that are shown."""
        return self._said.text()

    def clear(self) -> None:
        """Nothing is known to follow."""
        self._said.setText("")
        self.hide()
