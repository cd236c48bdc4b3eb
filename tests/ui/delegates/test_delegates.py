# ruff: noqa: N802 - Qt's names for the methods that it calls.
from __future__ import annotations

from dataclasses import dataclass

import pytest
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QAbstractItemView, QApplication, QLabel, QTableView
from pytestqt.qtbot import QtBot

from farmgui.domain.counts import TaskCounts
from farmgui.domain.states import AgentState, JobState, TaskState
from farmgui.ui import roles
from farmgui.ui.delegates import ProgressDelegate, StateDelegate, ValueDelegate
from farmgui.ui.delegates.progress_delegate import bar_parts
from farmgui.ui.delegates.shapes import _SHAPES, pixmap
from farmgui.ui.editors.value_editors import NumberCombo, ValueEdit
from farmgui.ui.palette import DARK, LIGHT, make_palette


@dataclass
class Row:
    """A row of the model under test."""

    state: str = "queued"
    priority: object = 0
    progress: float = 0.0
    counts: TaskCounts | None = None
    stopping: bool = False
    enabled: bool = True


class Model(QAbstractTableModel):
    """State, progress and an editable priority."""

    def __init__(self, rows: list[Row], name: str = "priority") -> None:
        super().__init__()
        self.rows, self.name = rows, name
        self.set_values: list[object] = []

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature.
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature.
        return 0 if parent.isValid() else 3

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def data(self, index: QModelIndex, role: int = roles.DISPLAY) -> object:
        row = self.rows[index.row()]
        value = (row.state, row.progress, row.priority)[index.column()]
        if role == roles.ROW:
            return row
        if role in (roles.VALUE, roles.EDIT):
            return value
        return str(value) if role == roles.DISPLAY else None

    def setData(self, index: QModelIndex, value: object, role: int = roles.EDIT) -> bool:  # noqa: ARG002 - Qt's signature.
        self.set_values.append(value)
        self.rows[index.row()].priority = value
        self.dataChanged.emit(index, index)
        return True


def make_view(qtbot: QtBot, model: Model) -> QTableView:
    view = QTableView()
    qtbot.addWidget(view)
    model.setParent(view)
    view.setModel(model)
    delegates = (StateDelegate(view), ProgressDelegate(view), ValueDelegate(model.name, view))
    for column, delegate in enumerate(delegates):
        view.setItemDelegateForColumn(column, delegate)
    view.resize(600, 300)
    with qtbot.waitExposed(view):
        view.show()
    return view


def cell(view: QTableView, row: int, column: int) -> QImage:
    rect = view.visualRect(view.model().index(row, column))
    return view.viewport().grab(rect).toImage()


def colours_in(image: QImage) -> set[str]:
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


@pytest.mark.parametrize("state", [*JobState, *TaskState, *AgentState])
def test_every_state_has_a_shape(state: str) -> None:
    assert str(state) in _SHAPES


def test_no_two_states_of_a_table_look_alike_without_colour(qtbot: QtBot) -> None:
    pictures = {name: pixmap(name, "#000000", 24, 1.0).toImage() for name in _SHAPES}
    for table in (JobState, [*TaskState, "stopping"], [*AgentState, "disabled"]):
        seen = [pictures[str(name)] for name in table]
        assert all(one != other for at, one in enumerate(seen) for other in seen[:at])


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("selected", [False, True], ids=["plain", "selected"])
def test_states_are_told_from_their_background(qtbot: QtBot, colours, selected) -> None:
    view = make_view(qtbot, Model([Row(state=str(state)) for state in JobState]))
    view.setPalette(make_palette(colours))
    if selected:
        view.selectAll()
    back = QColor(colours.selection if selected else colours.base).lightness()
    for row in range(len(JobState)):
        part = cell(view, row, 0).copy(0, 0, 22, 30)
        lights = [QColor(name).lightness() for name in colours_in(part)]
        assert max(abs(light - back) for light in lights) > 60


def test_stopping_and_disabled_have_their_own_shape(qtbot: QtBot) -> None:
    rows = [Row("running"), Row("running", stopping=True), Row("online"), Row("online", enabled=False)]
    view = make_view(qtbot, Model(rows))
    assert cell(view, 0, 0) != cell(view, 1, 0)
    assert cell(view, 2, 0) != cell(view, 3, 0)


@pytest.mark.parametrize(
    ("counts", "widths"),
    [
        pytest.param(TaskCounts(queued=10), (0, 0, 0), id="nothing yet"),
        pytest.param(TaskCounts(done=10), (100, 0, 0), id="all done"),
        pytest.param(TaskCounts(queued=5, done=3, failed=1, running=1), (30, 10, 10), id="mixed"),
        pytest.param(TaskCounts(done=9999, failed=1), (100, 0, 0), id="no room is left"),
        pytest.param(TaskCounts(queued=9999, failed=1), (0, 1, 0), id="one failed is seen"),
        pytest.param(TaskCounts(), (0, 0, 0), id="no tasks"),
    ],
)
def test_parts_of_the_bar(counts: TaskCounts, widths: tuple[int, ...]) -> None:
    assert tuple(width for _, width in bar_parts(counts, 100)) == widths


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
def test_bar_shows_its_parts(qtbot: QtBot, colours) -> None:
    counts = TaskCounts(queued=2, done=4, failed=1, running=3)
    view = make_view(qtbot, Model([Row(counts=counts, progress=0.4)]))
    view.setPalette(make_palette(colours))
    view.setColumnWidth(1, 200)
    assert {colours.done, colours.failed, colours.running, colours.track} <= colours_in(cell(view, 0, 1))


