"""What a window is told of the farm: what changed, in parts that are taken in between two paints."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from farmgui.domain.snapshots import FarmSummary

PART: Final = 100
"""Rows that are made at one go: some two milliseconds."""
PAUSE: Final = 0.001


class Kind(StrEnum):
    """Rows of which table."""

    JOBS = "jobs"
    TASKS = "tasks"
    AGENTS = "agents"


@dataclass(frozen=True, slots=True)
class Update:
    """Rows that are new or may have changed, and the keys of those that are no more, or not wanted."""

    kind: Kind
    rows: Sequence[Any] = ()
    gone: Collection[Hashable] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is visible, and so worth reading."""

    jobs: bool = True
    task_jobs: tuple[int, ...] = ()
    """The jobs whose tasks are shown."""
    agents: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """How one reading ended."""

    summary: FarmSummary
    whole: bool = True
    """All was told; else the next reading goes on where this one stopped."""
    seconds: float = 0.0
    """The time that the processor worked for it."""


Tell = Callable[[Update], None]


def in_parts(rows: Any) -> Iterator[Sequence[Any]]:
    """What a statement finds, a few rows at a time; between them others have the interpreter.

    A thread that makes rows without a pause leaves the window's thread half of the time.
    """
    for part in rows.partitions(PART):
        yield part
        time.sleep(PAUSE)
