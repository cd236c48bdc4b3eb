"""The single-value editors of a job's columns, used by the job panel and in the cells of the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit, QWidget

from farmgui.domain.attributes import JOB_ATTRIBUTES
from farmgui.domain.errors import InvalidValue
from farmgui.domain.limits import JOB_LIMITS, TITLE_LENGTH
from farmgui.ui.editors import value_text
from farmgui.ui.editors.completion import complete_words
from farmgui.ui.editors.elided_label import plain_tip
from farmgui.ui.editors.frames_edit import FramesEdit

DIFFERS: Final = "(differs)"
UNREAD: Final = "…"
EDITABLE: Final = tuple(JOB_ATTRIBUTES)
"""The attributes that have an editor: all."""

_COMPLETED: Final = {
    "queue": "",
    "group": "",
    "user": "",
    "tags": ", ",
    "agent_tags": ", ",
    "software": ",",
    "limits": ", ",
    "agents": ", ",
    "parents": ", ",
    "notify": ",",
}
"""Attributes that are completed while one types, with what parts several values of one."""
_UP: Final = Qt.Key.Key_Up
_DOWN: Final = Qt.Key.Key_Down
_NO_MODIFIER: Final = Qt.KeyboardModifier.NoModifier
_KEYPAD: Final = Qt.KeyboardModifier.KeypadModifier
_NUMBER_LENGTH: Final = 60
_LINE_LENGTH: Final = 100_000


class NumberCombo(QComboBox):
    """A number, or one of a few values in words from the list; the up and down keys count.

    The wheel does nothing here: a panel that scrolls must not change what it scrolls over.
    """

    stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setCompleter(None)  # type: ignore[arg-type]  # None takes the completer away.
        self.setMinimumContentsLength(12)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Count on plain up and down; Alt and down opens the list as everywhere."""
        if event.key() in (_UP, _DOWN) and event.modifiers() in (_NO_MODIFIER, _KEYPAD):
            self.stepped.emit(1 if event.key() == _UP else -1)
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the panel."""
        event.ignore()


class NumberSpin(QAbstractSpinBox):
    """A plain number with up and down arrows, which leaves reading and refusing to `ValueEdit`.

    A QSpinBox would correct a number out of range in silence, where the wrangler must be told.
    """

    stepped = Signal(int)

    def stepBy(self, steps: int) -> None:
        """Tell that the wrangler counted by `steps`."""
        self.stepped.emit(steps)

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Both ways, always: the limits are `ValueEdit`'s matter."""
        return (
            QAbstractSpinBox.StepEnabledFlag.StepUpEnabled | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        )

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the panel."""
        event.ignore()


class NotesEdit(QPlainTextEdit):
    """A few lines of plain text; Tab goes on to the next field."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)


