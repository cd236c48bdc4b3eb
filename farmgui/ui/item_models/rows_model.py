"""A table of frozen rows, sorted and filtered here, that takes new rows as keyed differences."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from farmgui.ui import roles
from farmgui.ui.columns import Column
from farmgui.ui.item_models.cells import Cells, alignment
from farmgui.ui.item_models.differences import runs
from farmgui.ui.item_models.order import Entry, Order
from farmgui.ui.palette import Colours

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex

_NO_PARENT: Final = QModelIndex()
_ASCENDING: Final = Qt.SortOrder.AscendingOrder
_DESCENDING: Final = Qt.SortOrder.DescendingOrder
_HORIZONTAL: Final = Qt.Orientation.Horizontal
_FLAGS: Final = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
_EDITABLE: Final = _FLAGS | Qt.ItemFlag.ItemIsEditable

_ROWS_ONLY: Final = QAbstractTableModel.LayoutChangeHint.VerticalSortHint
"""Columns keep their places: without this the header lays them all out anew, and the view paints all rows."""
_HINTED: Final = ("QList<QPersistentModelIndex>", "QAbstractItemModel::LayoutChangeHint")
"""The signals that tell of the layout, with a hint; the stubs don't know that a signal has several."""

_MOST_RANGES: Final = 40
"""Beyond so many scattered ranges one change of the layout is cheaper than one signal a range."""


