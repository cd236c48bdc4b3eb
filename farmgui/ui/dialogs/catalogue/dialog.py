"""One table of the Farm menu: its rows, a button for each thing that can be done, all off the GUI thread."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from farmgui.ui.background import Background, Lane, Outcome
from farmgui.ui.delegates.state_delegate import state_icon
from farmgui.ui.dialogs.alive import if_alive
from farmgui.ui.dialogs.catalogue.form import FormDialog
from farmgui.ui.dialogs.catalogue.parts import Catalogue, Deed, Entry, Values
from farmgui.ui.dialogs.confirm import confirm
from farmgui.ui.dialogs.parts import plain_label
from farmgui.ui.editors.elided_label import plain_tip
from farmgui.ui.editors.field_note import FieldNote

if TYPE_CHECKING:
    from farmgui.services.farm import Farm

_READ_EVERY: Final = 2000
"""Milliseconds; what is in use changes by itself."""
_KEY: Final = Qt.ItemDataRole.UserRole
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_WIDEST: Final = 320
_NARROWEST: Final = 56
_ROW_HEIGHT: Final = 24


class CatalogueDialog(QDialog):
    """Shows `catalogue` of `farm` and stays beside the window; what was selected stays through a reading."""

    def __init__(
        self, catalogue: Catalogue, farm: Farm, background: Background, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(catalogue.title)
        self._catalogue, self._farm, self._background = catalogue, farm, background
        self._entries: tuple[Entry, ...] | None = None
        self._select = ""
        self.tree = self._tree()
        self.said = plain_label(dim=True)
        self.note = FieldNote(self)
        self.buttons: dict[str, QPushButton] = {}
        self._lay_out()
        self._timer = QTimer(self, interval=_READ_EVERY)
        self._timer.timeout.connect(self.read)
        self._timer.start()
        self.resize(780, 420)
        self._offer()
        self.read()

    def read(self) -> None:
        """Read the rows again."""
        farm, catalogue = self._farm, self._catalogue
        self._background.run(
            lambda: catalogue.read(farm),
            if_alive(self, self._take),
            label=f"reading {catalogue.title.lower()}",
            lane=Lane.READ,
        )

    def entries(self) -> tuple[Entry, ...]:
        """What was read last."""
        return self._entries or ()

    def selected(self) -> Entry | None:
        """The selected row."""
        items = self.tree.selectedItems()
        return self._entry(str(items[0].data(0, _KEY))) if items else None

    def select(self, key: str) -> None:
        """Select the row with this key."""
        for item in _items(self.tree):
            if item.data(0, _KEY) == key:
                self.tree.setCurrentItem(item)

    def do(self, deed: Deed) -> None:
        """Ask what `deed` needs to know, then do it."""
        entry = self.selected()
        if not deed.enabled(entry):
            return
        if deed.form is not None:
            self._fill_in(deed, entry)
        elif deed.question is not None and entry is not None:
            title, text = deed.question(entry)
            verb = deed.text.replace("&", "").removesuffix("…")
            if confirm(self, title, text, (), verb) is not None:
                self._run(deed, entry)
        else:
            self._run(deed, entry)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens a row, Delete removes it."""
        for deed in self._catalogue.deeds:
            enter = deed.on_enter and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2)
            if (enter or (deed.on_delete and event.key() == Qt.Key.Key_Delete)) and self.tree.hasFocus():
                self.do(deed)
                return
        super().keyPressEvent(event)

    # How it is done.

    def _fill_in(self, deed: Deed, entry: Entry | None) -> None:
        if deed.form is None:
            return
        farm = self._farm
        form = FormDialog(
            deed.form(entry, self.entries()),
            lambda values: deed.work(farm, entry, values),
            self._background,
            self,
        )
        form.accepted.connect(lambda: self._done(form.values()))
        form.finished.connect(form.deleteLater)
        form.open()

    def _done(self, values: Values) -> None:
        name, above = str(values.get("name", "") or ""), str(values.get("parent", ""))
        self._select = f"{above.rstrip('/')}/{name}" if above else name
        self.note.say("")
        self.read()

    def _run(self, deed: Deed, entry: Entry | None) -> None:
        def done(outcome: Outcome[object]) -> None:
            self.note.say(str(outcome.error) if outcome.error is not None else "", "error")
            self.read()

        farm = self._farm
        self._background.run(
            lambda: deed.work(farm, entry, {}),
            if_alive(self, done),
            label=f"{deed.text}",
            lane=Lane.COMMAND,
        )

    def _take(self, outcome: Outcome[tuple[Entry, ...]]) -> None:
        if outcome.error is not None:
            self.note.say(str(outcome.error), "error")
            return
        entries = outcome.get()
        if entries == self._entries:
            return
        before = self.selected()
        place = self.tree.verticalScrollBar().value()
        first = self._entries is None
        self._entries = entries
        self.tree.clear()
        for entry in entries:
            self.tree.addTopLevelItem(self._item(entry))
        self.tree.expandAll()
        self.tree.verticalScrollBar().setValue(place)
        self.said.setText("" if entries else self._catalogue.empty)
        self.said.setVisible(not entries)
        if before is not None:
            self.select(before.key)
        if self._select:
            self.select(self._select)
            self._select = ""
        if first:
            self._fit()
        self._offer()

    def _fit(self) -> None:
        # The last one takes what is left.
        for column in range(self.tree.columnCount() - 1):
            self.tree.resizeColumnToContents(column)
            self.tree.setColumnWidth(column, min(self.tree.columnWidth(column) + 12, _WIDEST))
        self.tree.setColumnWidth(self.tree.columnCount() - 1, _NARROWEST)

    def _offer(self) -> None:
        entry = self.selected()
        for deed in self._catalogue.deeds:
            self.buttons[deed.text].setEnabled(deed.enabled(entry))

    def _entry(self, key: str) -> Entry | None:
        return next((entry for entry in _all(self.entries()) if entry.key == key), None)

    def _item(self, entry: Entry) -> QTreeWidgetItem:
        item = QTreeWidgetItem(list(entry.cells))
        item.setData(0, _KEY, entry.key)
        # On the last column, whose width doesn't follow from what is in it.
        item.setSizeHint(len(entry.cells) - 1, QSize(0, _ROW_HEIGHT))
        for column in range(len(entry.cells)):
            item.setToolTip(column, plain_tip(entry.tip or entry.cells[column]))
        for column in self._catalogue.numbers:
            item.setTextAlignment(column, _RIGHT)
        if entry.mark:
            item.setIcon(0, state_icon(entry.mark, self.palette()))
        for child in entry.children:
            item.addChild(self._item(child))
        return item

    def _tree(self) -> QTreeWidget:
        tree = QTreeWidget(self)
        tree.setAccessibleName(self._catalogue.title)
        tree.setHeaderLabels(list(self._catalogue.columns))
        tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        tree.setAlternatingRowColors(True)
        tree.setUniformRowHeights(True)
        tree.header().setStretchLastSection(True)
        tree.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for column in self._catalogue.numbers:
            tree.headerItem().setTextAlignment(column, _RIGHT)
        tree.itemSelectionChanged.connect(self._offer)
        tree.itemDoubleClicked.connect(lambda _item, _column: self._open())
        # A row is edited by the form, not folded by a double click.
        tree.setExpandsOnDoubleClick(False)
        return tree

    def _open(self) -> None:
        for deed in self._catalogue.deeds:
            if deed.on_enter:
                self.do(deed)

    def _lay_out(self) -> None:
        side = QVBoxLayout()
        side.setSpacing(6)
        for deed in self._catalogue.deeds:
            button = QPushButton(deed.text, self)
            button.setAutoDefault(False)
            button.setToolTip(plain_tip(deed.tip))
            button.clicked.connect(lambda _checked=False, deed=deed: self.do(deed))
            side.addWidget(button)
            self.buttons[deed.text] = button
        side.addStretch(1)
        self.tree.setRootIsDecorated(False)
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addWidget(self.tree, 1)
        middle.addLayout(side)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
        close.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(plain_label(self._catalogue.about, dim=True))
        layout.addLayout(middle, 1)
        layout.addWidget(self.said)
        layout.addWidget(self.note)
        layout.addWidget(close)


def _all(entries: tuple[Entry, ...]) -> Iterator[Entry]:
    for entry in entries:
        yield entry
        yield from _all(entry.children)


def _items(tree: QTreeWidget) -> Iterator[QTreeWidgetItem]:
    waiting = [tree.topLevelItem(place) for place in range(tree.topLevelItemCount())]
    while waiting:
        item = waiting.pop()
        if item is not None:
            yield item
            waiting += [item.child(place) for place in range(item.childCount())]
