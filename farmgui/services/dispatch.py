"""Gives work to agents: looks at the farm, has the policy decide, commits, and only then tells the runner."""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import update
from sqlalchemy.orm import Session

from farmgui.domain.orders import BatchOrder
from farmgui.domain.states import AgentState, AttemptState
from farmgui.execution.runner import Runner
from farmgui.models import Agent
from farmgui.scheduler.decide import assign
from farmgui.scheduler.farm import Decision, Grant
from farmgui.scheduler.reasons import why_waiting
from farmgui.scheduler.view import eligible
from farmgui.services import news
from farmgui.services.assigning import Assigning, Written
from farmgui.services.bulk import Driver, parts, stored_time
from farmgui.services.database import QUIET, Database
from farmgui.services.holdings import Holdings
from farmgui.services.lead_sights import LeadSights
from farmgui.services.lease import check_fence
from farmgui.services.look import Look
from farmgui.services.mirror import NOTHING, Mirror
from farmgui.services.orders import Orders
from farmgui.services.results import Results
from farmgui.services.tally import Settled, Tally
from farmgui.services.waiting import Turns

AT_ONCE: Final = 500
"""Batches stored in one transaction: others want to write too, and the window to paint."""

_WAITING: Final = (
    "UPDATE jobs SET waiting = ?, waiting_since = coalesce(waiting_since, ?) "
    # A job that was paused or deleted since the farm was read doesn't wait any more.
    "WHERE id = ? AND state = 'queued' AND NOT to_be_deleted"
)
_STOPPING: Final = (
    "SELECT agent_id, token FROM attempts WHERE state IN ('assigned', 'running') AND stop_as IS NOT NULL"
)
_NOT_HEARD: Final = "the agent wasn't heard of for too long"
_NOTHING: Final = Decision((), {})


class _Seen(NamedTuple):
    """What a look at the database found."""

    look: Look
    to_stop: Mapping[str, Sequence[str]]
    """The tokens whose end was asked for, by agent."""


