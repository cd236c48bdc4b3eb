"""Every action of the window in one table: it feeds menus, context menus, toolbar and shortcuts."""

from __future__ import annotations

from typing import Final

from farmgui.ui.action import Action, Area
from farmgui.ui.row_actions import AGENT_ACTIONS, JOB_ACTIONS, TASK_ACTIONS

FARM_ACTIONS: Final = (
    Action(
        "submit",
        "&Submit…",
        Area.FARM,
        lambda window, _: window.submit_files(),
        shortcut="Ctrl+O",
        icon="submit",
        tip="Choose scenes and submit them; or drop them on the window",
        toolbar=True,
    ),
    Action(
        "submit-command",
        "Submit a &command…",
        Area.FARM,
        lambda window, _: window.submit_command(),
        shortcut="Ctrl+N",
        tip="Submit a command line that runs once a frame",
    ),
    Action(
        "settings",
        "Se&ttings…",
        Area.FARM,
        lambda window, _: window.show_settings(),
        shortcut="Ctrl+,",
        icon="settings",
        group=1,
    ),
    Action(
        "close",
        "&Close",
        Area.FARM,
        lambda window, _: window.close(),
        shortcut="Ctrl+Q",
        group=2,
    ),
)


def _table(name: str, text: str, tip: str, group: int) -> Action:
    return Action(
        name, text, Area.TABLES, lambda window, _: window.dialogs.show_catalogue(name), tip=tip, group=group
    )


TABLE_ACTIONS: Final = (
    _table("queues", "&Queues…", "The places that share the farm, and what each may have", 0),
    _table("limits", "&Limits…", "Licences and whatever else there is only so much of", 0),
    _table("software", "&Software…", "Programs that jobs need and agents have, and the order of versions", 1),
    _table("tags", "&Tags…", "Labels of agents and jobs", 1),
    _table("path-maps", "&Path maps…", "One folder under the names that each system has for it", 1),
    _table("people", "&Users…", "Mail addresses and roles", 2),
)

VIEW_ACTIONS: Final = (
    Action(
        "filter",
        "&Filter the jobs",
        Area.VIEW,
        lambda window, _: window.focus_filter(),
        shortcut="Ctrl+F",
        icon="search",
    ),
    Action(
        "search-log",
        "Search the &log",
        Area.VIEW,
        lambda window, _: window.search_log(),
        shortcut="Ctrl+Shift+F",
    ),
    Action(
        "next-match",
        "&Next match in the log",
        Area.VIEW,
        lambda window, _: window.find_in_log(backward=False),
        shortcut="F3",
    ),
    Action(
        "previous-match",
        "&Previous match in the log",
        Area.VIEW,
        lambda window, _: window.find_in_log(backward=True),
        shortcut="Shift+F3",
    ),
    Action(
        "refresh",
        "&Refresh",
        Area.VIEW,
        lambda window, _: window.refresh(),
        shortcut="F5",
        icon="refresh",
        tip="Read everything again; it is done by itself whenever something changes",
        group=1,
    ),
)

ACTIONS: Final[tuple[Action, ...]] = (
    *FARM_ACTIONS,
    *JOB_ACTIONS,
    *TASK_ACTIONS,
    *AGENT_ACTIONS,
    *TABLE_ACTIONS,
    *VIEW_ACTIONS,
)
