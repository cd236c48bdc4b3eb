"""The docks around the jobs, and how they stand at first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QVBoxLayout, QWidget

from farmgui.ui.palette import Colours
from farmgui.ui.views.dock_title import DockTitle

_RIGHT: Final = Qt.DockWidgetArea.RightDockWidgetArea
_BOTTOM: Final = Qt.DockWidgetArea.BottomDockWidgetArea
_SIDE_WIDTH: Final = 300
_STRIP_HEIGHT: Final = 128
_LOWER_HEIGHT: Final = 300
_TASKS_SHARE: Final = 0.54
"""Of the room below the jobs; the log takes the rest."""


@dataclass(frozen=True, slots=True)
class Docks:
    """All docks of the window."""

    tasks: QDockWidget
    log: QDockWidget
    panel: QDockWidget
    agents: QDockWidget
    why: QDockWidget
    use: QDockWidget

    def all(self) -> tuple[QDockWidget, ...]:
        """In the order of the View menu."""
        return (self.tasks, self.log, self.panel, self.agents, self.why, self.use)

    def set_colours(self, colours: Colours) -> None:
        """Paint the title bars in another appearance."""
        for dock in self.all():
            title = dock.titleBarWidget()
            if isinstance(title, DockTitle):
                title.set_colours(colours)


def make_docks(
    window: QMainWindow,
    tasks: QWidget,
    log: QWidget,
    panel: QWidget,
    agents: QWidget,
    why: QWidget,
    use: QWidget,
) -> Docks:
    """Put these widgets into docks of `window`."""
    docks = Docks(
        tasks=_dock(window, "tasks_dock", "Tasks", tasks),
        log=_dock(window, "log_dock", "Log", log),
        panel=_dock(window, "panel_dock", "Job", panel),
        agents=_dock(window, "agents_dock", "Agents", agents),
        why=_dock(window, "why_dock", "Why", why),
        use=_dock(window, "use_dock", "Farm use", use),
    )
    window.setDockNestingEnabled(True)
    place_docks(window, docks)
    return docks


def place_docks(window: QMainWindow, docks: Docks) -> None:
    """The layout at first: tasks and log below the jobs, job panel, agents and use beside them."""
    for dock in docks.all():
        dock.setFloating(False)
        window.removeDockWidget(dock)
    window.addDockWidget(_RIGHT, docks.panel)
    # Split before tabs are made: a dock that is split off a tab becomes one more tab.
    window.splitDockWidget(docks.panel, docks.use, Qt.Orientation.Vertical)
    window.tabifyDockWidget(docks.panel, docks.agents)
    window.tabifyDockWidget(docks.agents, docks.why)
    window.addDockWidget(_BOTTOM, docks.tasks)
    window.splitDockWidget(docks.tasks, docks.log, Qt.Orientation.Horizontal)
    window.setCorner(Qt.Corner.BottomRightCorner, _RIGHT)
    for dock in docks.all():
        dock.show()
    docks.panel.raise_()
    size_docks(window, docks)


def size_docks(window: QMainWindow, docks: Docks) -> None:
    """Give the docks the shares of the window that they have at first."""
    window.resizeDocks([docks.panel], [_SIDE_WIDTH], Qt.Orientation.Horizontal)
    window.resizeDocks([docks.use], [_STRIP_HEIGHT], Qt.Orientation.Vertical)
    window.resizeDocks([docks.tasks], [_LOWER_HEIGHT], Qt.Orientation.Vertical)
    below = max(window.width() - _SIDE_WIDTH, 600)
    tasks = round(below * _TASKS_SHARE)
    window.resizeDocks([docks.tasks, docks.log], [tasks, below - tasks], Qt.Orientation.Horizontal)


def column_of(*widgets: QWidget) -> QWidget:
    """These widgets, one above the other."""
    column = QWidget()
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    for widget in widgets:
        layout.addWidget(widget)
    return column


def _dock(window: QMainWindow, name: str, title: str, widget: QWidget) -> QDockWidget:
    dock = QDockWidget(title, window)
    dock.setObjectName(name)
    dock.setWidget(widget)
    dock.setTitleBarWidget(DockTitle(dock))
    dock.toggleViewAction().setText(title)
    dock.setAcceptDrops(False)
    return dock
