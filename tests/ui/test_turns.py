"""What comes at once is shown a little at a time, in order; a row's place is found without the others."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QPaintEvent, QRegion
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from farmgui.services.updates import Kind, Update
from farmgui.ui.item_models.order import Order
from farmgui.ui.item_models.rows_model import RowsModel
from farmgui.ui.turns import MOST, Turns
from farmgui.ui.views.row_paints import AT_ONCE
from farmgui.ui.views.table import TableView
from tests.ui.test_rows_model import COLUMNS, Thing


def test_updates_come_out_in_order_and_whole(qtbot: QtBot) -> None:
    out: list[Update] = []
    turns = Turns(out.append)
    assert turns.is_idle()
    with qtbot.waitSignal(turns.idle):
        turns.add(Update(Kind.JOBS, range(3 * MOST), (7, 8)))
        turns.add(Update(Kind.AGENTS, [1]))
        turns.add(Update(Kind.JOBS, [1, 2]))
        turns.add(Update(Kind.JOBS, [3], (1,)))
    jobs = [update for update in out if update.kind is Kind.JOBS]
    assert [row for update in jobs for row in update.rows] == [*range(3 * MOST), 1, 2, 3]
    assert all(len(update.rows) <= MOST for update in out)
    assert [list(update.gone) for update in out if update.gone] == [[7, 8], [1]]
    assert [len(update.rows) for update in out[-3:]] == [1, 2, 1], "what goes is not joined with what came"
    assert turns.is_idle()


ENTRIES = st.lists(
    st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 50)).map(
        lambda drawn: (drawn[0], None if drawn[0] else drawn[1], drawn[2])
    ),
    unique_by=lambda entry: entry[2],
    max_size=20,
)


@given(ENTRIES, st.booleans())
def test_each_entry_is_found_where_it_stands(entries: list[Any], descending: bool) -> None:
    order = Order(descending=descending)
    order.entries = order.sorted(entries)
    missing = [entry[0] for entry in order.entries]
    assert missing == sorted(missing), "what has no value comes last"
    values = [entry[1] for entry in order.entries if not entry[0]]
    assert values == sorted(values, reverse=descending)
    for place, entry in enumerate(order.entries):
        assert order.place(entry) == place
        assert order.fits(place, entry)
        others = order.entries[:place] + order.entries[place + 1 :]
        assert order.place(entry, others) == place


@pytest.fixture
def table(qtbot: QtBot) -> Iterator[TableView[Thing]]:
    """A table of 200 rows that is seen."""
    made = TableView(RowsModel(COLUMNS, lambda row: row.key))
    made.rows_model().update_rows([Thing(number, f"n{number}") for number in range(200)])
    qtbot.addWidget(made)
    made.resize(400, 500)
    made.show()
    qtbot.waitExposed(made)
    qtbot.waitUntil(lambda: made._paints.is_idle() and is_right(made))
    yield made


class Painted(QObject):
    """Notes what of a widget is painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.regions: list[QRegion] = []
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name.
        if isinstance(event, QPaintEvent):
            self.regions.append(QRegion(event.region()))
        return False


def change_all(model: RowsModel[Thing]) -> None:
    model.update_rows([Thing(number, "changed") for number in range(200)])


def turn_around(model: RowsModel[Thing]) -> None:
    model.sort(0, Qt.SortOrder.DescendingOrder)


def put_before(model: RowsModel[Thing]) -> None:
    model.update_rows([Thing(-number, "new") for number in range(1, 4)])


@pytest.mark.parametrize("change", [change_all, turn_around, put_before])
def test_rows_are_painted_a_few_at_a_time_until_all_are(
    qtbot: QtBot, table: TableView[Thing], change: Callable[[RowsModel[Thing]], None]
) -> None:
    viewport = table.viewport()
    painted = Painted(viewport).regions
    change(table.rows_model())
    qtbot.waitUntil(lambda: bool(painted) and table._paints.is_idle())
    QApplication.processEvents()
    most = AT_ONCE * table.rowHeight(0)
    assert all(region.boundingRect().height() <= most for region in painted)
    qtbot.waitUntil(lambda: is_right(table))


def test_what_stood_behind_the_last_row_is_erased(qtbot: QtBot, table: TableView[Thing]) -> None:
    table.set_empty_text("Nothing here")
    model = table.rows_model()
    for gone in (range(10, 200), range(2, 10), range(2)):
        model.update_rows([], gone)
        qtbot.waitUntil(lambda: is_right(table))
    model.update_rows([Thing(1, "one")])
    qtbot.waitUntil(lambda: is_right(table))


def is_right(table: TableView[Thing]) -> bool:
    """Whether all that is on the screen is as it would be if it were painted anew."""
    shown = table.screen().grabWindow(table.winId()).toImage()
    # To grab is to paint: while rows are still to be painted, the view would take them for painted.
    return table._paints.is_idle() and shown == table.grab().toImage()


def test_an_empty_table_is_filled_a_few_rows_at_a_time(
    qtbot: QtBot, table: TableView[Thing], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, note = table.rows_model(), table._paints.note
    model.update_rows([], range(200))
    qtbot.waitUntil(lambda: is_right(table))
    painted: list[QRegion] = []

    def noted(region: QRegion) -> None:
        painted.append(region)
        note(region)

    monkeypatch.setattr(table._paints, "note", noted)
    model.update_rows([Thing(number, f"n{number}") for number in range(200)])
    qtbot.waitUntil(table._paints.is_idle)
    ends = [0, *(region.boundingRect().bottom() + 1 for region in painted)]
    most = AT_ONCE * table.rowHeight(0)
    assert all(end - before <= most for before, end in pairwise(ends)), "rows behind those that there are yet"
    qtbot.waitUntil(lambda: is_right(table))


def test_what_cannot_be_seen_is_not_painted(qtbot: QtBot, table: TableView[Thing]) -> None:
    painted = Painted(table.viewport()).regions
    table.rows_model().update_rows([Thing(number, f"n{number}") for number in range(150, 300)], [140])
    qtbot.waitUntil(table._paints.is_idle)
    QApplication.processEvents()
    assert not painted


@pytest.mark.parametrize("seed", range(3))
def test_partial_updates_lead_to_the_same_rows_as_whole_ones(qtbot: QtBot, seed: int) -> None:
    """Selection and scroll included; the rows are in the order of the column whatever changed."""
    dice = random.Random(seed)  # noqa: S311 - a game, no secret.
    table = TableView(RowsModel(COLUMNS, lambda row: row.key))
    qtbot.addWidget(table)
    model, stored = table.rows_model(), {number: Thing(number, f"n{number}", 1) for number in range(300)}
    model.update_rows(list(stored.values()))
    table.resize(300, 300)
    table.show()
    model.sort(1)
    table.select_keys([5])
    for _ in range(30):
        rows = [
            Thing(dice.randrange(400), "x", dice.choice([None, *range(9)]))
            for _ in range(dice.randrange(150))
        ]
        rows = list({row.key: row for row in rows if row.key != 5}.values())
        gone = [
            key for key in stored if key != 5 and dice.random() < 0.1 and key not in {row.key for row in rows}
        ]
        for key in gone:
            del stored[key]
        stored.update({row.key: row for row in rows})
        top = table.rowAt(0)
        model.update_rows(rows, gone)
        assert {row.key: row for row in model.rows()} == stored
        order = [(row.size is None, row.size or 0, row.key) for row in model.rows()]
        assert order == sorted(order)
        assert [row.key for row in table.selected_rows()] == [5]
        assert top >= 0
        for place, row in enumerate(model.rows()):
            assert model.place_of(row.key) == place