class RowsModel(QAbstractTableModel, Generic[Row]):
    """Rows of one kind under `columns`; `key` tells which row is which from one reading to the next.

    `is_live` tells whether a row's live columns move with the clock. `on_edit` gets what a person typed
    into a cell, as (row, name, value); the cell changes when the stored value comes back.
    """

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
        self._order = Order()
        self._entries: dict[Hashable, Entry] = {}
        """By what each row that is shown is placed."""
        self._live: set[Hashable] = set()
        self._sort_column: Column[Row] | None = None
        self._filter: Callable[[Row], bool] | None = None
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
        self._sort_column = self.columns[column] if 0 <= column < len(self.columns) else None
        sorting = Order(descending=order == _DESCENDING and self._sort_column is not None)
        entries = [self._entry(key, self._rows[key]) for key in self._entries]
        self._rearrange(sorting, sorting.sorted(entries))

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
        if self._sort_column is not None and self._sort_column.live and not self._held:
            known = [self._entries[key] for key in self._live if key in self._entries]
            fresh = [self._entry(entry[2], self._rows[entry[2]]) for entry in known]
            self._move([(old, new) for old, new in zip(known, fresh, strict=True) if old != new])

    def set_colours(self, colours: Colours) -> None:
        """Paint tinted texts in the colours of another appearance."""
        self._cells.colours = colours
        if len(self._order):
            self._tell_changed([(0, len(self._order) - 1)])

    def set_filter(self, accepts: Callable[[Row], bool] | None) -> None:
        """Show only the rows that `accepts` lets through."""
        self._filter = accepts
        shown = {key for key, row in self._rows.items() if accepts is None or accepts(row)}
        self._remove([entry for key, entry in self._entries.items() if key not in shown])
        fresh = shown - self._entries.keys()
        self._insert([self._entry(key, self._rows[key]) for key in fresh])

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

    def _entry(self, key: Hashable, row: Row) -> Entry:
        column = self._sort_column
        missing, value = (False, None) if column is None else column.key(row)
        return missing, value, key

    def _replace_all(self, rows: Sequence[Row]) -> None:
        if not self._rows and not rows:
            return
        self.beginResetModel()
        self._rows, self._entries, self._live = {}, {}, set()
        self._order.entries = []
        for row in rows:
            key, entry = self._note(row)
            if entry is not None:
                self._entries[key] = entry
        self._order.entries = self._order.sorted(self._entries.values())
        self.endResetModel()

    def _note(self, row: Row) -> tuple[Hashable, Entry | None]:
        """Keep a row; gives its key, and by what it is placed where the filter lets it through."""
        key = self._key(row)
        self._rows[key] = row
        if self._is_live is not None:
            (self._live.add if self._is_live(row) else self._live.discard)(key)
        shown = self._filter is None or self._filter(row)
        return key, self._entry(key, row) if shown else None

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
        self._tell_changed(runs(sorted(self._order.place(self._entries[key]) for key in changed)))
        self._insert(entering)

    def _remove(self, leaving: Sequence[Entry]) -> None:
        ranges = runs(sorted(map(self._order.place, leaving)))
        if len(ranges) > _MOST_RANGES:
            stay = len(self._order) - len(leaving)
            self._put_last(leaving)
            ranges = [(stay, len(self._order) - 1)]
        for first, last in reversed(ranges):
            self.beginRemoveRows(_NO_PARENT, first, last)
            for entry in self._order.entries[first : last + 1]:
                del self._entries[entry[2]]
            del self._order.entries[first : last + 1]
            self.endRemoveRows()

    def _put_last(self, leaving: Sequence[Entry]) -> None:
        """Put what leaves behind all others, so that it goes in one piece."""
        going = {entry[2] for entry in leaving}
        stay = [entry for entry in self._order.entries if entry[2] not in going]
        behind = {entry[2]: place for place, entry in enumerate(leaving, len(stay))}

        def place(key: Hashable) -> int:
            return behind[key] if key in behind else self._order.place(self._entries[key], stay)

        self._change_layout(self._order, [*stay, *leaving], place, {})

    def _move(self, moving: Sequence[tuple[Entry, Entry]]) -> None:
        order = self._order
        real = []
        for known, entry in moving:
            place = order.place(known)
            if order.fits(place, entry):
                order.entries[place] = self._entries[entry[2]] = entry
            else:
                real.append((known, entry))
        if not real:
            return
        if len(real) > _MOST_RANGES + len(order) // 500:
            new = dict(real)
            entries = order.sorted(new.get(entry, entry) for entry in order.entries)
        else:
            entries = order.entries.copy()
            for known, _ in real:
                del entries[order.place(known, entries)]
            for _, entry in real:
                entries.insert(order.place(entry, entries), entry)
        self._rearrange(order, entries, [entry for _, entry in real])

    def _rearrange(self, order: Order, entries: list[Entry], changed: Iterable[Entry] | None = None) -> None:
        """Put the rows into another order; `changed` are those placed by something new, by default all."""
        fresh = {entry[2]: entry for entry in (entries if changed is None else changed)}

        def place(key: Hashable) -> int:
            return order.place(fresh.get(key) or self._entries[key], entries)

        self._change_layout(order, entries, place, fresh)

    def _change_layout(
        self,
        order: Order,
        entries: list[Entry],
        place: Callable[[Hashable], int],
        fresh: Mapping[Hashable, Entry],
    ) -> None:
        """Show the same rows as `entries`; what points at a row goes with it to its new `place`."""
        self.layoutAboutToBeChanged[_HINTED].emit([], _ROWS_ONLY)  # type: ignore[index]  # See _HINTED.
        kept = self.persistentIndexList()
        keys = [self._order.entries[index.row()][2] for index in kept]
        moved = [self.index(place(key), index.column()) for key, index in zip(keys, kept, strict=True)]
        self._entries.update(fresh)
        order.entries, self._order = entries, order
        self.changePersistentIndexList(kept, moved)
        self.layoutChanged[_HINTED].emit([], _ROWS_ONLY)  # type: ignore[index]  # See _HINTED.

    def _insert(self, entering: Sequence[Entry]) -> None:
        coming = self._order.sorted(entering)
        places = [self._order.place(entry) + ahead for ahead, entry in enumerate(coming)]
        ranges = runs(places)
        if len(ranges) > _MOST_RANGES:
            end = len(self._order)
            self._insert_range(end, coming)
            self._rearrange(self._order, self._order.sorted(self._order.entries), ())
            return
        taken = 0
        for first, last in ranges:
            number = last - first + 1
            self._insert_range(first, coming[taken : taken + number])
            taken += number

    def _insert_range(self, first: int, entries: Sequence[Entry]) -> None:
        self.beginInsertRows(_NO_PARENT, first, first + len(entries) - 1)
        self._order.entries[first:first] = entries
        self._entries.update((entry[2], entry) for entry in entries)
        self.endInsertRows()

    def _tell_changed(self, ranges: list[tuple[int, int]]) -> None:
        if len(ranges) > _MOST_RANGES:
            ranges = [(ranges[0][0], ranges[-1][1])]
        last_column = len(self.columns) - 1
        for first, last in ranges:
            self.dataChanged.emit(self.index(first, 0), self.index(last, last_column))
