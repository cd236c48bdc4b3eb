from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from farmgui.domain.errors import InvalidValue
from farmgui.domain.limits import JOB_LIMITS
from farmgui.ui.editors.value_editors import DIFFERS, EDITABLE, ValueEdit, edit_of


@pytest.fixture
def make(qtbot: QtBot):
    def make_edit(name: str, value: object = None) -> ValueEdit:
        edit = ValueEdit(name)
        qtbot.addWidget(edit.widget)
        edit.show_value(value)
        edit.widget.show()
        edit.widget.setFocus()
        return edit

    return make_edit


def _type(qtbot: QtBot, edit: ValueEdit, text: str) -> None:
    edit.select_all()
    qtbot.keyClicks(edit.widget, text)


@pytest.mark.parametrize("name", EDITABLE)
def test_every_editor_is_named_and_unchanged_at_first(make, name: str) -> None:
    edit = make(name, 20 if name in JOB_LIMITS else None)
    assert edit.widget.accessibleName()
    assert not edit.is_changed()
    assert edit.problem() is None
    assert edit_of(edit.widget) is edit


@pytest.mark.parametrize("name", ["priority", "cpus", "ram_max"])
def test_typing_changes_the_value(qtbot: QtBot, make, name: str) -> None:
    edit = make(name, 20)
    with qtbot.waitSignal(edit.edited):
        _type(qtbot, edit, "31")
    assert edit.value() == 31
    assert edit.is_changed()


def test_out_of_range_is_refused_in_words(qtbot: QtBot, make) -> None:
    edit = make("priority", 0)
    _type(qtbot, edit, "5000")
    assert edit.problem() == "Priority is a whole number from -1000 to 1000, not 5000."
    with pytest.raises(InvalidValue):
        edit.value()
    edit.revert()
    assert edit.problem() is None
    assert edit.text() == "0"


def test_special_values_are_offered_in_words(qtbot: QtBot, make) -> None:
    edit = make("cpus", 4)
    combo = edit.widget
    assert [combo.itemText(row) for row in range(combo.count())] == [
        "none required",
        "the whole agent to itself",
    ]
    combo.showPopup()
    view = combo.view()
    qtbot.mouseClick(
        view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(view.model().index(1, 0)).center()
    )
    qtbot.waitUntil(lambda: edit.text() == "the whole agent to itself")
    assert edit.value() == -1
    assert edit.is_changed()


@pytest.mark.parametrize("name", ["priority", "cpus"])
def test_up_and_down_count(qtbot: QtBot, make, name: str) -> None:
    edit = make(name, 4)
    qtbot.keyClick(edit.widget, Qt.Key.Key_Up)
    assert edit.value() == 5
    qtbot.keyClick(edit.widget, Qt.Key.Key_Down)
    qtbot.keyClick(edit.widget, Qt.Key.Key_Down)
    assert edit.value() == 3


@pytest.mark.parametrize("name", ["priority", "cpus"])
def test_the_wheel_changes_nothing(qtbot: QtBot, make, name: str) -> None:
    edit = make(name, 4)
    wheel = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(0, 120),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,  # noqa: FBT003 - not inverted.
    )
    QApplication.sendEvent(edit.widget, wheel)
    assert edit.value() == 4


def test_a_refresh_leaves_what_is_being_typed(qtbot: QtBot, make) -> None:
    edit = make("priority", 0)
    _type(qtbot, edit, "12")
    edit.show_value(3)
    assert edit.text() == "12"
    edit.show_value(12)
    assert not edit.is_changed(), "the stored value has caught up"
    edit.show_value(4)
    assert edit.text() == "4"


def test_a_refresh_shows_new_values_in_a_field_with_the_focus(make) -> None:
    edit = make("priority", 0)
    edit.show_value(3)
    assert edit.text() == "3"
    assert not edit.is_changed()


def test_typing_the_stored_value_again_is_no_change(qtbot: QtBot, make) -> None:
    edit = make("priority", 0)
    _type(qtbot, edit, "12")
    _type(qtbot, edit, "0")
    assert not edit.is_changed()


@pytest.mark.parametrize("name", ["priority", "ram_max", "title", "notes"])
def test_differing_values_stay_until_touched(qtbot: QtBot, make, name: str) -> None:
    edit = make(name, None)
    edit.show_differing()
    line = edit.widget if name in ("title", "notes") else edit.widget.lineEdit()
    assert line.placeholderText() == DIFFERS
    assert not edit.is_changed()
    qtbot.keyClicks(edit.widget, "7")
    assert edit.is_changed()
    qtbot.keyClick(edit.widget, Qt.Key.Key_Backspace)
    assert not edit.is_changed(), "blank again means: leave them"
    assert edit.problem() is None


def test_an_editor_goes_with_its_widget(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    ValueEdit("priority", parent)
    edit = edit_of(parent.findChild(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly))
    with qtbot.waitSignal(edit.destroyed):
        edit.widget.deleteLater()
