"""Gives work to agents: reads the farm, has the policy decide, commits, and only then tells the runner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from farmgui.domain.orders import BatchOrder
from farmgui.domain.states import SCHEDULED, AgentState
from farmgui.execution.runner import Runner
from farmgui.models import IS_OPEN, Agent, Attempt
from farmgui.scheduler.policy import assign
from farmgui.scheduler.snapshot import Decision, Grant
from farmgui.services.assigning import Assigning, Written
from farmgui.services.bulk import JOBS, for_each
from farmgui.services.database import QUIET, Database
from farmgui.services.lease import check_fence
from farmgui.services.orders import Orders
from farmgui.services.snapshot import Seen, read_farm
from farmgui.services.tally import Tally

# Written out: a statement for many rows takes no IN.
_IS_SCHEDULED: Final = or_(*(JOBS.c.state == state for state in sorted(SCHEDULED)))
_WAITING: Final = (
    update(JOBS)
    # A job that was paused or deleted since the farm was read doesn't wait any more.
    .where(JOBS.c.id == bindparam("key"), _IS_SCHEDULED, ~JOBS.c.to_be_deleted)
    .values(waiting=bindparam("reason"))
)
LOOK_AT_ALL: Final = timedelta(seconds=1)
"""While no agent has room, why jobs wait is looked at no more often: 10,000 jobs take a while."""

_NOTHING: Final = Decision((), {})


class Dispatch:
    """Assigns tasks for the lead that holds the fencing token `fence`; on one thread."""

    def __init__(
        self, database: Database, runner: Runner, fence: int, log_folder: Path, *, nice: int = 0
    ) -> None:
        self._database = database
        self._runner = runner
        self._fence = fence
        self._log_folder = log_folder.absolute()
        self._orders = Orders(nice)
        self._told: frozenset[str] = frozenset()
        self._look_at_all = datetime.min.replace(tzinfo=UTC)
        self.busy = False
        """Whether work runs, or could run, as the last tick saw it."""
        self.idle = False
        """Whether the last tick found nothing that runs and nothing that the agents could start."""

    def tick(self, *, start_new: bool = True) -> int:
        """Start what can be started, and pass on what is to be stopped. Returns the number of tasks started.

        Without `start_new` nothing new is started. Raises LostLease where another program leads by now.
        """
        time = datetime.now(UTC)
        avoid: frozenset[tuple[int, str]] = frozenset()
        started: list[tuple[str, BatchOrder]] = []
        while True:
            with self._database.reading() as session:
                seen = read_farm(session, time, avoid, all_jobs=time >= self._look_at_all)
                to_stop = _to_stop(session) if seen.stopping else {}
            if seen.whole:
                self._look_at_all = time + LOOK_AT_ALL
            decision = assign(seen.farm) if start_new else _NOTHING
            reasons = _news(seen, decision) if start_new else {}
            written = self._write(decision.grants, reasons, seen.silent, time)
            started += written.orders
            if written.refused <= avoid:
                break
            # All that is queued of a job has failed on an agent: decide again without that pair.
            avoid |= written.refused
        self._send(started)
        self._stop(to_stop)
        self.busy = seen.active or seen.startable
        may_wait = start_new and seen.startable and not seen.farm.agents
        self.idle = not (seen.active or started or may_wait)
        return sum(len(order.tasks) for _, order in started)

    def _write(
        self,
        grants: Sequence[Grant],
        reasons: Mapping[int, str | None],
        silent: Sequence[str],
        time: datetime,
    ) -> Written:
        if not (grants or reasons or silent):
            return Written([], frozenset())
        tally = Tally()
        with self._database.sessions.begin() as session:
            check_fence(session, self._fence)
            if silent:
                session.execute(update(Agent).where(Agent.id.in_(silent)).values(state=AgentState.OFFLINE))
            for_each(session, _WAITING, [{"key": key, "reason": text} for key, text in reasons.items()])
            assigning = Assigning(session, tally, self._orders, self._log_folder, self._fence, time)
            written = assigning.write(grants)
            session.info[QUIET] = not (reasons or silent or tally)
            tally.settle(session, time)
        return written

    def _send(self, started: Sequence[tuple[str, BatchOrder]]) -> None:
        by_agent: dict[str, list[BatchOrder]] = {}
        for agent_id, order in started:
            by_agent.setdefault(agent_id, []).append(order)
        for agent_id, orders in by_agent.items():
            # Where there is no connection, reconciling with the agent's next inventory sends them again.
            self._runner.start(agent_id, orders)

    def _stop(self, to_stop: Mapping[str, Sequence[str]]) -> None:
        """Tell each stop once; an agent that wasn't connected hears of it when it is reconciled."""
        for agent_id, tokens in to_stop.items():
            new = [token for token in tokens if token not in self._told]
            if new:
                self._runner.stop(agent_id, new)
        self._told = frozenset(token for tokens in to_stop.values() for token in tokens)


def _news(seen: Seen, decision: Decision) -> dict[int, str | None]:
    """The reasons why jobs wait that are not what is stored."""
    return {
        job_id: decision.reasons.get(job_id)
        for job_id, stored in seen.waiting.items()
        if decision.reasons.get(job_id) != stored
    }


def _to_stop(session: Session) -> dict[str, list[str]]:
    """The tokens whose end was asked for, by agent."""
    found: dict[str, list[str]] = {}
    rows = session.execute(
        select(Attempt.agent_id, Attempt.token).where(IS_OPEN, Attempt.stop_as.is_not(None))
    )
    for agent_id, token in rows:
        found.setdefault(agent_id, []).append(token)
    return found
