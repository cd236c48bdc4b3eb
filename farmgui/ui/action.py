"""What an action is: data, from which menus, toolbar and shortcuts are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from farmgui.ui.commands import Commands
from farmgui.ui.farm_dialogs import FarmDialogs
from farmgui.ui.selection import Selection


class Area(StrEnum):
    """What an action acts on, and so where its shortcut is heard."""

    FARM = "farm"
    JOBS = "jobs"
    TASKS = "tasks"
    AGENTS = "agents"
    TABLES = "tables"
    VIEW = "view"


class Window(Protocol):
    """What actions ask of the window."""

    commands: Commands
    dialogs: FarmDialogs

    def submit_files(self) -> None: ...
    def submit_command(self) -> None: ...
    def copy_rows(self, area: Area) -> None: ...
    def show_log(self) -> None: ...
    def focus_filter(self) -> None: ...
    def search_log(self) -> None: ...
    def find_in_log(self, *, backward: bool) -> None: ...
    def refresh(self) -> None: ...
    def show_settings(self) -> None: ...
    def show_about(self) -> None: ...
    def close(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a person can do; `group` puts a line between it and those of another group."""

    id: str
    text: str
    area: Area
    command: Callable[[Window, Selection], object]
    enabled: Callable[[Selection], bool] = lambda _selection: True
    shortcut: str = ""
    icon: str = ""
    tip: str = ""
    group: int = 0
    toolbar: bool = False
