"""The lead: schedules while it holds the lease, follows otherwise; all on the scheduler's thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from farmgui.execution.runner import Runner
from farmgui.scheduler.beat import Beat, Periodic
from farmgui.services.awake import KeepAwake
from farmgui.services.checkpoints import Checkpoints
from farmgui.services.dispatch import Dispatch
from farmgui.services.farm import Farm
from farmgui.services.holdings import Holdings
from farmgui.services.lease import Lease, LostLease
from farmgui.services.results import Results
from farmgui.services.rounds import Choices, Rounds, UsualChoices

_log = logging.getLogger(__name__)

WINDOW, RUN, BACKGROUND = "window", "run", "background"
LEASE_SECONDS = 2.0
REASONS_SECONDS = 0.25
CHECK_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Leading:
    """What a program may say of its own part: whether it leads, starts new work, keeps awake."""

    begun: bool = False
    """It has found out whether it leads."""
    leads: bool = False
    draining: bool = False
    keeps_awake: bool = False
    idle: bool = False
    """It leads, nothing runs, and of what is queued nothing can start."""
    handed_over: bool = False
    """A window asked this background run to hand over, and it did."""


@dataclass(slots=True)
class _Office:
    """What exists only while this program leads."""

    runner: Runner
    results: Results
    dispatch: Dispatch
    checkpoints: Checkpoints


class Lead:
    """One program's claim to schedule the farm.

    `kind` is "window", "run" or "background"; a background run hands over to a window that asks for it.
    `changed` is called on the scheduler's thread with each new `Leading`; `failed` with a defect there.
    """

    def __init__(
        self,
        farm: Farm,
        make_runner: Callable[[], Runner],
        log_folder: Path,
        *,
        kind: str,
        failed: Callable[[BaseException], None],
        changed: Callable[[Leading], None] = lambda _: None,
        awake: KeepAwake | None = None,
        nice: int = 0,
        choices: Choices | None = None,
    ) -> None:
        self._farm = farm
        self._make_runner = make_runner
        self._log_folder = log_folder
        self._nice = nice
        self._kind = kind
        self._lease = Lease(farm.database, kind)
        self._awake = awake or KeepAwake(lambda: False)
        self._changed = changed
        self._office: _Office | None = None
        self._draining = threading.Event()
        self._closing = False
        self.state = Leading()
        self._rounds = Rounds(farm.database, log_folder, choices or UsualChoices(), self._still_leads)
        periodic = (
            Periodic("lease", LEASE_SECONDS, self._keep_lease),
            Periodic("reasons", REASONS_SECONDS, self._tell_reasons),
            Periodic("check", CHECK_SECONDS, self._check),
            *self._rounds.periodic(),
        )
        self._beat = Beat(self._tick, periodic, failed=failed)

    def start(self) -> None:
        """Begin: claim the lease, or wait for it."""
        self._farm.changes.subscribe(self.wake)
        self._beat.start()

    def wake(self) -> None:
        """Ask for a tick as soon as can be; from any thread. One that closes takes in nothing more."""
        # Else agents that are done sooner than a tick would keep the beat from its end.
        if not self._closing:
            self._beat.wake()

    def finish(self) -> None:
        """Start nothing new from now on; what runs goes on to its end."""
        self._draining.set()
        self.wake()

    def stop_all(self, seconds: float = 30.0) -> bool:
        """End all running frames, which queue again or become what they were marked, and start nothing new.

        Blocks until their processes are gone; False when that took longer than `seconds`.
        """
        self.finish()
        news = threading.Event()
        deadline = time.monotonic() + seconds
        self._farm.changes.subscribe(news.set)
        try:
            while time.monotonic() < deadline:
                self._farm.jobs.end_running()
                if not any(row.counts.active for row in self._farm.queries.jobs()):
                    return True
                news.wait(0.5)
                news.clear()
        finally:
            self._farm.changes.unsubscribe(news.set)
        return False

    def take_settings(self) -> None:
        """Go by the periods that are chosen now."""
        for item in self._rounds.periodic():
            self._beat.set_period(item.name, item.seconds)

    def close(self, *, end_agent: bool) -> None:
        """Stop scheduling and let go of the lease; with `end_agent` the agent ends too."""
        self._farm.changes.unsubscribe(self.wake)
        # What the runner still tells while it closes may wake the beat once more: it must not lead again.
        self._closing = True
        self._rounds.stop()
        self._beat.stop(lambda: self._stand_down(end_agent=end_agent, release=True))

    def _tick(self) -> None:
        if self._office is None:
            self._claim()
        office = self._office
        if office is None:
            self._tell()
            return
        try:
            office.dispatch.tick(start_new=not self._draining.is_set(), results=office.results)
        except LostLease:
            self._stand_down(end_agent=False, release=False)
            return
        self._beat.wake_at(office.dispatch.next_time)
        self._awake.update(busy=office.dispatch.busy)
        self._tell()

    def _tell_reasons(self) -> None:
        if self._office is None or self._draining.is_set():
            return
        try:
            self._office.dispatch.tell_reasons()
        except LostLease:
            self._stand_down(end_agent=False, release=False)

    def _check(self) -> None:
        if self._office is not None and not self._office.dispatch.check():
            _log.warning("The open batches in memory were not those that are stored; they are read anew.")
            self.wake()

    def _keep_lease(self) -> None:
        if self._office is None:
            self._claim()
        elif self._lease.asked_to_yield():
            self._stand_down(end_agent=False, release=True)
            self._tell(handed_over=True)
        elif not self._lease.renew():
            self._stand_down(end_agent=False, release=False)

    def _claim(self) -> None:
        if self._closing or self.state.handed_over:
            return
        fence = self._lease.try_acquire()
        if fence is None:
            self._ask_background()
            return
        runner = self._make_runner()
        holdings = Holdings()
        results = Results(self._farm.database, runner, fence, self.wake, holdings=holdings, nice=self._nice)
        dispatch = Dispatch(
            self._farm.database,
            runner,
            fence,
            self._log_folder,
            holdings=holdings,
            nice=self._nice,
            rest=lambda: time.sleep(0),
        )
        checkpoints = Checkpoints(self._farm.database.path)
        self._office = _Office(runner, results, dispatch, checkpoints)
        runner.open(results, fence)
        self._tell()
        self.wake()

    def _ask_background(self) -> None:
        """A window takes the farm back from a run that went on in the background."""
        holder = self._lease.holder()
        if self._kind == WINDOW and holder is not None and holder.kind == BACKGROUND:
            self._lease.ask_to_yield()

    def _stand_down(self, *, end_agent: bool, release: bool) -> None:
        office, self._office = self._office, None
        if office is None:
            return
        office.runner.close(end_agent=end_agent)
        office.checkpoints.close()
        self._awake.update(busy=False)
        if release:
            self._lease.release()
        self._tell()

    def _still_leads(self) -> bool:
        """Called on other threads: another program may have taken over since the last beat."""
        return self._office is not None and self._lease.is_ours()

    def _tell(self, *, handed_over: bool = False) -> None:
        state = Leading(
            begun=True,
            leads=self._office is not None,
            draining=self._draining.is_set(),
            keeps_awake=self._awake.active,
            idle=self._office is not None and self._office.dispatch.idle,
            handed_over=handed_over or self.state.handed_over,
        )
        if state != self.state:
            self.state = state
            self._changed(state)
