"""Two columns, labels and fields, with a note under a field; one grid for all sections keeps them in line."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import QGridLayout, QLabel, QLayout, QPlainTextEdit, QWidget

from farmgui.ui.editors.field_note import FieldNote

_LEFT: Final = Qt.AlignmentFlag.AlignLeft
_TOP: Final = Qt.AlignmentFlag.AlignTop
_CENTER: Final = Qt.AlignmentFlag.AlignVCenter
FIELD_HEIGHT: Final = 26


class FormGrid(QGridLayout):
    """Rows of label and field; a note takes room only while it says something."""

    def __init__(self, parent: QWidget | None = None) -> None:
        # A grid that is nested in another layout doesn't get the height that its wrapped notes need.
        super().__init__(parent)
        self.setHorizontalSpacing(12)
        self.setVerticalSpacing(6)
        self.setColumnStretch(1, 1)

    def add_field(
        self, text: str, field: QWidget | QLayout, buddy: QWidget | None = None, note: FieldNote | None = None
    ) -> QLabel:
        """Add a row; `buddy` is what the label's mnemonic goes to, the field itself by default."""
        row = self.rowCount()
        label = QLabel(text)
        if isinstance(field, QWidget):
            buddy = buddy or field
            self.addWidget(field, row, 1)
        else:
            self.addLayout(field, row, 1)
        if isinstance(field, QPlainTextEdit):
            label.setContentsMargins(0, 4, 0, 0)
            self.addWidget(label, row, 0, _LEFT | _TOP)
        else:
            self.addWidget(label, row, 0, _LEFT | _CENTER)
        if buddy is not None:
            label.setBuddy(buddy)
            if not isinstance(buddy, QPlainTextEdit):
                buddy.setMinimumHeight(FIELD_HEIGHT)
        if note is not None:
            self.addWidget(note, row + 1, 1)
        return label

    def add_wide(self, field: QWidget | QLayout) -> None:
        """Add something that takes both columns."""
        if isinstance(field, QWidget):
            self.addWidget(field, self.rowCount(), 0, 1, 2)
        else:
            self.addLayout(field, self.rowCount(), 0, 1, 2)

    def add_section(self, title: str) -> QLabel:
        """Add the title of a section."""
        label = QLabel(title)
        label.setContentsMargins(0, 8, 0, 0)
        font = QFont(label.font())
        font.setBold(True)
        label.setFont(font)
        label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.add_wide(label)
        return label
