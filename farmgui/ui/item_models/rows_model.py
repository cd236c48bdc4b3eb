"""A table of frozen rows, sorted and filtered here, that takes new rows as keyed differences."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    Qt,
    Signal,
)

from farmgui.ui import roles
from farmgui.ui.columns import Column
from farmgui.ui.item_models.arrangement import Arrangement, fill
from farmgui.ui.item_models.cells import Cells, alignment
from farmgui.ui.item_models.order import Entry
from farmgui.ui.item_models.placed_rows import Index, PlacedRows
from farmgui.ui.palette import Colours
from farmgui.ui.turns import Steps

Row = TypeVar("Row")

_NO_PARENT: Final = QModelIndex()
_ASCENDING: Final = Qt.SortOrder.AscendingOrder
_DESCENDING: Final = Qt.SortOrder.DescendingOrder
_HORIZONTAL: Final = Qt.Orientation.Horizontal
_FLAGS: Final = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
_EDITABLE: Final = _FLAGS | Qt.ItemFlag.ItemIsEditable

AT_ONCE: Final = 500
"""More rows than these are arranged anew a few milliseconds in each turn of the event loop."""


class RowsModel(PlacedRows, Generic[Row]):
    """Rows of one kind under `columns`; `key` tells which row is which from one reading to the next.

    `is_live` tells whether a row's live columns move with the clock. `on_edit` gets what a person typed
    into a cell, as (row, name, value); the cell changes when the stored value comes back.
    """

    arranged = Signal()
    """The rows are sorted and filtered as was asked for last."""

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        key: Callable[[Row], Hashable],
        parent: QObject | None = None,
        *,
        is_live: Callable[[Row], bool] | None = None,
        on_edit: Callable[[Row, str, object], None] | None = None,
    ) -> None:
        super().__init__(parent)
        self.columns: Final = tuple(columns)
        self._key = key
        self._is_live = is_live
        self._on_edit = on_edit
        self._rows: dict[Hashable, Row] = {}
        self._live: set[Hashable] = set()
        self._arrangement: Arrangement[Row] = Arrangement()
        self._wanted = self._arrangement
        """How the rows are arranged, and how they are to be."""
        self._steps = Steps(self)
        self._held = False
        self._pending: list[tuple[Sequence[Row], Collection[Hashable]]] = []
        self._cells: Final = Cells[Row]()

    # What Qt asks.

    def rowCount(self, parent: Index = _NO_PARENT) -> int:
        """The number of rows that the filter lets through."""
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: Index = _NO_PARENT) -> int:
        """The number of columns, hidden ones included."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = roles.DISPLAY) -> object:
        """The cell's answer for one of the roles of `farmgui.ui.roles`."""
        if not index.isValid():
            return None
        return self._cells.answer(self.columns[index.column()], self.row_at(index.row()), role)

    def multiData(self, index: Index, asked: Any) -> None:
        """What `data` answers for several roles, a QModelRoleDataSpan: a view paints a cell by seven of them.

        Each call from Qt may have to wait for the interpreter beside a busy scheduler.
        """
        if index.isValid():
            self._cells.answer_all(self.columns[index.column()], self.row_at(index.row()), asked)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = roles.DISPLAY) -> object:
        """The titles of the columns and what they mean."""
        if orientation != _HORIZONTAL or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == roles.DISPLAY:
            return column.title
        if role == roles.TOOL_TIP:
            return column.about or column.title
        if role == roles.ALIGNMENT:
            return alignment(column)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Cells can be selected; those of columns with `edit` can be changed."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        editable = self._on_edit is not None and self.columns[index.column()].edit is not None
        return _EDITABLE if editable else _FLAGS

    def setData(self, index: Index, value: object, role: int = roles.EDIT) -> bool:
        """Hand what was typed to `on_edit`; nothing changes here before it is stored."""
        if role != roles.EDIT or self._on_edit is None or not index.isValid():
            return False
        name = self.columns[index.column()].edit
        if name is None:
            return False
        self._on_edit(self.row_at(index.row()), name, value)
        return True

    def sort(self, column: int, order: Qt.SortOrder = _ASCENDING) -> None:
        """Sort by a column; -1 gives the order of the keys, which rows of one value have in any case."""
        by = self.columns[column] if 0 <= column < len(self.columns) else None
        self._wanted = replace(self._wanted, column=by, descending=order == _DESCENDING)
        self._arrange()

    # What views and the window ask.

    def row_at(self, position: int) -> Row:
        """The row shown at `position`."""
        return self._rows[self._order.entries[position][2]]

    def rows(self) -> list[Row]:
        """All rows shown, in their order."""
        return [self._rows[entry[2]] for entry in self._order.entries]

    def total(self) -> int:
        """The number of rows, those included that the filter hides."""
        return len(self._rows)

    def place_of(self, key: Hashable) -> int | None:
        """Where the row with `key` is shown; None where it isn't."""
        entry = self._entries.get(key)
        return None if entry is None else self._order.place(entry)

    def column_of(self, column_id: str) -> int:
        """The number of the column `column_id`; raises KeyError."""
        for number, column in enumerate(self.columns):
            if column.id == column_id:
                return number
        raise KeyError(column_id)

    def has_live_rows(self) -> bool:
        """Whether a row is at work, so that its live columns move with the clock."""
        return bool(self._live)

    def follow_clock(self) -> None:
        """Put the rows at work into their places where the order moves with the clock."""
        column = self._arrangement.column
        if column is None or not column.live or self._held or not self._steps.is_idle():
            return
        if len(self._live) > AT_ONCE:
            self._arrange()
            return
        moving = []
        for key in self._live & self._entries.keys():
            known, entry = self._entries[key], self._arrangement.entry(key, self._rows[key])
            if entry is not None and entry != known:
                moving.append((known, entry))
        self._move(moving)

    def set_colours(self, colours: Colours) -> None:
        """Paint tinted texts in the colours of another appearance."""
        self._cells.colours = colours
        if len(self._order):
            self._tell_between(0, len(self._order) - 1)

    def set_filter(self, accepts: Callable[[Row], bool] | None) -> None:
        """Show only the rows that `accepts` lets through."""
        self._wanted = replace(self._wanted, accepts=accepts)
        self._arrange()

    def hold(self, *, held: bool) -> None:
        """Keep rows and order as they are while a person points at them; then show what came meanwhile."""
        self._held = held
        if not held:
            pending, self._pending = self._pending, []
            for rows, gone in pending:
                self.update_rows(rows, gone)

    def update_rows(self, rows: Sequence[Row], gone: Collection[Hashable] = ()) -> None:
        """Take rows that came or changed, and drop those that are `gone`; others stay as they are.

        The views are told what came, went, changed and moved, and nothing else.
        """
        if self._held:
            self._pending.append((rows, gone))
        elif self._rows.keys() <= set(gone):
            self._replace_all(rows)
        else:
            self._remove([self._entries[key] for key in gone if key in self._entries])
            for key in gone:
                self._rows.pop(key, None)
                self._live.discard(key)
            self._take([row for row in rows if self._differs(row)])

    # How it is done.

    def _differs(self, row: Row) -> bool:
        known = self._rows.get(self._key(row))
        return known is not row and known != row

    def _arrange(self) -> None:
        """Have all rows arranged as is wanted; meanwhile they are kept as they are."""
        self._steps.begin(self._arranging(dict(self._rows)), at_once=len(self._rows) <= AT_ONCE)

    def _arranging(self, rows: Mapping[Hashable, Row]) -> Iterator[None]:
        wanted = self._wanted
        order = wanted.order()
        yield from fill(order, wanted.entries(rows.items()))
        entries = order.entries
        others = {key for key, row in self._rows.items() if rows.get(key) is not row}
        if others or len(rows) > len(self._rows):
            # They came, changed or went while the rest was arranged.
            entries = [entry for entry in entries if entry[2] in self._rows and entry[2] not in others]
            entries += wanted.entries((key, self._rows[key]) for key in others)
            entries = order.sorted(entries)
        self._arrangement = wanted
        self._show(order, entries)
        self.arranged.emit()

    def _replace_all(self, rows: Sequence[Row]) -> None:
        if not self._rows and not rows:
            return
        arranging = not self._steps.is_idle()
        self._steps.stop()
        self.beginResetModel()
        self._arrangement = self._wanted
        self._order = self._arrangement.order()
        self._rows, self._entries, self._live = {}, {}, set()
        for row in rows:
            key, entry = self._note(row)
            if entry is not None:
                self._entries[key] = entry
        self._order.entries = self._order.sorted(self._entries.values())
        self.endResetModel()
        if arranging:
            self.arranged.emit()

    def _note(self, row: Row) -> tuple[Hashable, Entry | None]:
        """Keep a row; gives its key, and by what it is placed where the filter lets it through."""
        key = self._key(row)
        self._rows[key] = row
        if self._is_live is not None:
            (self._live.add if self._is_live(row) else self._live.discard)(key)
        return key, self._arrangement.entry(key, row)

    def _take(self, rows: Sequence[Row]) -> None:
        """Keep these rows and show each in its place."""
        entering: list[Entry] = []
        leaving: list[Entry] = []
        moving: list[tuple[Entry, Entry]] = []
        changed: list[Hashable] = []
        for row in rows:
            key, entry = self._note(row)
            known = self._entries.get(key)
            if known is None:
                if entry is not None:
                    entering.append(entry)
            elif entry is None:
                leaving.append(known)
            else:
                changed.append(key)
                if entry != known:
                    moving.append((known, entry))
        self._remove(leaving)
        self._move(moving)
        self._tell_changed(changed)
        self._insert(entering)
