"""The field for one parameter of a job type, by the parameter's kind."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from farmgui.domain.jobtypes import Parameter
from farmgui.ui.dialogs.path_field import PathField
from farmgui.ui.editors.elided_label import plain_tip
from farmgui.ui.style import fixed_font


class ParameterField(QObject):
    """Reads and shows one parameter as text; lives as long as its `widget`."""

    edited = Signal()
    settled = Signal(str)
    """A path was chosen, or typed and left."""

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        self.parameter = parameter
        self.widget = _widget(parameter, parent)
        super().__init__(self.widget)
        self.widget.setToolTip(plain_tip(parameter.tip))
        if isinstance(self.widget, PathField):
            self.widget.edited.connect(self.edited)
            self.widget.settled.connect(self.settled)
        elif isinstance(self.widget, QComboBox):
            self.widget.setAccessibleName(parameter.label)
            self.widget.activated.connect(self.edited)
        elif isinstance(self.widget, QLineEdit):
            self.widget.setAccessibleName(parameter.label)
            self.widget.textEdited.connect(self.edited)

    def text(self) -> str:
        """What is in the field."""
        if isinstance(self.widget, QComboBox):
            return str(self.widget.currentData())
        if isinstance(self.widget, (PathField, QLineEdit)):
            return self.widget.text().strip()
        raise TypeError(f"{self.widget!r} has no text")

    def show_text(self, text: str) -> None:
        """Show `text`; a choice that isn't known yet is added."""
        if isinstance(self.widget, QComboBox):
            if self.widget.findData(text) < 0:
                self.widget.addItem(text, text)
            self.widget.setCurrentIndex(self.widget.findData(text))
        elif isinstance(self.widget, (PathField, QLineEdit)) and text != self.text():
            _put(self.widget, text)

    def offer(self, choices: Sequence[tuple[str, str]]) -> None:
        """Offer other choices: pairs of a value and its words."""
        if isinstance(self.widget, QComboBox):
            current = self.widget.currentData()
            self.widget.clear()
            for value, words in choices:
                self.widget.addItem(words, value)
            self.widget.setCurrentIndex(max(0, self.widget.findData(current)))


def _put(widget: PathField | QLineEdit, text: str) -> None:
    if isinstance(widget, PathField):
        widget.show_text(text)
    else:
        widget.setText(text)
        widget.setCursorPosition(0)


def _widget(parameter: Parameter, parent: QWidget | None) -> QWidget:
    if parameter.kind in ("file", "output"):
        return PathField(parameter.label, for_output=parameter.kind == "output", parent=parent)
    if parameter.kind == "choice":
        combo = QComboBox(parent)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for choice in parameter.choices:
            combo.addItem(choice, choice)
        return combo
    line = QLineEdit(parent)
    if parameter.kind == "command":
        line.setFont(fixed_font())
        line.setPlaceholderText("program argument {frame}" if parameter.required else "")
    return line
