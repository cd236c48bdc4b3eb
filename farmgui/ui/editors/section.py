"""The title of a part of a form, which folds and unfolds what is below it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from farmgui.ui.editors.field_note import FieldNote

_DOWN = Qt.ArrowType.DownArrow
_RIGHT = Qt.ArrowType.RightArrow


class Section(QToolButton):
    """Shows or hides the widgets that it is given; a note shows itself only while it says something."""

    def __init__(self, title: str, parent: QWidget, *, unfolded: bool) -> None:
        super().__init__(parent)
        self._title = title
        self._widgets: list[QWidget] = []
        self.setObjectName("section")
        self.setCheckable(True)
        self.setChecked(unfolded)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        font = QFont(self.font())
        font.setBold(True)
        self.setFont(font)
        self.toggled.connect(self._show)
        self.tell("")

    def add(self, *widgets: QWidget) -> None:
        """Fold these with the section."""
        self._widgets += widgets
        self._show(self.isChecked())

    def show_parts(self, *, shown: bool) -> None:
        """Show or hide what is below the title, whatever is folded."""
        for widget in self._widgets:
            widget.setVisible(shown and not (isinstance(widget, FieldNote) and not widget.text()))

    def tell(self, more: str) -> None:
        """Say something beside the title, like what is changed inside."""
        self.setText(f"{self._title}  {more}".rstrip())

    def _show(self, unfolded: bool) -> None:
        self.setArrowType(_DOWN if unfolded else _RIGHT)
        self.show_parts(shown=unfolded)