class ValueEdit(QObject):
    """The editor of one column of a job: holds the stored value, and says what was typed instead.

    `widget` is what is shown; this object lives as long as it. With `show_differing` the field stands for
    several jobs with different values and stays blank until something is typed.
    """

    edited = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        self.name = name
        self.widget = _widget(name, parent)
        super().__init__(self.widget)
        self.setObjectName(f"edit_{name}")
        self._stored: object = None
        self._differs = False
        self._dirty = False
        self.widget.setAccessibleName(value_text.label_of(name))
        self.widget.setToolTip(plain_tip(JOB_ATTRIBUTES[name].tip))
        self._unread = False
        self._applied = False
        self._hint = value_text.hint_of(name)
        self._connect()

    def show_value(self, value: object) -> None:
        """Show the stored `value`; what the wrangler typed meanwhile stays."""
        if self._applied and value != self._stored:
            # It may be stored in another order than it was typed: then that is what was asked for.
            self._dirty = self._applied = False
        self._stored, self._differs, self._unread = value, False, False
        self._settle()

    def show_differing(self) -> None:
        """Show that the jobs have different values; what the wrangler typed meanwhile stays."""
        self._stored, self._differs, self._unread = None, True, False
        self._settle()

    def show_unread(self) -> None:
        """Show that the stored value isn't known yet; what the wrangler typed meanwhile stays."""
        self._stored, self._differs, self._unread = None, True, True
        self._settle()

    def note_applied(self) -> None:
        """It was asked to store what was typed: the next new value is the answer, however it is written."""
        self._applied = True

    def set_hint(self, text: str) -> None:
        """Say in the empty field what no value means here."""
        self._hint = text
        self._settle()

    def offer(self, words: Sequence[str]) -> None:
        """Complete what is typed by `words`."""
        if self.name in _COMPLETED and isinstance(self._line, QLineEdit):
            complete_words(self._line, words, _COMPLETED[self.name])

    def stored(self) -> object:
        """The stored value; raises InvalidValue where it is several or not known yet."""
        if self._differs:
            raise InvalidValue(f"{value_text.label_of(self.name)} differs.")
        return self._stored

    def revert(self) -> None:
        """Throw away what was typed."""
        self._dirty = False
        self._settle()
        self.edited.emit()

    def value(self) -> object:
        """What was typed, or the stored value. Raises InvalidValue with the range in words."""
        return value_text.value_of(self.name, self.text())

    def problem(self) -> str | None:
        """Why what was typed is refused, in words; None where it is not."""
        if not self._dirty:
            return None
        try:
            self.value()
        except InvalidValue as error:
            return str(error)
        return None

    def is_changed(self) -> bool:
        """Whether something else than the stored value was typed, valid or not."""
        if not self._dirty:
            return False
        try:
            return self._differs or self.value() != self._stored
        except InvalidValue:
            return True

    def text(self) -> str:
        """The text in the field."""
        return self._line.text() if isinstance(self._line, QLineEdit) else self._line.toPlainText()

    def type_text(self, text: str) -> None:
        """Put `text` into the field as if the wrangler had typed it."""
        self._put(text)
        self._was_edited()

    def select_all(self) -> None:
        """Select the text, so that typing replaces it."""
        self._line.selectAll()

    @property
    def _line(self) -> QLineEdit | QPlainTextEdit:
        # Asked for anew each time: PySide invalidates what it wrapped only to call createEditor, and with the
        # viewport every widget in it that wasn't made in Python, like the line of a combo.
        return _line_of(self.widget)

    def _settle(self) -> None:
        if self._dirty and not self.is_changed():
            self._dirty = False
        if not self._dirty:
            self._put("" if self._differs else value_text.text_of(self.name, self._stored))
        unknown = UNREAD if self._unread else DIFFERS
        self._line.setPlaceholderText(unknown if self._differs else self._hint)

    def _put(self, text: str) -> None:
        if text == self.text():
            return
        with QSignalBlocker(self):
            if isinstance(self._line, QLineEdit):
                self._line.setText(text)
                self._line.setCursorPosition(0)
            else:
                self._line.setPlainText(text)

    def _was_edited(self) -> None:
        if self.signalsBlocked():
            return
        self._applied = False
        # A blank field that stands for different values means "leave them", not "empty them".
        self._dirty = not (self._differs and not self.text())
        self.edited.emit()

    def _step(self, steps: int) -> None:
        self._put(value_text.stepped(self.name, self.text(), steps))
        self._line.selectAll()
        self._was_edited()

    def _connect(self) -> None:
        if isinstance(self._line, QLineEdit):
            self._line.textEdited.connect(self._was_edited)
        else:
            self._line.textChanged.connect(self._was_edited)
        if isinstance(self.widget, NumberCombo):
            self.widget.activated.connect(self._was_edited)
        if isinstance(self.widget, (NumberCombo, NumberSpin)) and self.name in JOB_LIMITS:
            self.widget.stepped.connect(self._step)


def edit_of(widget: QWidget) -> ValueEdit:
    """The `ValueEdit` that `widget` belongs to."""
    edit = widget.findChild(ValueEdit, options=Qt.FindChildOption.FindDirectChildrenOnly)
    if edit is None:
        raise TypeError(f"{widget!r} belongs to no ValueEdit")
    return edit


def _widget(name: str, parent: QWidget | None) -> QWidget:
    if JOB_ATTRIBUTES[name].lines:
        return NotesEdit(parent)
    offers = value_text.offers(name)
    if name not in JOB_LIMITS and not offers:
        line = FramesEdit(parent) if name == "frames" else QLineEdit(parent)
        line.setMaxLength(TITLE_LENGTH if name == "title" else _LINE_LENGTH)
        return line
    if not offers:
        spin = NumberSpin(parent)
        spin.lineEdit().setMaxLength(_NUMBER_LENGTH)
        return spin
    combo = NumberCombo(parent)
    combo.addItems(offers)
    combo.setCurrentIndex(-1)
    line_edit = combo.lineEdit()
    if line_edit is not None:
        line_edit.setMaxLength(_NUMBER_LENGTH)
    return combo


def _line_of(widget: QWidget) -> QLineEdit | QPlainTextEdit:
    if isinstance(widget, (QLineEdit, QPlainTextEdit)):
        return widget
    if isinstance(widget, (QComboBox, QAbstractSpinBox)):
        line = widget.lineEdit()
        if line is not None:
            return line
    raise TypeError(f"{widget!r} has no text")
