"""Says which frames are there already, and asks whether to render all or only the missing ones."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QRadioButton, QWidget

from farmgui.submission.draft import Existing


class ExistingLine(QWidget):
    """Takes no room where no frame is there."""

    edited = Signal()

    def __init__(self, *, only_missing: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._said = QLabel(self)
        self.all = QRadioButton("Render all", self)
        self.missing = QRadioButton("Only the missing ones", self)
        (self.missing if only_missing else self.all).setChecked(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        for widget in (self._said, self.all, self.missing):
            layout.addWidget(widget)
        layout.addStretch(1)
        self.missing.toggled.connect(self.edited)
        self.hide()

    def say(self, existing: Existing) -> None:
        """Show how many frames are there."""
        self._said.setText(f"{existing.text}:" if existing.there else "")
        some_missing = existing.there < existing.total
        self.missing.setEnabled(some_missing)
        if existing.there and not some_missing:
            self.all.setChecked(True)
        self.setVisible(bool(existing.there))

    def text(self) -> str:
        """What is said."""
        return self._said.text()

    def only_missing(self) -> bool:
        """Whether frames that are there are left out."""
        return self.missing.isChecked()
