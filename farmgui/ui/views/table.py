"""The table that all lists share: whole rows selected, columns sorted, moved and hidden by the header."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from farmgui.ui.columns import Paint
from farmgui.ui.delegates import ProgressDelegate, StateDelegate, ValueDelegate
from farmgui.ui.item_models.rows_model import RowsModel
from farmgui.ui.palette import colours_of
from farmgui.ui.views.row_paints import RowPaints

Row = TypeVar("Row")

ROW_HEIGHT: Final = 26
_SELECT_ROWS: Final = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
_HORIZONTAL: Final = Qt.Orientation.Horizontal
_SETTLE: Final = 60
"""Milliseconds in which changes of the selection are gathered: dragging over 1,000 rows is one change."""


class TableView(QTableView, Generic[Row]):
    """A view of a RowsModel. `selected` is emitted when the selection or the data of its rows changed."""

    selected = Signal()
    menu_asked = Signal(QPoint)

    def __init__(self, model: RowsModel[Row], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = model
        self._empty_text = ""
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE)
        self._settle.timeout.connect(self._tell_selected)
        self._told: list[Row] | None = None
        self._paints = RowPaints(self, model.row_at)
        self._set_up_view()
        self.setModel(model)
        self._set_up_header()
        self._set_up_delegates()
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self._repaint_live)
        self._clock.start()
        model.modelReset.connect(self._settle.start)
        model.dataChanged.connect(self._settle.start)
        self.customContextMenuRequested.connect(self._ask_menu)

    def rows_model(self) -> RowsModel[Row]:
        """The model, with its own type."""
        return self._rows

    def _tell_selected(self) -> None:
        """Tell it, unless the rows that changed are others."""
        rows = self.selected_rows()
        if self._told is None or not _same(rows, self._told):
            self._told = rows
            self.selected.emit()

    def set_empty_text(self, text: str) -> None:
        """What is painted where there are no rows."""
        self._empty_text = text
        if not self._rows.rowCount():
            self.viewport().update()

    def selected_rows(self) -> list[Row]:
        """The selected rows in the order shown."""
        places: set[int] = set()
        for part in self.selectionModel().selection().toList():
            places.update(range(part.top(), part.bottom() + 1))
        return [self._rows.row_at(place) for place in sorted(places)]

    def select_keys(self, keys: Sequence[Any]) -> None:
        """Select the rows with `keys` that are shown, and no others; the first one is made visible."""
        chosen, first = QItemSelection(), None
        last = self._rows.columnCount() - 1
        for key in keys:
            place = self._rows.place_of(key)
            if place is not None:
                first = place if first is None else first
                chosen.select(self._rows.index(place, 0), self._rows.index(place, last))
        self.selectionModel().select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if first is not None:
            index = self._rows.index(first, self.first_column())
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.scrollTo(index)

    def first_column(self) -> int:
        """The number of the leftmost column that is shown."""
        header = self.horizontalHeader()
        order = (header.logicalIndex(place) for place in range(header.count()))
        return next((number for number in order if not header.isSectionHidden(number)), 0)

    def sort_by(self, column_id: str, *, descending: bool = False) -> None:
        """Sort by a column."""
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        self.sortByColumn(self._rows.column_of(column_id), order)

    def set_column_shown(self, column_id: str, *, shown: bool) -> None:
        """Show or hide a column."""
        self.horizontalHeader().setSectionHidden(self._rows.column_of(column_id), not shown)

    def edit_selected(self, column_id: str) -> None:
        """Open the editor of a column in the first selected row."""
        rows = self.selectionModel().selectedRows()
        if rows:
            self.set_column_shown(column_id, shown=True)
            self.edit(rows[0].siblingAtColumn(self._rows.column_of(column_id)))

    def header_menu(self) -> QMenu:
        """The menu that shows and hides columns."""
        menu = QMenu(self)
        header = self.horizontalHeader()
        shown = [number for number in range(header.count()) if not header.isSectionHidden(number)]
        for number, column in enumerate(self._rows.columns):
            action = QAction(column.title, menu, checkable=True, checked=number in shown)
            action.setToolTip(column.about)
            action.setEnabled(shown != [number])
            action.toggled.connect(lambda on, number=number: header.setSectionHidden(number, not on))
            menu.addAction(action)
        menu.addSeparator()
        menu.addAction("Columns as at first", self.restore_columns)
        return menu

    def restore_columns(self) -> None:
        """Columns, widths and order as they are at first."""
        header = self.horizontalHeader()
        for number, column in enumerate(self._rows.columns):
            header.moveSection(header.visualIndex(number), number)
            header.resizeSection(number, column.width)
            header.setSectionHidden(number, not column.shown)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows, or the words that stand in their place."""
        event = self._paints.part_of(event)
        super().paintEvent(event)
        self._paints.note(event.region())
        if self._empty_text and self._rows.rowCount() == 0:
            painter = QPainter(self.viewport())
            painter.setPen(QColor(colours_of(self.palette()).dim))
            room = self.viewport().rect().adjusted(24, 12, -24, -12)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._empty_text)
            painter.end()

    def showEvent(self, event: QShowEvent) -> None:
        """Repaint what moved with the clock meanwhile."""
        super().showEvent(event)
        self._repaint_live()

    def dataChanged(
        self,
        first: QModelIndex | QPersistentModelIndex,
        last: QModelIndex | QPersistentModelIndex,
        roles: Sequence[int] = (),
    ) -> None:
        """Paint changed rows a few at a time: beside a busy scheduler all of them would take too long."""
        if self.state() == QAbstractItemView.State.EditingState or first == last:
            super().dataChanged(first, last, list(roles))
        else:
            self._paints.look()

    def doItemsLayout(self) -> None:
        """Rows came, went or moved: paint those that stand where others stood, not all that is in view."""
        self.updateGeometries()
        # Qt stops them while rows go, and goes on with them in what this replaces.
        self.verticalHeader().setUpdatesEnabled(True)
        self._paints.look()

    def paint_rows(self) -> None:
        """Paint all rows in view anew, a few at a time."""
        self._paints.forget()

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """Gather changes before they are told."""
        super().selectionChanged(selected, deselected)
        self._settle.start()

    def _set_up_view(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        rows = self.verticalHeader()
        rows.hide()
        rows.setMinimumSectionSize(ROW_HEIGHT)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def _set_up_header(self) -> None:
        header = self.horizontalHeader()
        # A header asks row by row whether columns are selected: it gets an empty selection of its own.
        header.setSelectionModel(QItemSelectionModel(self._rows, header))
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(36)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._show_header_menu)
        self.restore_columns()
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)

    def _set_up_delegates(self) -> None:
        for number, column in enumerate(self._rows.columns):
            if column.paint is Paint.STATE:
                self.setItemDelegateForColumn(number, StateDelegate(self))
            elif column.paint is Paint.PROGRESS:
                self.setItemDelegateForColumn(number, ProgressDelegate(self))
            elif column.edit is not None:
                self.setItemDelegateForColumn(number, ValueDelegate(column.edit, self))

    def _show_header_menu(self, place: QPoint) -> None:
        menu = self.header_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.horizontalHeader().mapToGlobal(place))

    def _ask_menu(self, place: QPoint) -> None:
        if self.indexAt(place).isValid():
            self.menu_asked.emit(self.viewport().mapToGlobal(place))

    def _repaint_live(self) -> None:
        if not self.isVisible() or not self._rows.has_live_rows():
            return
        self._rows.follow_clock()
        for number, column in enumerate(self._rows.columns):
            if column.live and not self.isColumnHidden(number):
                left, width = self.columnViewportPosition(number), self.columnWidth(number)
                self.viewport().update(QRect(left, 0, width, self.viewport().height()))


def _same(some: Sequence[object], others: Sequence[object]) -> bool:
    return len(some) == len(others) and all(one is other for one, other in zip(some, others, strict=True))


def index_of(view: TableView[Any], key: Any, column_id: str) -> QModelIndex:
    """The index of a cell, by the row's key and the column's id; invalid where it isn't shown."""
    model = view.rows_model()
    place = model.place_of(key)
    return QModelIndex() if place is None else model.index(place, model.column_of(column_id))


def rows_as_text(view: TableView[Any]) -> str:
    """The selected rows as they are shown: a line each, tabs between the columns, titles above."""
    header, columns = view.horizontalHeader(), view.rows_model().columns
    order = (header.logicalIndex(place) for place in range(header.count()))
    shown = [columns[number] for number in order if not header.isSectionHidden(number)]
    lines = ["\t".join(column.title for column in shown)]
    lines += ["\t".join(column.text(row) for column in shown) for row in view.selected_rows()]
    return "\n".join(lines)
