"""The table of rows: keyed differences, order, filter, and that selection survives all of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from PySide6.QtCore import QItemSelectionModel, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from farmgui.ui import roles
from farmgui.ui.columns import Column
from farmgui.ui.item_models.differences import runs
from farmgui.ui.item_models.rows_model import AT_ONCE, RowsModel


@dataclass(frozen=True)
class Thing:
    """A row."""

    key: int
    name: str
    size: int | None = 0


COLUMNS: tuple[Column[Thing], ...] = (
    Column("name", "Name", text=lambda row: row.name, edit="name"),
    Column(
        "size",
        "Size",
        text=lambda row: str(row.size),
        value=lambda row: row.size,
        sort=lambda row: row.size,
        tint=lambda row: "failed" if row.size else "",
    ),
)


@pytest.fixture
def model(qapp: Any) -> RowsModel[Thing]:
    """An empty model."""
    return RowsModel(COLUMNS, lambda row: row.key)


def set_rows(model: RowsModel[Thing], rows: list[Thing]) -> None:
    """Tell the model of all rows that there are, those included that its filter hides."""
    model.update_rows(rows, set(model._rows) - {row.key for row in rows})


def names(model: RowsModel[Thing]) -> list[str]:
    """What the first column shows."""
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


@pytest.mark.parametrize(
    ("positions", "expected"),
    [([], []), ([1], [(1, 1)]), ([1, 2, 3, 7], [(1, 3), (7, 7)]), ([0, 2, 4], [(0, 0), (2, 2), (4, 4)])],
    ids=["none", "one", "range and one", "scattered"],
)
def test_runs(positions: list[int], expected: list[tuple[int, int]]) -> None:
    assert runs(positions) == expected


def test_answers_every_role(model: RowsModel[Thing]) -> None:
    set_rows(model, [Thing(1, "a <b>", 5)])
    index = model.index(0, 1)
    assert index.data() == "5"
    assert index.data(roles.VALUE) == 5
    assert index.data(roles.ROW) == Thing(1, "a <b>", 5)
    assert index.data(roles.NAME) == "size"
    assert index.data(roles.FOREGROUND).name() == "#ec7b72"
    assert "&lt;b&gt;" in model.index(0, 0).data(roles.TOOL_TIP)
    assert index.data(int(Qt.ItemDataRole.SizeHintRole)) is None
    assert model.headerData(0, Qt.Orientation.Horizontal) == "Name"


def test_a_change_is_told_narrowly(model: RowsModel[Thing]) -> None:
    rows = [Thing(number, f"n{number}") for number in range(100)]
    set_rows(model, rows)
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last: told.append((first.row(), last.row())))
    model.modelReset.connect(lambda: pytest.fail("a refresh must not reset"))
    model.layoutChanged.connect(lambda: pytest.fail("nothing moved"))
    rows[7], rows[8], rows[50] = Thing(7, "x"), Thing(8, "y"), Thing(50, "z")
    set_rows(model, list(rows))
    assert told == [(7, 8), (50, 50)]
    set_rows(model, [Thing(row.key, row.name) for row in rows])
    assert len(told) == 2, "equal rows are no change"


def test_sorts_with_what_has_no_value_last(model: RowsModel[Thing]) -> None:
    set_rows(model, [Thing(1, "b", 2), Thing(2, "a", None), Thing(3, "C", 1)])
    model.sort(0)
    assert names(model) == ["a", "b", "C"]
    model.sort(1)
    assert names(model) == ["C", "b", "a"]
    model.sort(1, Qt.SortOrder.DescendingOrder)
    assert names(model) == ["b", "C", "a"]
    model.sort(-1)
    assert names(model) == ["b", "a", "C"]


def test_a_changed_row_goes_to_its_new_place(model: RowsModel[Thing]) -> None:
    set_rows(model, [Thing(1, "a"), Thing(2, "b"), Thing(3, "c")])
    model.sort(0)
    held = QPersistentModelIndex(model.index(0, 0))
    set_rows(model, [Thing(1, "z"), Thing(2, "b"), Thing(3, "c"), Thing(4, "bb")])
    assert names(model) == ["b", "bb", "c", "z"]
    assert held.row() == 3
    assert held.data() == "z"


def test_filter_hides_and_shows(model: RowsModel[Thing]) -> None:
    set_rows(model, [Thing(number, f"n{number}", number % 2) for number in range(10)])
    model.set_filter(lambda row: row.size == 1)
    assert (model.rowCount(), model.total()) == (5, 10)
    set_rows(model, [Thing(number, f"n{number}", 1) for number in range(10)])
    assert model.rowCount() == 10
    model.set_filter(None)
    assert names(model) == [f"n{number}" for number in range(10)]


def test_many_rows_are_arranged_in_turns_while_they_change(qtbot: QtBot, model: RowsModel[Thing]) -> None:
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    chosen = QItemSelectionModel(model)
    dice = random.Random(1)  # noqa: S311 - a game, no secret.
    things = {
        number: Thing(number, f"{number:04}", dice.choice([None, *range(99)]))
        for number in range(AT_ONCE * 3)
    }
    model.update_rows(list(things.values()))
    chosen.select(model.index(7, 0), QItemSelectionModel.SelectionFlag.Select)

    def arranged(accepts: Callable[[Thing], bool], descending: bool) -> None:
        """What comes, changes and goes meanwhile is arranged, too."""
        before = names(model)
        with qtbot.waitSignal(model.arranged):
            assert names(model) == before, "kept until all is arranged"
            changed = [Thing(number, f"{number:04}", dice.randrange(99)) for number in (8, 9, 10, fresh)]
            gone = [fresh // 2]
            things.update((row.key, row) for row in changed)
            model.update_rows(changed, [key for key in gone if things.pop(key, None)])
        rows = [row for row in things.values() if accepts(row)]
        present = sorted((row.size, row.key) for row in rows if row.size is not None)
        missing = sorted(row.key for row in rows if row.size is None)
        expected = [key for _, key in (reversed(present) if descending else present)] + missing
        assert [row.key for row in model.rows()] == expected
        assert [model.place_of(key) for key in expected] == list(range(len(expected)))
        assert [index.row() for index in chosen.selectedIndexes()] == [model.place_of(7)]

    fresh = 5000
    model.sort(1, Qt.SortOrder.DescendingOrder)
    arranged(lambda _row: True, descending=True)
    fresh = 5001
    model.set_filter(lambda row: row.key % 3 == 1)
    arranged(lambda row: row.key % 3 == 1, descending=True)
    fresh = 5002
    model.set_filter(None)
    model.sort(1)
    arranged(lambda _row: True, descending=False)
    del tester


def test_other_rows_are_arranged_as_was_asked_for_last(model: RowsModel[Thing]) -> None:
    told: list[int] = []
    model.arranged.connect(lambda: told.append(model.rowCount()))
    model.update_rows([Thing(number, "old") for number in range(AT_ONCE + 1)])
    model.set_filter(lambda row: row.size == 1)
    model.update_rows([Thing(1000, "a", 1), Thing(1001, "b", 0)], range(AT_ONCE + 1))
    assert names(model) == ["a"]
    assert told == [1]


def test_rows_stay_while_held(model: RowsModel[Thing]) -> None:
    set_rows(model, [Thing(1, "a")])
    model.hold(held=True)
    model.update_rows([Thing(2, "b")], [1])
    model.update_rows([Thing(1, "a"), Thing(3, "c")], [2])
    assert names(model) == ["a"]
    model.hold(held=False)
    assert names(model) == ["a", "c"]


def test_what_is_typed_is_handed_on_and_not_stored() -> None:
    typed: list[tuple[int, str, object]] = []
    model = RowsModel(
        COLUMNS, lambda row: row.key, on_edit=lambda row, name, value: typed.append((row.key, name, value))
    )
    set_rows(model, [Thing(1, "a")])
    editable = Qt.ItemFlag.ItemIsEditable
    assert model.flags(model.index(0, 0)) & editable
    assert not model.flags(model.index(0, 1)) & editable
    assert model.setData(model.index(0, 0), "b")
    assert not model.setData(model.index(0, 1), 3)
    assert typed == [(1, "name", "b")]
    assert names(model) == ["a"]


@pytest.mark.parametrize("seed", range(3))
def test_random_refreshes_keep_the_model_and_the_selection_right(model: RowsModel[Thing], seed: int) -> None:
    """Each step changes, adds, removes, sorts or filters; Qt's own tester watches."""
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    chosen = QItemSelectionModel(model)
    dice = random.Random(seed)  # noqa: S311 - a game, no secret.
    rows = [Thing(number, f"{number:03}", dice.randrange(9)) for number in range(60)]
    set_rows(model, rows)
    kept = rows[30]
    chosen.select(
        model.index(model.place_of(30) or 0, 0),
        QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows,
    )
    fresh = 1000
    for step in range(25):
        rows = [
            Thing(row.key, row.name, dice.randrange(9)) if dice.random() < 0.2 else row
            for row in rows
            if row.key == 30 or dice.random() > (0.6 if step % 8 == 7 else 0.05)
        ]
        for _ in range(dice.randrange(80 if step % 8 == 3 else 4)):
            rows.insert(dice.randrange(len(rows) + 1), Thing(fresh, f"{fresh}", dice.randrange(9)))
            fresh += 1
        if step % 5 == 4:
            model.sort(dice.randrange(-1, 2), dice.choice(list(Qt.SortOrder)))
        if step % 6 == 5:
            limit = dice.randrange(9)
            model.set_filter(dice.choice([None, lambda row, limit=limit: row.key == 30 or row.size >= limit]))
        set_rows(model, list(rows))
        assert [index.row() for index in chosen.selectedRows()] == [model.place_of(30)]
        assert model.row_at(model.place_of(30) or 0).key == kept.key
    shown = {row.key for row in model.rows()}
    assert shown <= {row.key for row in rows}
    del tester


def test_another_selection_of_rows_is_a_reset(model: RowsModel[Thing]) -> None:
    resets: list[int] = []
    model.modelReset.connect(lambda: resets.append(1))
    set_rows(model, [Thing(1, "a")])
    set_rows(model, [Thing(2, "b")])
    set_rows(model, [])
    set_rows(model, [])
    assert len(resets) == 3
    assert model.rowCount() == 0


def test_a_view_is_answered_at_once_what_it_asks_one_by_one(model: RowsModel[Thing]) -> None:
    set_rows(model, [Thing(1, "one", 0), Thing(2, "two", 7)])
    delegate = QStyledItemDelegate()
    for place in range(2):
        for column in range(2):
            index = model.index(place, column)
            option = QStyleOptionViewItem()
            delegate.initStyleOption(option, index)
            assert option.text == index.data()
            assert int(option.displayAlignment) == index.data(roles.ALIGNMENT)
            tint = index.data(roles.FOREGROUND)
            if tint is not None:
                palette = option.palette
                assert palette.text().color() == tint
    assert model.index(1, 1).data(roles.FOREGROUND) is not None
