"""What stands where in a table, and what its views are told when rows come, go, change and move."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex

from farmgui.ui.item_models.differences import runs
from farmgui.ui.item_models.order import Entry, Order

Index = QModelIndex | QPersistentModelIndex

_NO_PARENT: Final = QModelIndex()
_ROWS_ONLY: Final = QAbstractTableModel.LayoutChangeHint.VerticalSortHint
"""Columns keep their places: without this the header lays them all out anew, and the view paints all rows."""
_HINTED: Final = ("QList<QPersistentModelIndex>", "QAbstractItemModel::LayoutChangeHint")
"""The signals that tell of the layout, with a hint; the stubs don't know that a signal has several."""

_MOST_RANGES: Final = 40
"""Beyond so many scattered ranges one change of the layout is cheaper than one signal a range."""


class PlacedRows(QAbstractTableModel):
    """Entries in an order. Views are told narrowly, so that selection and scroll survive."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._order = Order()
        self._entries: dict[Hashable, Entry] = {}
        """By what each row that is shown is placed."""

    def _remove(self, leaving: Sequence[Entry]) -> None:
        ranges = runs(sorted(map(self._order.place, leaving)))
        if len(ranges) > _MOST_RANGES:
            keys = {entry[2] for entry in leaving}
            self._show(self._order, [entry for entry in self._order.entries if entry[2] not in keys])
            return
        for first, last in reversed(ranges):
            self._remove_range(first, last)

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
        fresh = {entry[2]: entry for _, entry in real}
        if len(real) > _MOST_RANGES + len(order) // 500:
            # Those that stay are in order: to sort the others in behind them is to look at each once.
            entries = [entry for entry in order.entries if entry[2] not in fresh]
            entries = order.sorted([*entries, *fresh.values()])
        else:
            entries = order.entries.copy()
            for known, _ in real:
                del entries[order.place(known, entries)]
            for _, entry in real:
                entries.insert(order.place(entry, entries), entry)

        def places(keys: Collection[Hashable]) -> dict[Hashable, int]:
            return {key: order.place(fresh.get(key) or self._entries[key], entries) for key in keys}

        self._change_layout(order, entries, fresh, places)

    def _insert(self, entering: Sequence[Entry]) -> None:
        coming = self._order.sorted(entering)
        ranges = runs(self._order.place(entry) + ahead for ahead, entry in enumerate(coming))
        if len(ranges) > _MOST_RANGES:
            self._show(self._order, self._order.sorted([*self._order.entries, *coming]))
            return
        taken = 0
        for first, last in ranges:
            number = last - first + 1
            self._insert_range(first, coming[taken : taken + number])
            taken += number

    def _show(self, order: Order, entries: list[Entry]) -> None:
        """Show these rows in this order, whatever was shown before."""
        shown = {entry[2]: entry for entry in entries}
        leaving = [entry for entry in self._order.entries if entry[2] not in shown]
        staying, entering = entries, []
        if len(entries) + len(leaving) > len(self._order):
            staying = [entry for entry in entries if entry[2] in self._entries]
            entering = [entry for entry in entries if entry[2] not in self._entries]
        self._lay_out(order, [*staying, *leaving])
        if leaving:
            # In one piece, from the end.
            self._remove_range(len(staying), len(order) - 1)
        if entering:
            self._insert_range(len(order), entering)
            self._lay_out(order, entries)

    def _lay_out(self, order: Order, entries: list[Entry]) -> None:
        def places(keys: Collection[Hashable]) -> dict[Hashable, int]:
            return {entry[2]: place for place, entry in enumerate(entries) if entry[2] in keys}

        self._change_layout(order, entries, {entry[2]: entry for entry in entries}, places)

    def _change_layout(
        self,
        order: Order,
        entries: list[Entry],
        fresh: Mapping[Hashable, Entry],
        places: Callable[[Collection[Hashable]], Mapping[Hashable, int]],
    ) -> None:
        """Show the same rows as `entries`, of which those in `fresh` are others than before.

        What points at a row goes with it to its new place, which `places` tells of some keys.
        """
        self.layoutAboutToBeChanged[_HINTED].emit([], _ROWS_ONLY)  # type: ignore[index]  # See _HINTED.
        kept = self.persistentIndexList()
        keys = [self._order.entries[index.row()][2] for index in kept]
        place = places(set(keys)) if keys else {}
        moved = [self.index(place[key], index.column()) for key, index in zip(keys, kept, strict=True)]
        self._entries.update(fresh)
        order.entries, self._order = entries, order
        self.changePersistentIndexList(kept, moved)
        self.layoutChanged[_HINTED].emit([], _ROWS_ONLY)  # type: ignore[index]  # See _HINTED.

    def _remove_range(self, first: int, last: int) -> None:
        self.beginRemoveRows(_NO_PARENT, first, last)
        for entry in self._order.entries[first : last + 1]:
            del self._entries[entry[2]]
        del self._order.entries[first : last + 1]
        self.endRemoveRows()

    def _insert_range(self, first: int, entries: Sequence[Entry]) -> None:
        self.beginInsertRows(_NO_PARENT, first, first + len(entries) - 1)
        self._order.entries[first:first] = entries
        self._entries.update((entry[2], entry) for entry in entries)
        self.endInsertRows()

    def _tell_changed(self, keys: Collection[Hashable]) -> None:
        """Say that these rows, which are shown, look otherwise than before."""
        ranges = runs(sorted(self._order.place(self._entries[key]) for key in keys))
        if len(ranges) > _MOST_RANGES:
            ranges = [(ranges[0][0], ranges[-1][1])]
        for first, last in ranges:
            self._tell_between(first, last)

    def _tell_between(self, first: int, last: int) -> None:
        self.dataChanged.emit(self.index(first, 0), self.index(last, self.columnCount() - 1))
