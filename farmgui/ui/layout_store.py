"""Remembers the window's layout and the tables' columns, by name, in an INI file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QByteArray, QSettings, Qt
from PySide6.QtWidgets import QMainWindow

from farmgui.ui.editors.job_fields import JobFields
from farmgui.ui.views.table import TableView

_VERSION: Final = 1
_DESCENDING: Final = Qt.SortOrder.DescendingOrder
_ASCENDING: Final = Qt.SortOrder.AscendingOrder


class LayoutStore:
    """One INI file; without one nothing is remembered."""

    def __init__(self, file: Path | None) -> None:
        self._settings = None if file is None else QSettings(str(file), QSettings.Format.IniFormat)

    def save(self, window: QMainWindow, tables: Sequence[TableView[Any]], fields: JobFields) -> None:
        """Remember everything, and write the file."""
        for table in tables:
            self.save_table(table)
        self.save_window(window)
        self.save_unfolded(fields.unfolded())
        if self._settings is not None:
            self._settings.sync()

    def restore(self, window: QMainWindow, tables: Sequence[TableView[Any]], fields: JobFields) -> bool:
        """Make everything as it was; False where the places of window and docks aren't known."""
        for table in tables:
            self.restore_table(table)
        fields.unfold(self.unfolded())
        return self.restore_window(window)

    def save_window(self, window: QMainWindow) -> None:
        """Remember where the window and its docks are."""
        if self._settings is not None:
            self._settings.setValue("window/geometry", window.saveGeometry())
            self._settings.setValue("window/state", window.saveState(_VERSION))

    def restore_window(self, window: QMainWindow) -> bool:
        """Put the window and its docks where they were; False where that isn't known."""
        if self._settings is None:
            return False
        geometry, state = self._settings.value("window/geometry"), self._settings.value("window/state")
        if not isinstance(geometry, QByteArray) or not isinstance(state, QByteArray):
            return False
        window.restoreGeometry(geometry)
        return window.restoreState(state, _VERSION)

    def save_table(self, table: TableView[Any]) -> None:
        """Remember order, widths, visibility and sorting of the columns."""
        if self._settings is not None:
            self._settings.setValue(f"tables/{table.objectName()}", json.dumps(table_state(table)))

    def restore_table(self, table: TableView[Any]) -> None:
        """Give the table the columns that it had; columns that are new since then stay as they are."""
        if self._settings is None:
            return
        try:
            state = json.loads(str(self._settings.value(f"tables/{table.objectName()}", "")))
        except ValueError:
            return
        if isinstance(state, dict):
            apply_table_state(table, state)

    def save_unfolded(self, sections: Iterable[str]) -> None:
        """Remember which sections of the job panel are open."""
        if self._settings is not None:
            self._settings.setValue("panel/unfolded", json.dumps(sorted(sections)))

    def unfolded(self) -> frozenset[str] | None:
        """Which sections of the job panel were open; None where that isn't known."""
        if self._settings is None:
            return None
        try:
            names = json.loads(str(self._settings.value("panel/unfolded", "")))
        except ValueError:
            return None
        return frozenset(map(str, names)) if isinstance(names, list) else None


def table_state(table: TableView[Any]) -> dict[str, Any]:
    """Order, widths, visibility and sorting of the columns, by their ids."""
    header, columns = table.horizontalHeader(), table.rows_model().columns
    order = [columns[header.logicalIndex(place)].id for place in range(header.count())]
    widths = {
        column.id: header.sectionSize(number)
        for number, column in enumerate(columns)
        if not header.isSectionHidden(number)
    }
    sorted_by = header.sortIndicatorSection()
    return {
        "order": order,
        "widths": widths,
        "hidden": [column.id for number, column in enumerate(columns) if header.isSectionHidden(number)],
        "sort": columns[sorted_by].id if 0 <= sorted_by < len(columns) else None,
        "descending": header.sortIndicatorOrder() == _DESCENDING,
    }


def apply_table_state(table: TableView[Any], state: dict[str, Any]) -> None:
    """The reverse of `table_state`; what makes no sense is left out."""
    header = table.horizontalHeader()
    numbers = {column.id: number for number, column in enumerate(table.rows_model().columns)}
    place = 0
    for name in _strings(state.get("order")):
        if name in numbers:
            header.moveSection(header.visualIndex(numbers[name]), place)
            place += 1
    hidden = set(_strings(state.get("hidden"))) & numbers.keys()
    if len(hidden) < len(numbers):
        for name in _strings(state.get("order")):
            if name in numbers:
                header.setSectionHidden(numbers[name], name in hidden)
    widths = state.get("widths")
    for name, width in widths.items() if isinstance(widths, dict) else ():
        if name in numbers and isinstance(width, int) and 20 <= width <= 4000:
            header.resizeSection(numbers[name], width)
    if state.get("sort") in numbers:
        order = _DESCENDING if state.get("descending") is True else _ASCENDING
        table.sortByColumn(numbers[state["sort"]], order)


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
