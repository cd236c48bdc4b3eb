"""What several dialogs are made of: headings and labels that never read text as markup."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import QLabel, QWidget

_DIM: Final = QPalette.ColorRole.PlaceholderText


def plain_label(text: str = "", *, dim: bool = False, parent: QWidget | None = None) -> QLabel:
    """A label that wraps and shows `text` as it is."""
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setText(text)
    if dim:
        label.setForegroundRole(_DIM)
    return label


def heading(text: str, parent: QWidget | None = None) -> QLabel:
    """The bold first line of a dialog."""
    label = plain_label(text, parent=parent)
    font = QFont(label.font())
    font.setBold(True)
    font.setPointSizeF(font.pointSizeF() * 1.15)
    label.setFont(font)
    return label


def section(text: str, parent: QWidget | None = None) -> QLabel:
    """The title of a part of a dialog."""
    label = plain_label(text, dim=True, parent=parent)
    font = QFont(label.font())
    font.setBold(True)
    label.setFont(font)
    return label
