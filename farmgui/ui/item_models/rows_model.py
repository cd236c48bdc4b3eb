"""A table of frozen rows, sorted and filtered here, that takes new rows as keyed differences."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cache
from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QColor

from farmgui.ui import roles
from farmgui.ui.columns import Align, Column
from farmgui.ui.item_models.differences import come, gone, runs
from farmgui.ui.palette import DARK, Colours
from farmgui.ui.texts import plain_tip

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex

_NO_PARENT: Final = QModelIndex()
_ASCENDING: Final = Qt.SortOrder.AscendingOrder
_DESCENDING: Final = Qt.SortOrder.DescendingOrder
_HORIZONTAL: Final = Qt.Orientation.Horizontal
_LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT: Final = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_FLAGS: Final = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
_EDITABLE: Final = _FLAGS | Qt.ItemFlag.ItemIsEditable

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
        self._shown: list[Hashable] = []
        self._places: dict[Hashable, int] | None = None
        self._sort_keys: dict[Hashable, tuple[bool, Any]] = {}
        self._sort_column: Column[Row] | None = None
        self._descending = False
        self._filter: Callable[[Row], bool] | None = None
        self._held = False
        self._pending: Sequence[Row] | None = None
        self._colours = DARK
        self._answers: Final[dict[int, Callable[[Column[Row], Row], object]]] = {
            roles.DISPLAY: _text,
            roles.EDIT: _edit,
            roles.ALIGNMENT: _alignment,
            roles.TOOL_TIP: _tip,
            roles.FOREGROUND: self._foreground,
            roles.ROW: lambda _column, row: row,
            roles.VALUE: _value,
            roles.NAME: lambda column, _row: column.edit or column.id,
        }

    # What Qt asks.

    def rowCount(self, parent: Index = _NO_PARENT) -> int:
        """The number of rows that the filter lets through."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _NO_PARENT) -> int:
        """The number of columns, hidden ones included."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = roles.DISPLAY) -> object:
        """The cell's answer for one of the roles of `farmgui.ui.roles`."""
        answer = self._answers.get(role)
        if answer is None or not index.isValid():
            return None
        return answer(self.columns[index.column()], self._rows[self._shown[index.row()]])

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
            return _RIGHT if column.align is Align.RIGHT else _LEFT
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
        """Sort by a column; -1 gives the order in which the rows were read."""
        self._sort_column = self.columns[column] if 0 <= column < len(self.columns) else None
        self._descending = order == _DESCENDING
        self._sort_keys = self._keys_of(self._rows.items())
        self._rearrange(self._wanted())

    # What views and the window ask.

    def row_at(self, position: int) -> Row:
        """The row shown at `position`."""
        return self._rows[self._shown[position]]

    def rows(self) -> list[Row]:
        """All rows shown, in their order."""
        return [self._rows[key] for key in self._shown]

    def total(self) -> int:
        """The number of rows, those included that the filter hides."""
        return len(self._rows)

    def place_of(self, key: Hashable) -> int | None:
        """Where the row with `key` is shown; None where it isn't."""
        if self._places is None:
            self._places = {known: place for place, known in enumerate(self._shown)}
        return self._places.get(key)

    def column_of(self, column_id: str) -> int:
        """The number of the column `column_id`; raises KeyError."""
        for number, column in enumerate(self.columns):
            if column.id == column_id:
                return number
        raise KeyError(column_id)

    def has_live_rows(self) -> bool:
        """Whether a row is at work, so that its live columns move with the clock."""
        return self._is_live is not None and any(map(self._is_live, self._rows.values()))

    def set_colours(self, colours: Colours) -> None:
        """Paint tinted texts in the colours of another appearance."""
        self._colours = colours
        if self._shown:
            self._tell_changed([(0, len(self._shown) - 1)])

    def set_filter(self, accepts: Callable[[Row], bool] | None) -> None:
        """Show only the rows that `accepts` lets through."""
        self._filter = accepts
        self._show(self._wanted())

    def hold(self, *, held: bool) -> None:
        """Keep rows and order as they are while a person points at them; then show what came meanwhile."""
        self._held = held
        if not held and self._pending is not None:
            rows, self._pending = self._pending, None
            self.set_rows(rows)

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Take a new reading: tell the views what came, went, changed and moved, and nothing else."""
        if self._held:
            self._pending = rows
            return
        new = {self._key(row): row for row in rows}
        old = self._rows
        if not old.keys() & new.keys():
            self._replace_all(new)
            return
        changed = {key for key, row in new.items() if key in old and old[key] is not row and old[key] != row}
        fresh = new.keys() - old.keys()
        self._update_sort_keys(new, changed, fresh)
        wanted = self._wanted(new)
        self._remove(gone(self._shown, set(wanted)))
        self._rows = new
        if changed:
            self._tell_changed(runs(place for place, key in enumerate(self._shown) if key in changed))
        self._show(wanted)

    # How it is done.

    def _replace_all(self, new: dict[Hashable, Row]) -> None:
        if not self._rows and not new:
            return
        self.beginResetModel()
        self._rows = new
        self._sort_keys = self._keys_of(new.items())
        self._set_shown(self._wanted())
        self.endResetModel()

    def _keys_of(self, items: Iterable[tuple[Hashable, Row]]) -> dict[Hashable, tuple[bool, Any]]:
        column = self._sort_column
        return {} if column is None else {key: column.key(row) for key, row in items}

    def _update_sort_keys(
        self, new: dict[Hashable, Row], changed: set[Hashable], fresh: set[Hashable]
    ) -> None:
        column = self._sort_column
        if column is None:
            return
        for key in self._sort_keys.keys() - new.keys():
            del self._sort_keys[key]
        live = column.live and self._is_live is not None
        moving = {key for key, row in new.items() if live and self._is_live and self._is_live(row)}
        for key in changed | fresh | moving:
            self._sort_keys[key] = column.key(new[key])

    def _wanted(self, rows: dict[Hashable, Row] | None = None) -> list[Hashable]:
        rows = self._rows if rows is None else rows
        accepts = self._filter
        keys = list(rows) if accepts is None else [key for key, row in rows.items() if accepts(row)]
        if self._sort_column is None:
            return keys
        known = self._sort_keys
        present = [key for key in keys if not known[key][0]]
        present.sort(key=lambda key: known[key][1], reverse=self._descending)
        return present + [key for key in keys if known[key][0]]

    def _show(self, wanted: list[Hashable]) -> None:
        """Make `wanted` what is shown; all of its rows are known."""
        keep = set(wanted)
        self._remove(gone(self._shown, keep))
        shown = set(self._shown)
        self._rearrange([key for key in wanted if key in shown])
        self._insert(shown, wanted)

    def _remove(self, ranges: list[tuple[int, int]]) -> None:
        if len(ranges) > _MOST_RANGES:
            leaving = {key for first, last in ranges for key in self._shown[first : last + 1]}
            stay = [key for key in self._shown if key not in leaving]
            self._rearrange(stay + [key for key in self._shown if key in leaving])
            ranges = [(len(stay), len(self._shown) - 1)]
        for first, last in reversed(ranges):
            self.beginRemoveRows(_NO_PARENT, first, last)
            self._set_shown(self._shown[:first] + self._shown[last + 1 :])
            self.endRemoveRows()

    def _insert(self, shown: set[Hashable], wanted: list[Hashable]) -> None:
        ranges = come(shown, wanted)
        if len(ranges) > _MOST_RANGES:
            more = [key for key in wanted if key not in shown]
            self._insert_range(len(self._shown), more)
            self._rearrange(wanted)
            return
        for first, last in ranges:
            self._insert_range(first, wanted[first : last + 1])

    def _insert_range(self, first: int, keys: list[Hashable]) -> None:
        self.beginInsertRows(_NO_PARENT, first, first + len(keys) - 1)
        self._set_shown(self._shown[:first] + keys + self._shown[first:])
        self.endInsertRows()

    def _rearrange(self, wanted: list[Hashable]) -> None:
        """Put the rows that are shown into another order; what points at a row goes with it."""
        if wanted == self._shown:
            return
        self.layoutAboutToBeChanged.emit()
        kept = self.persistentIndexList()
        keys = [self._shown[index.row()] for index in kept]
        self._set_shown(wanted)
        moved = [
            self.index(self.place_of(key) or 0, index.column()) for key, index in zip(keys, kept, strict=True)
        ]
        self.changePersistentIndexList(kept, moved)
        self.layoutChanged.emit()

    def _set_shown(self, shown: list[Hashable]) -> None:
        self._shown = shown
        self._places = None

    def _tell_changed(self, ranges: list[tuple[int, int]]) -> None:
        if len(ranges) > _MOST_RANGES:
            ranges = [(ranges[0][0], ranges[-1][1])]
        last_column = len(self.columns) - 1
        for first, last in ranges:
            self.dataChanged.emit(self.index(first, 0), self.index(last, last_column))

    def _foreground(self, column: Column[Row], row: Row) -> object:
        tint = "" if column.tint is None else column.tint(row)
        return _colour(getattr(self._colours, tint)) if tint else None


def _text(column: Column[Row], row: Row) -> object:
    return column.text(row)


def _value(column: Column[Row], row: Row) -> object:
    return column.text(row) if column.value is None else column.value(row)


def _edit(column: Column[Row], row: Row) -> object:
    return _value(column, row) if column.edit is not None else None


def _alignment(column: Column[Row], _row: Row) -> object:
    return _RIGHT if column.align is Align.RIGHT else _LEFT


def _tip(column: Column[Row], row: Row) -> object:
    return plain_tip(column.text(row) if column.tip is None else column.tip(row))


@cache
def _colour(name: str) -> QColor:
    return QColor(name)
