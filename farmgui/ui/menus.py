"""The menu bar and the toolbar, filled from the table of actions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QDockWidget, QMenu, QToolBar

from farmgui.ui.action import Area
from farmgui.ui.action_set import ActionSet

if TYPE_CHECKING:
    from farmgui.ui.window import MonitorWindow

_WITH_TEXT: Final = frozenset({"submit"})


def make_tool_bar(window: MonitorWindow, actions: ActionSet) -> QToolBar:
    """The actions that are at hand: submitting, and what is done to jobs."""
    bar = QToolBar("Toolbar", window)
    bar.setObjectName("toolbar")
    bar.setMovable(False)
    bar.setIconSize(QSize(16, 16))
    bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
    last: tuple[Area, int] | None = None
    for area in (Area.FARM, Area.JOBS):
        for action in actions.of(area, toolbar=True):
            if last is not None and last != (area, action.group):
                bar.addSeparator()
            last = (area, action.group)
            made = actions.action(action.id)
            made.setIconText(action.text.replace("&", "").removesuffix("…"))
            bar.addAction(made)
    window.addToolBar(bar)
    return bar


def fill_menu_bar(window: MonitorWindow, actions: ActionSet, docks: Sequence[QDockWidget]) -> None:
    """File, Job, Task, Agent, Farm, View and Help."""
    bar = window.menuBar()
    for title, area in (
        ("&File", Area.FARM),
        ("&Job", Area.JOBS),
        ("&Task", Area.TASKS),
        ("&Agent", Area.AGENTS),
        ("Far&m", Area.TABLES),
    ):
        actions.fill(bar.addMenu(title), area)
    view = actions.fill(bar.addMenu("&View"), Area.VIEW)
    view.addSeparator()
    for dock in docks:
        view.addAction(dock.toggleViewAction())
    view.addSeparator()
    _add_appearance(view.addMenu("&Appearance"), window)
    view.addAction("Layout as at &first", window.restore_layout)
    bar.addMenu("&Help").addAction("&About farmgui…", window.show_about)


def _add_appearance(menu: QMenu, window: MonitorWindow) -> None:
    group = QActionGroup(menu)
    for name, text in (("dark", "&Dark"), ("light", "&Light")):
        action = menu.addAction(text)
        action.setCheckable(True)
        action.triggered.connect(lambda _checked=False, name=name: window.set_appearance(name))
        action.setData(name)
        group.addAction(action)

    def check() -> None:
        for action in group.actions():
            action.setChecked(action.data() == window.appearance())

    menu.aboutToShow.connect(check)
