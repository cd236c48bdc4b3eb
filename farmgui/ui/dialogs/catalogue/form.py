"""The form of one row: fields that say what is wrong while one types, saved off the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from farmgui.domain.errors import InvalidValue
from farmgui.ui.background import Background, Lane, Outcome
from farmgui.ui.dialogs.alive import if_alive
from farmgui.ui.dialogs.catalogue.parts import Field, Form, Values
from farmgui.ui.dialogs.mnemonics import Mnemonics
from farmgui.ui.dialogs.parts import plain_label
from farmgui.ui.editors.completion import complete_words
from farmgui.ui.editors.elided_label import plain_tip
from farmgui.ui.editors.field_note import FieldNote
from farmgui.ui.editors.form_grid import FormGrid
from farmgui.ui.editors.value_editors import DIFFERS

_LINES_HEIGHT = 64
_TEXTS = (QLineEdit, QPlainTextEdit)


class FieldEdit(QObject):
    """The widget of one field, and what is wrong with what it holds."""

    edited = Signal()

    def __init__(self, field: Field, parent: QWidget) -> None:
        self.field = field
        self.widget = _widget(field, parent)
        super().__init__(self.widget)
        self.note = FieldNote(parent)
        self.widget.setAccessibleName(field.title)
        self.widget.setToolTip(plain_tip(field.tip))
        if isinstance(self.widget, QComboBox):
            self.widget.activated.connect(self.edited)
        elif isinstance(self.widget, QCheckBox):
            self.widget.toggled.connect(self.edited)
        elif isinstance(self.widget, (QLineEdit, QPlainTextEdit)):
            self.widget.textChanged.connect(self.edited)

    def value(self) -> Any:
        """What the field means; raises InvalidValue."""
        if isinstance(self.widget, QComboBox):
            return self.field.parse(str(self.widget.currentData()))
        if isinstance(self.widget, QCheckBox):
            return self.widget.isChecked()
        if isinstance(self.widget, _TEXTS):
            return self.field.parse(_text(self.widget))
        raise TypeError(f"{self.widget!r} has no value")

    def is_left(self) -> bool:
        """Whether it stands for different values and was left blank."""
        return self.field.differs and isinstance(self.widget, _TEXTS) and not _text(self.widget).strip()

    def problem(self) -> str:
        """Why the value is refused; "" where it is not."""
        try:
            if not self.is_left():
                self.value()
        except InvalidValue as error:
            return str(error)
        return ""

    def tell(self, *, problem: bool) -> None:
        """Say under the field what is wrong, where `problem` is to be told, else what its value means."""
        wrong = self.problem()
        if wrong:
            self.note.say(wrong if problem else "", "error")
        else:
            self.note.say("" if self.is_left() else self.field.words(self.value()))


class FormDialog(QDialog):
    """Fills in `form`; OK runs `save` with the values off the GUI thread and closes when that went well."""

    def __init__(
        self,
        form: Form,
        save: Callable[[Values], object],
        background: Background,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(form.title)
        self.setMinimumWidth(440)
        self._save = save
        self._background = background
        self._touched: set[str] = set()
        self._changed: set[str] = set()
        self._only_changed = form.only_changed
        self.fields: dict[str, FieldEdit] = {}
        self.note = FieldNote(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(self._body(form))
        layout.addWidget(self.note)
        layout.addStretch(1)
        layout.addWidget(self._buttons(form.verb))
        self._check()

    def values(self) -> Values:
        """What is in the fields, by name; raises InvalidValue."""
        wanted = self._changed if self._only_changed else self.fields
        return {
            name: edit.value() for name, edit in self.fields.items() if name in wanted and not edit.is_left()
        }

    def accept(self) -> None:
        """Save, and close only when that went well."""
        self._touched = set(self.fields)
        self._check()
        if not self.ok.isEnabled():
            return
        values = self.values()
        self.ok.setEnabled(False)

        def done(outcome: Outcome[object]) -> None:
            if outcome.error is None:
                QDialog.accept(self)
                return
            self.note.say(str(outcome.error), "error")
            self.ok.setEnabled(True)

        self._background.run(
            lambda: self._save(values),
            if_alive(self, done),
            label=f"saving: {self.windowTitle()}",
            lane=Lane.COMMAND,
        )

    def _was_edited(self, name: str) -> None:
        self._touched.add(name)
        self._changed.add(name)
        self.note.say("")
        self._check()

    def _check(self) -> None:
        """Say what is wrong; an empty field that nobody touched is not shouted at."""
        for name, edit in self.fields.items():
            edit.tell(problem=name in self._touched)
        self.ok.setEnabled(not any(edit.problem() for edit in self.fields.values()))
        # The notes that wrap get their lines only after this event.
        QTimer.singleShot(0, self, self._grow)

    def _grow(self) -> None:
        layout = self.layout()
        if layout is not None:
            layout.activate()
            wanted = layout.totalHeightForWidth(self.width())
            if wanted > self.height():
                self.resize(self.width(), wanted)

    def _body(self, form: Form) -> QWidget:
        body = QWidget(self)
        grid = FormGrid(body)
        letters = Mnemonics()
        for field in form.fields:
            edit = FieldEdit(field, self)
            self.fields[field.name] = edit
            if field.check:
                grid.addWidget(edit.widget, grid.rowCount(), 1)
            else:
                grid.add_field(letters.give(field.title), edit.widget, note=edit.note)
            edit.edited.connect(lambda name=field.name: self._was_edited(name))
        if form.facts:
            grid.add_section("What it says of itself")
        for title, text in form.facts:
            said = plain_label(text, parent=self)
            said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.add_field(title, said)
        return body

    def _buttons(self, verb: str) -> QDialogButtonBox:
        # With the dialog as parent, or the default button would be forgotten with the focus.
        buttons = QDialogButtonBox(self)
        self.ok = buttons.addButton(verb, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self.ok.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        return buttons


def _text(widget: QLineEdit | QPlainTextEdit) -> str:
    return widget.text() if isinstance(widget, QLineEdit) else widget.toPlainText()


def _widget(field: Field, parent: QWidget) -> QWidget:
    if field.check:
        box = QCheckBox(field.title, parent)
        box.setChecked(field.text == "yes")
        return box
    if field.choices:
        combo = QComboBox(parent)
        for value, words in field.choices:
            combo.addItem(words, value)
        combo.setCurrentIndex(max(0, combo.findData(field.text)))
        return combo
    if field.lines:
        lines = QPlainTextEdit(field.text, parent)
        lines.setTabChangesFocus(True)
        lines.setFixedHeight(_LINES_HEIGHT)
        return lines
    line = QLineEdit(field.text, parent)
    line.setPlaceholderText(DIFFERS if field.differs else field.hint)
    if field.offers:
        complete_words(line, field.offers, field.between)
    line.setCursorPosition(0)
    return line
