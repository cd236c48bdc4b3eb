"""The scheduler's thread: APScheduler calls the tick and the periodic work, and whoever has news wakes it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_ERROR
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

TICK = "tick"
_WAKE = "wake"


@dataclass(frozen=True, slots=True)
class Periodic:
    """Work that is done every `seconds`, on the scheduler's thread or on the one that is named."""

    name: str
    seconds: float
    work: Callable[[], None]
    thread: str = "default"
    first: float | None = None
    """Seconds from the beginning to the first time; None: the period."""


class Beat:
    """Runs `tick` when woken, and every `net` seconds in case that a wake was lost; and the periodic work.

    It runs on one thread, one thing at a time, so that nothing in it needs a lock; periodic work that names
    another thread runs there, beside it. An error is a defect: `failed` is told, on its thread, and the beat
    goes on.
    """

    def __init__(
        self,
        tick: Callable[[], None],
        periodic: tuple[Periodic, ...] = (),
        *,
        failed: Callable[[BaseException], None],
        net: float = 5.0,
    ) -> None:
        self._tick = tick
        self._lock = threading.Lock()
        self._dirty = False
        self._asked = False
        self._running = False
        self._next: datetime | None = None
        self._scheduler = BackgroundScheduler(
            logger=_logger(),
            timezone=UTC,
            executors={
                name: ThreadPoolExecutor(1) for name in ("default", *(item.thread for item in periodic))
            },
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
            daemon=True,
        )
        # A wake between a run's last look at the flag and its end would be dropped: it gets a run of its own,
        # which comes after the first, as there is one thread.
        self._job = self._scheduler.add_job(self._run, "interval", seconds=net, id=TICK, max_instances=2)
        for item in periodic:
            first = item.seconds if item.first is None else item.first
            self._scheduler.add_job(
                item.work,
                "interval",
                seconds=item.seconds,
                id=item.name,
                executor=item.thread,
                next_run_time=datetime.now(UTC) + timedelta(seconds=first),
            )
        self._scheduler.add_listener(lambda event: failed(event.exception), EVENT_JOB_ERROR)

    def start(self) -> None:
        """Begin; the first tick comes at once."""
        self._scheduler.start()
        self.wake()

    def wake(self) -> None:
        """Ask for a tick as soon as can be; from any thread, also while a tick runs."""
        with self._lock:
            self._dirty = True
            # APScheduler drops a run that is due while the same job runs; the flag keeps it.
            if self._running or self._asked or not self._scheduler.running:
                return
            self._asked = True
        # A stopped scheduler knows the job no more, and nobody waits for the tick.
        with suppress(JobLookupError):
            self._job.modify(next_run_time=datetime.now(UTC))

    def wake_at(self, time: datetime | None) -> None:
        """Ask for a tick at `time` too, and no longer at the one asked for before; None: at none."""
        if time == self._next or not self._scheduler.running:
            return
        self._next = time
        if time is not None:
            self._scheduler.add_job(self.wake, "date", run_date=time, id=_WAKE, replace_existing=True)
            return
        # It may have come just now.
        with suppress(JobLookupError):
            self._scheduler.remove_job(_WAKE)

    def set_period(self, name: str, seconds: float) -> None:
        """Do the periodic work `name` every `seconds` from now on."""
        # A stopped scheduler knows it no more.
        with suppress(JobLookupError):
            job = self._scheduler.get_job(name)
            if job is not None and job.trigger.interval != timedelta(seconds=seconds):
                job.reschedule("interval", seconds=seconds)

    def stop(self, last: Callable[[], None] = lambda: None) -> None:
        """Wait for the work under way, do `last` on the same thread, and end the thread."""
        if not self._scheduler.running:
            last()
            return
        done = threading.Event()

        def finish() -> None:
            try:
                last()
            finally:
                done.set()

        self._scheduler.add_job(finish)
        done.wait()
        self._scheduler.shutdown(wait=True)

    def _run(self) -> None:
        with self._lock:
            self._running, self._asked, self._dirty = True, False, True
        try:
            while self._take_dirty():
                self._tick()
        finally:
            with self._lock:
                self._running = False

    def _take_dirty(self) -> bool:
        with self._lock:
            dirty, self._dirty = self._dirty, False
            if not dirty:
                self._running = False
            return dirty


def _logger() -> logging.Logger:
    """APScheduler's, without its warning that work is left out while the same work goes on.

    That is as it should be, and beside a server that doesn't answer it would come every few seconds.
    """
    logger = logging.getLogger(f"{__name__}.apscheduler")
    logger.setLevel(logging.ERROR)
    return logger