class Dispatch:
    """Assigns tasks for the lead that holds the fencing token `fence`; on one thread.

    `holdings` are the open batches that it shares with the results; `rest` is called between two parts of
    long work, so that other threads get their turn.
    """

    def __init__(
        self,
        database: Database,
        runner: Runner,
        fence: int,
        log_folder: Path,
        *,
        holdings: Holdings,
        nice: int = 0,
        rest: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._runner = runner
        self._fence = fence
        self._log_folder = log_folder.absolute()
        self._orders = Orders(nice)
        self._holdings = holdings
        self._mirror = Mirror(holdings)
        self._sights = LeadSights(database, runner, fence, self._mirror)
        self._resting: frozenset[str] = frozenset()
        self._rest = rest
        self._clock = clock
        self._turns = Turns()
        self._last = _NOTHING
        self._decided = False
        self._told: frozenset[str] = frozenset()
        self._apart = False
        """The last tick failed: results and new work are stored one after the other, lest both fail again."""
        self.busy = False
        """Whether work runs, or could run, as the last tick saw it."""
        self.idle = False
        """Whether the last tick found nothing that runs, can start or will start by itself."""
        self.next_time: datetime | None = None
        """When something may start that may not now: a retry that waits, a job that is to begin later."""

    def tick(self, *, start_new: bool = True, results: Results | None = None) -> int:
        """Start what can be started, and pass on what is to be stopped. Returns the number of tasks started.

        What came to `results` is taken in before. Without `start_new` nothing new is started. Raises
        LostLease where another program leads by now.
        """
        time = self._clock()
        started = 0
        seen = None
        if results is not None and start_new and self._mirror.is_known and not self._apart:
            self._apart = True
            seen, started = self._take_and_give(results, time)
        elif results is not None:
            results.take()
        if seen is None:
            seen = self._look(time)
        self._apart = False
        if results is not None:
            self._hear(results, time)
        self._give_up(seen.look, time)
        self._let_rest(time)
        while start_new and (grants := self._decide()):
            started += self._give(grants, time)
        self._sights.ask(time)
        self._turns.add(self._sights.changed())
        self._stop(seen.to_stop)
        if start_new:
            held = self._turns.at_once(self._mirror.is_held)
            self._tell({job_id: self._mirror.hold(job_id) for job_id in held}, time)
        mirror = self._mirror
        later = mirror.next_time()
        times = (later, self._sights.next_time())
        self.next_time = min((moment for moment in times if moment is not None), default=None)
        startable = bool(mirror.startable)
        self.busy = self._holdings.any or startable or later is not None
        may_wait = startable and (not mirror.agents_there or self._sights.awaits(time))
        self.idle = not (self._holdings.any or started or (start_new and (may_wait or later)))
        return started

    def tell_reasons(self) -> int:
        """Store why some further jobs wait, where that changed; returns how many jobs were asked.

        To be called some times a second: all jobs get their turn.
        """
        jobs = self._turns.in_turn(self._mirror.waiting)
        self._tell_reasons(jobs, self._clock())
        return len(jobs)

    def check(self) -> bool:
        """Whether the open batches in memory are those that are stored; if not, they are read anew."""
        with self._database.reading() as session:
            return self._holdings.check(session)

    def _take_and_give(self, results: Results, time: datetime) -> tuple[_Seen | None, int]:
        """Store what came and what is given out in its place, in one transaction; None where nothing came.

        Two would write most pages twice. Nothing is acknowledged or sent before it is committed.
        """
        with results.taking() as pile:
            if pile is None:
                return None, 0
            with self._writing() as session:
                check_fence(session, self._fence)
                alone = self._mirror.is_current(session)
                tally = results.store(session, pile, time)
                known: Settled = NOTHING
                if alone and not tally.elsewhere:
                    # The jobs are written once, with what is given out of them.
                    known = tally.derive(session, time)
                else:
                    tally.settle(session, time)
                seen = self._see(session, time, known)
                grants = self._decide()
                written, settled = self._put(session, tally, grants[:AT_ONCE], time)
        self._mirror.wrote_jobs(settled)
        started = self._send(written)
        return seen, started + self._give(grants[AT_ONCE:], time, written)

    def _look(self, time: datetime) -> _Seen:
        """Bring the mirror up to date."""
        with self._database.reading() as session:
            return self._see(session, time)

    def _see(self, session: Session, time: datetime, settled: Settled = NOTHING) -> _Seen:
        look = self._mirror.refresh(session, time, settled)
        look.changed |= self._sights.take(session, look, time)
        if look.whole:
            # It stays: to look all of it through for garbage again and again takes a fifth of a second.
            gc.freeze()
        self._turns.add(look.jobs)
        if look.changed:
            self._turns.ask_all()
            self._decided = False
            # What it granted is at work in the view by now.
            self._last = Decision((), self._last.kept)
        return _Seen(look, _to_stop(session))

    def _give_up(self, look: Look, time: datetime) -> None:
        """Agents that weren't heard for too long are offline; in the end what they have is run elsewhere.

        What an agent says of it later is refused, and it is told to end it.
        """
        # On a farm of one, nobody else could run what it has.
        missing = look.missing if self._mirror.agents_there else ()
        lost = {agent_id: tokens for agent_id in missing if (tokens := self._holdings.tokens_on(agent_id))}
        if not (look.silent or lost):
            return
        tally = Tally()
        with self._writing() as session:
            check_fence(session, self._fence)
            if look.silent:
                session.execute(
                    update(Agent).where(Agent.id.in_(look.silent)).values(state=AgentState.OFFLINE)
                )
            for agent_id, tokens in lost.items():
                words = news.ended(tokens, agent_id, AttemptState.LOST, _NOT_HEARD, time)
                news.put(session, tally, words, time)
            tally.settle(session, time)
        self._holdings.close(tally.ended)

    def _decide(self) -> list[Grant]:
        """What is to be given out, what is of one job together; nothing where nothing changed since."""
        if self._decided:
            return []
        self._last, self._decided = assign(self._mirror.view, self._resting), True
        # Each job is counted once in a transaction.
        return sorted(self._last.grants, key=attrgetter("job_id"))

    def _hear(self, results: Results, time: datetime) -> None:
        """Take in what agents answered to questions what they see."""
        answers = results.sights()
        if answers:
            # The view isn't told anew of what it doesn't know yet.
            self._mirror.put_batches()
            if self._sights.hear(answers, time):
                self._decided = False

    def _let_rest(self, time: datetime) -> None:
        """Leave agents out that are being asked what they see, and let others of them take part again."""
        before, self._resting = self._resting, self._sights.resting(time)
        if before - self._resting:
            self._decided = False

    def _give(self, grants: Sequence[Grant], time: datetime, before: Written | None = None) -> int:
        """Store grants and tell the agents, part by part. Returns how many tasks that are.

        Pairs that come to nothing, there and in what was written `before`, are decided again without.
        """
        started, written = 0, [] if before is None else [before]
        for some in parts(grants, AT_ONCE):
            written.append(self._write(some, time))
            started += self._send(written[-1])
            self._rest()
        refused = set().union(*(one.refused for one in written))
        unseen = [pair for one in written for pair in one.unseen]
        if refused or unseen:
            self._mirror.put_batches()
            if unseen:
                refused |= self._sights.want(unseen, time)
                self._let_rest(time)
            self._mirror.avoid(refused)
            self._decided = False
        return started

    def _write(self, grants: Sequence[Grant], time: datetime) -> Written:
        tally = Tally()
        with self._writing() as session:
            check_fence(session, self._fence)
            alone = self._mirror.is_current(session)
            written, settled = self._put(session, tally, grants, time)
            session.info[QUIET] = not settled
        if alone and settled:
            self._mirror.wrote_jobs(settled)
        return written

    def _put(
        self, session: Session, tally: Tally, grants: Sequence[Grant], time: datetime
    ) -> tuple[Written, Settled]:
        """Put grants on tasks and jobs, in the transaction of `session`; the holdings are told at once."""
        assigning = Assigning(
            session, tally, self._orders, self._eligible, self._log_folder, self._fence, time, self._sights
        )
        written = assigning.write(grants)
        settled = tally.settle(session, time)
        for name, batch in written.opened:
            self._holdings.open(name, batch)
        return written, settled

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        """A transaction after whose failure nobody knows what is stored."""
        try:
            with self._database.sessions.begin() as session:
                yield session
        except BaseException:
            self._holdings.doubt()
            raise

    def _eligible(self, job_id: int) -> Collection[str]:
        return eligible(self._mirror.view, job_id)

    def _send(self, written: Written) -> int:
        """Tell agents what they are to run. Returns how many tasks that are."""
        by_agent: dict[str, list[BatchOrder]] = {}
        for agent_id, order in written.orders:
            by_agent.setdefault(agent_id, []).append(order)
        for agent_id, orders in by_agent.items():
            # Where there is no connection, reconciling with the agent's next inventory sends them again.
            self._runner.start(agent_id, orders)
        return sum(len(order.tasks) for _, order in written.orders)

    def _stop(self, to_stop: Mapping[str, Sequence[str]]) -> None:
        """Tell each stop once; an agent that wasn't connected hears of it when it is reconciled."""
        for agent_id, tokens in to_stop.items():
            new = [token for token in tokens if token not in self._told]
            if new:
                self._runner.stop(agent_id, new)
        self._told = frozenset(token for tokens in to_stop.values() for token in tokens)

    def _tell_reasons(self, jobs: Sequence[int], time: datetime) -> None:
        """Ask why these jobs wait, and store it where that isn't what is stored already."""
        if jobs:
            self._tell(why_waiting(self._mirror.view, jobs, self._last), time)

    def _tell(self, reasons: Mapping[int, str], time: datetime) -> None:
        stored = self._mirror.waiting
        changed = {job_id: reason for job_id, reason in reasons.items() if stored[job_id] != reason}
        if not changed:
            return
        now = stored_time(time)
        with self._writing() as session:
            check_fence(session, self._fence)
            alone = self._mirror.is_current(session)
            Driver(session).many(_WAITING, [(reason, now, job_id) for job_id, reason in changed.items()])
        if alone:
            self._mirror.wrote_waiting(changed)


def _to_stop(session: Session) -> dict[str, list[str]]:
    """The tokens whose end was asked for, by agent."""
    found: dict[str, list[str]] = {}
    for agent_id, token in Driver(session).rows(_STOPPING):
        found.setdefault(agent_id, []).append(token)
    return found
