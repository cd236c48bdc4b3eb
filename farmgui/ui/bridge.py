"""Reads the farm off the GUI thread when it has changed and hands the rows to the window as signals."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from farmgui.domain.snapshots import AgentRow, FarmSummary, JobRow, TaskRow
from farmgui.ui.background import Background, Lane, Outcome

if TYPE_CHECKING:
    from farmgui.services.farm import Farm

LEAST_GAP: Final = 0.2
"""Seconds between the starts of two readings, at least."""
READING_SHARE: Final = 0.2
"""The share of the time that readings may take."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is visible, and so worth reading."""

    jobs: bool = True
    task_jobs: tuple[int, ...] = ()
    """The jobs whose tasks are shown."""
    agents: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading found; None for what wasn't asked for."""

    summary: FarmSummary
    jobs: list[JobRow] | None = None
    tasks: list[TaskRow] | None = None
    agents: list[AgentRow] | None = None
    wanted: Wanted = field(default_factory=Wanted)
    seconds: float = 0.0


class Bridge(QObject):
    """The farm's rows as signals: the first change is read at once, those that follow are gathered.

    A reading starts at most every 0.2 s, and later still where reading is slow, so that at most a fifth
    of the time goes into it. A reading that failed is told once until one succeeds.
    """

    jobs_read = Signal(object)
    tasks_read = Signal(object)
    agents_read = Signal(object)
    summary_read = Signal(object)
    was_read = Signal()
    failed = Signal(str)
    _changed = Signal()

    def __init__(self, farm: Farm, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._farm = farm
        self._background = background
        self._wanted = Wanted()
        self._reading = False
        self._again = False
        self._active = False
        self._told = ""
        self._started = 0.0
        self._gap = LEAST_GAP
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._read)
        self._changed.connect(self.refresh, Qt.ConnectionType.QueuedConnection)
        self._subscribed = False

    def start(self) -> None:
        """Begin to read, now and whenever something was stored."""
        self._active = True
        if not self._subscribed:
            self._subscribed = True
            self._farm.changes.subscribe(self._note_change)
        self.refresh()

    def stop(self) -> None:
        """Read nothing until started again: nobody looks."""
        self._active = False
        self._timer.stop()

    def close(self) -> None:
        """Stop for good."""
        self.stop()
        if self._subscribed:
            self._subscribed = False
            self._farm.changes.unsubscribe(self._note_change)

    def want(self, wanted: Wanted) -> None:
        """Say what is visible; what is new of it is read at once."""
        if wanted != self._wanted:
            self._wanted = wanted
            self._read()

    def want_tasks(self, job_ids: Sequence[int]) -> None:
        """Say which jobs' tasks are shown."""
        self.want(replace(self._wanted, task_jobs=tuple(job_ids)))

    def want_agents(self, wanted: bool) -> None:
        """Say whether agents are shown."""
        self.want(replace(self._wanted, agents=wanted))

    def refresh(self) -> None:
        """Read soon: at once where the last reading is long enough ago."""
        if self._active and not self._timer.isActive():
            left = self._started + self._gap - time.monotonic()
            if self._reading:
                self._again = True
            elif left <= 0:
                self._read()
            else:
                self._timer.start(max(1, round(left * 1000)))

    def _note_change(self, *_what: object) -> None:
        """Called on the thread that watches the database: it may only signal."""
        self._changed.emit()

    def _read(self) -> None:
        if not self._active:
            return
        self._timer.stop()
        if self._reading:
            self._again = True
            return
        self._reading, self._again = True, False
        self._started = time.monotonic()
        wanted, farm = self._wanted, self._farm
        self._background.run(lambda: read(farm, wanted), self._take, label="reading the farm", lane=Lane.READ)

    def _take(self, outcome: Outcome[Reading]) -> None:
        self._reading = False
        if outcome.error is not None:
            self._tell(str(outcome.error))
            self._gap = 2.0
            self._again = True
        else:
            self._hand_out(outcome.get())
        if self._again:
            self._again = False
            self.refresh()

    def _tell(self, text: str) -> None:
        if text != self._told:
            self._told = text
            self.failed.emit(text)

    def _hand_out(self, reading: Reading) -> None:
        self._told = ""
        self._gap = max(LEAST_GAP, reading.seconds / READING_SHARE)
        self.summary_read.emit(reading.summary)
        if reading.jobs is not None:
            self.jobs_read.emit(reading.jobs)
        if reading.tasks is not None and reading.wanted.task_jobs == self._wanted.task_jobs:
            self.tasks_read.emit(reading.tasks)
        if reading.agents is not None:
            self.agents_read.emit(reading.agents)
        self.was_read.emit()
        if reading.wanted != self._wanted:
            self._read()


def read(farm: Farm, wanted: Wanted) -> Reading:
    """One reading of what is `wanted`; called on a thread of its own."""
    began = time.monotonic()
    queries = farm.queries
    jobs = queries.jobs() if wanted.jobs else None
    tasks = queries.tasks(wanted.task_jobs) if wanted.task_jobs else []
    agents = queries.agents() if wanted.agents else None
    summary = queries.farm()
    return Reading(summary, jobs, tasks, agents, wanted, time.monotonic() - began)
