"""Rows of what the farm knows beside jobs and agents: queues' values, limits, software, people, path maps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from farmgui.domain.requirements import Per


@dataclass(frozen=True, slots=True)
class LimitRow:
    """What the whole farm has only so much of."""

    name: str
    amount: int
    per: Per
    notes: str = ""
    in_use: int = 0
    jobs: int = 0
    """Unfinished jobs that name it."""
    known: bool = True
    """False for a name that jobs give and nobody has defined: these jobs wait."""


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version of a program; a higher `rank` is newer."""

    version: str
    rank: int
    default: bool = False
    agents: int = 0
    """Agents that have it."""


@dataclass(frozen=True, slots=True)
class SoftwareRow:
    """A program, with its versions from the oldest to the newest."""

    name: str
    versions: tuple[VersionRow, ...] = ()


@dataclass(frozen=True, slots=True)
class TagRow:
    """A label, and how many jobs carry it, agents carry it and jobs ask for it."""

    name: str
    jobs: int = 0
    agents: int = 0
    asked_by: int = 0


@dataclass(frozen=True, slots=True)
class PathMapRow:
    """One place under the names that each system has for it; `tag`: for agents with it only."""

    id: int
    linux: str
    windows: str
    mac: str
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class UserRow:
    """A person, and what they may do."""

    name: str
    email: str | None = None
    active: bool = True
    expiration: datetime | None = None
    roles: tuple[str, ...] = ()
    jobs: int = 0


@dataclass(frozen=True, slots=True)
class RoleRow:
    """What people may do, by name."""

    name: str
    active: bool = True
    expiration: datetime | None = None
    description: str = ""
    users: int = 0


@dataclass(frozen=True, slots=True)
class GroupRow:
    """Jobs that are shown together."""

    id: int
    title: str
    jobs: int = 0
