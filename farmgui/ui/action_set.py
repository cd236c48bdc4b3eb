"""The Qt actions made of the table of actions, enabled by what is selected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from farmgui.ui.action import Action, Area, Window
from farmgui.ui.actions import ACTIONS
from farmgui.ui.icons import icon
from farmgui.ui.palette import Colours
from farmgui.ui.selection import Selection
from farmgui.ui.views.table import TableView

_IN_WINDOW: Final = frozenset({Area.FARM, Area.VIEW, Area.TABLES})
_IN_TABLE: Final = Qt.ShortcutContext.WidgetWithChildrenShortcut
_WINDOW: Final = Qt.ShortcutContext.WindowShortcut


class ActionSet:
    """One QAction for each Action; the same one stands in menus, context menus and the toolbar."""

    def __init__(self, window: Window, parent: QWidget, actions: Sequence[Action] = ACTIONS) -> None:
        self._window = window
        self._actions = {action.id: action for action in actions}
        self._made = {action.id: self._make(action, parent) for action in actions}
        self._selection = Selection()
        self.select(self._selection)

    def action(self, action_id: str) -> QAction:
        """The Qt action with this id; raises KeyError."""
        return self._made[action_id]

    def select(self, selection: Selection) -> None:
        """Enable what can be done with `selection`, which triggered actions then get."""
        self._selection = selection
        for action_id, action in self._actions.items():
            self._made[action_id].setEnabled(action.enabled(selection))

    def of(self, area: Area, *, toolbar: bool = False) -> list[Action]:
        """The actions of an area; with `toolbar` those alone that stand there."""
        every = (action for action in self._actions.values() if action.area is area)
        return [action for action in every if action.toolbar or not toolbar]

    def fill(self, menu: QMenu, area: Area) -> QMenu:
        """Add the actions of an area to `menu`, with a line between groups."""
        group: int | None = None
        for action in self.of(area):
            if group is not None and action.group != group:
                menu.addSeparator()
            group = action.group
            menu.addAction(self._made[action.id])
        menu.setToolTipsVisible(True)
        return menu

    def open_menu(self, table: TableView[Any], area: Area, place: QPoint) -> None:
        """Open the context menu of a table; rows keep their places while it is open."""
        menu = self.fill(QMenu(table), area)
        model = table.rows_model()
        model.hold(held=True)
        menu.aboutToHide.connect(lambda: model.hold(held=False))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def listen_in(self, widget: QWidget, area: Area) -> None:
        """Let the shortcuts of an area be heard while the focus is in `widget`."""
        for action in self.of(area):
            widget.addAction(self._made[action.id])

    def set_colours(self, colours: Colours) -> None:
        """Paint the icons in another appearance."""
        for action_id, action in self._actions.items():
            if action.icon:
                self._made[action_id].setIcon(icon(action.icon, colours))

    def _make(self, action: Action, parent: QWidget) -> QAction:
        made = QAction(action.text, parent)
        made.setObjectName(action.id)
        if action.shortcut:
            made.setShortcut(QKeySequence(action.shortcut))
            made.setShortcutContext(_WINDOW if action.area in _IN_WINDOW else _IN_TABLE)
        made.setToolTip(_tip(action))
        made.setStatusTip("")
        made.triggered.connect(lambda _checked=False: action.command(self._window, self._selection))
        return made


def _tip(action: Action) -> str:
    name = action.text.replace("&", "").removesuffix("…")
    key = f" ({QKeySequence(action.shortcut).toString(QKeySequence.SequenceFormat.NativeText)})"
    head = name + (key if action.shortcut else "")
    return f"{head}\n{action.tip}" if action.tip else head
