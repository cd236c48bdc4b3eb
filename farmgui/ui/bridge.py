"""Has the farm read off the GUI thread when it has changed, and hands out what is new as signals."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from farmgui.services.updates import Kind, Reading, Update, Wanted
from farmgui.ui.background import Background, Lane, Outcome
from farmgui.ui.turns import Turns

if TYPE_CHECKING:
    from farmgui.services.farm import Farm

LEAST_GAP: Final = 0.25
"""Seconds between the starts of two readings, at least."""
READING_SHARE: Final = 0.2
"""The share of a processor's time that readings may take."""
MOST_GAP: Final = 5.0


class Bridge(QObject):
    """What is new of the farm as signals: the first change is read at once, those that follow are gathered.

    The signals of rows carry an `Update` each, in slices that take a few milliseconds to be shown. The next
    reading starts when all are out, at most every 0.25 s, and later still where reading is slow. A reading
    that failed is told once until one succeeds.
    """

    jobs_read = Signal(object)
    tasks_read = Signal(object)
    agents_read = Signal(object)
    summary_read = Signal(object)
    was_read = Signal()
    failed = Signal(str)
    _changed = Signal()
    _came = Signal(object)

    def __init__(self, farm: Farm, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._farm = farm
        self._watch = farm.watch()
        self._background = background
        self._wanted = Wanted()
        self._reading = False
        self._ended: Reading | None = None
        self._again = False
        self._at_once = False
        self._active = False
        self._told = ""
        self._started = 0.0
        self._gap = LEAST_GAP
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._read)
        self._changed.connect(self.refresh, Qt.ConnectionType.QueuedConnection)
        self._turns = Turns(self._hand_out, self)
        self._turns.idle.connect(self._finish)
        self._came.connect(self._turns.add, Qt.ConnectionType.QueuedConnection)
        self._signals = {
            Kind.JOBS: self.jobs_read,
            Kind.TASKS: self.tasks_read,
            Kind.AGENTS: self.agents_read,
        }
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
        """Say what is visible; what is new of it is read as soon as what led to it is painted."""
        if wanted != self._wanted:
            self._wanted = wanted
            if self._active:
                self._timer.start(0)

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
            self._at_once = True
            return
        self._reading, self._again, self._at_once = True, False, False
        self._started = time.monotonic()
        wanted, watch, tell = self._wanted, self._watch, self._came.emit
        self._background.run(
            lambda: watch.read(wanted, tell, lambda: self._wanted is wanted),
            self._take,
            label="reading the farm",
            lane=Lane.READ,
        )

    def _take(self, outcome: Outcome[Reading]) -> None:
        if outcome.error is not None:
            self._reading = False
            self._tell(str(outcome.error))
            self._gap = 2.0
            self.refresh()
            return
        self._ended = outcome.get()
        if self._turns.is_idle():
            self._finish()

    def _tell(self, text: str) -> None:
        if text != self._told:
            self._told = text
            self.failed.emit(text)

    def _hand_out(self, update: Update) -> None:
        self._signals[update.kind].emit(update)

    def _finish(self) -> None:
        """All that the last reading found is shown."""
        reading, self._ended = self._ended, None
        if reading is None:
            return
        self._reading = False
        self._told = ""
        # Somebody waits for what wasn't told yet.
        rest = reading.seconds / READING_SHARE if reading.whole else 0.0
        self._gap = min(MOST_GAP, max(LEAST_GAP, rest))
        self.summary_read.emit(reading.summary)
        self.was_read.emit()
        if self._at_once:
            self._read()
        elif self._again or not reading.whole:
            self._again = False
            self.refresh()