def test_a_narrow_cell_and_odd_values_are_painted(qtbot: QtBot) -> None:
    view = make_view(qtbot, Model([Row(progress=7.0), Row(progress=None)]))
    for width in (10, 40, 300):
        view.setColumnWidth(1, width)
        view.viewport().grab()


def edit(qtbot: QtBot, view: QTableView, row: int = 0) -> ValueEdit:
    index = view.model().index(row, 2)
    view.setCurrentIndex(index)
    place = view.visualRect(index).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    found = view.viewport().findChildren(ValueEdit)
    assert len(found) == 1
    return found[0]


def refusal(view: QTableView) -> QLabel:
    return view.viewport().findChild(QLabel, "refusal")


def test_a_value_is_edited_in_its_cell(qtbot: QtBot) -> None:
    model = Model([Row(priority=5)])
    view = make_view(qtbot, model)
    editor = edit(qtbot, view)
    qtbot.keyClicks(editor.widget, "42")
    qtbot.keyClick(editor.widget, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: model.set_values == [42])
    qtbot.waitUntil(lambda: not view.viewport().findChildren(ValueEdit))


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Tab], ids=["enter", "tab"])
@pytest.mark.parametrize("row", [0, 7], ids=["first row", "last row"])
def test_out_of_range_keeps_the_editor_open_and_says_the_range(qtbot: QtBot, key, row) -> None:
    model = Model([Row(priority=5) for _ in range(8)])
    view = make_view(qtbot, model)
    editor = edit(qtbot, view, row)
    qtbot.keyClicks(editor.widget, "5000")
    qtbot.keyClick(editor.widget, key)
    bubble = refusal(view)
    assert bubble.isVisible()
    assert bubble.text() == "Priority is a whole number from -1000 to 1000, not 5000."
    assert view.viewport().rect().contains(bubble.geometry())
    assert not bubble.geometry().intersects(editor.widget.geometry())
    assert editor.widget.isVisible()
    assert model.set_values == []
    editor.select_all()
    qtbot.keyClicks(editor.widget, "500")
    assert not bubble.isVisible()
    qtbot.keyClick(editor.widget, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: model.set_values == [500])


@pytest.mark.parametrize("text", ["5000", "6"], ids=["refused", "valid"])
def test_escape_changes_nothing(qtbot: QtBot, text: str) -> None:
    model = Model([Row(priority=5)])
    view = make_view(qtbot, model)
    editor = edit(qtbot, view)
    qtbot.keyClicks(editor.widget, text)
    qtbot.keyClick(editor.widget, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not view.viewport().findChildren(ValueEdit))
    assert model.set_values == []
    qtbot.waitUntil(lambda: refusal(view) is None)


def test_leaving_the_cell_drops_what_is_refused(qtbot: QtBot) -> None:
    model = Model([Row(priority=5), Row()])
    view = make_view(qtbot, model)
    qtbot.keyClicks(edit(qtbot, view).widget, "5000")
    other = view.visualRect(model.index(1, 0)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=other)
    qtbot.waitUntil(lambda: not view.viewport().findChildren(ValueEdit))
    assert model.set_values == []


def test_enter_without_a_change_sets_nothing(qtbot: QtBot) -> None:
    model = Model([Row(priority=5)])
    view = make_view(qtbot, model)
    qtbot.keyClick(edit(qtbot, view).widget, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not view.viewport().findChildren(ValueEdit))
    assert model.set_values == []


def test_special_values_are_picked_in_the_cell(qtbot: QtBot) -> None:
    model = Model([Row(priority=4)], name="cpus")
    view = make_view(qtbot, model)
    combo = edit(qtbot, view).widget
    assert isinstance(combo, NumberCombo)
    combo.showPopup()
    popup = combo.view()
    target = popup.visualRect(popup.model().index(1, 0)).center()
    qtbot.mouseClick(popup.viewport(), Qt.MouseButton.LeftButton, pos=target)
    qtbot.waitUntil(lambda: not popup.isVisible())
    qtbot.keyClick(combo, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: model.set_values == [-1])


def test_a_refresh_under_the_editor_keeps_what_is_typed(qtbot: QtBot) -> None:
    model = Model([Row(priority=5)])
    view = make_view(qtbot, model)
    editor = edit(qtbot, view)
    qtbot.keyClicks(editor.widget, "42")
    model.rows[0].priority = 9
    model.dataChanged.emit(model.index(0, 0), model.index(0, 2))
    assert editor.text() == "42"


def test_typing_opens_the_editor(qtbot: QtBot) -> None:
    model = Model([Row(priority=5)])
    view = make_view(qtbot, model)
    view.setEditTriggers(QAbstractItemView.EditTrigger.AnyKeyPressed)
    view.setCurrentIndex(model.index(0, 2))
    view.setFocus()
    qtbot.keyClicks(view, "8")
    editor = view.viewport().findChild(ValueEdit)
    assert editor is not None
    assert editor.text() == "8"
    assert QApplication.focusWidget() is not view
    assert editor.widget.geometry().topLeft() != QPoint(0, 0)


@pytest.mark.parametrize("name", ["priority", "cpus", "title"])
def test_an_editor_works_in_a_view_that_python_never_looked_into(qtbot: QtBot, name: str) -> None:
    model = Model([Row(priority=5)], name=name)
    view = QTableView()
    qtbot.addWidget(view)
    model.setParent(view)
    view.setModel(model)
    view.setItemDelegateForColumn(2, ValueDelegate(name, view))
    view.show()
    view.edit(model.index(0, 2))
    editor = view.findChild(ValueEdit)
    qtbot.keyClicks(editor.widget, "7")
    editor.type_text("999999")
    editor.type_text("7")
    qtbot.keyClick(editor.widget, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: model.set_values == ["7" if name == "title" else 7])
