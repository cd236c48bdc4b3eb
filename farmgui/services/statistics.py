"""The lead's periodic counts of agents and tasks, and the end of what its diary need not keep."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, cast

from sqlalchemy import Table, delete, func, insert, select
from sqlalchemy.orm import Session

from farmgui.domain.states import AgentState
from farmgui.models import IS_OPEN, Agent, AgentCount, Event, TaskCount
from farmgui.services.bulk import ATTEMPTS, JOBS, for_each, parts
from farmgui.services.database import Database
from farmgui.services.task_events import ROOT

DIARY_KEPT: Final = timedelta(days=90)
"""How long the lines of the diary are kept."""

_AGENTS: Final = cast(Table, AgentCount.__table__)
_TASKS: Final = cast(Table, TaskCount.__table__)
_PART: Final = 5_000
"""Lines removed in one transaction, so that nobody waits long for the lock."""


class Statistics:
    """Each of its works is for itself: to be run from time to time, by the lead alone."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._clock = clock

    def count_agents(self) -> None:
        """Note how many agents are idle, at work, offline and disabled; each is counted once."""
        time = self._clock()
        with self._database.sessions.begin(quiet=True) as session:
            session.execute(insert(_AGENTS), {"counted_time": time, **_agents(session)})

    def count_tasks(self) -> None:
        """Note how many tasks of each queue's own jobs are in each state; the root is queue 0."""
        time = self._clock()
        with self._database.sessions.begin(quiet=True) as session:
            rows = session.execute(_BY_QUEUE).mappings()
            for_each(session, insert(_TASKS), [{"counted_time": time, **row} for row in rows])

    def forget_diary(self, kept: timedelta = DIARY_KEPT) -> int:
        """Remove the lines of the diary that are older than `kept`. Returns how many."""
        until = self._clock() - kept
        with self._database.reading() as session:
            old = session.scalars(select(Event.id).where(Event.time < until)).all()
        for part in parts(old, _PART):
            with self._database.sessions.begin(quiet=True) as session:
                session.execute(delete(Event).where(Event.id.in_(part)))
        return len(old)


def _agents(session: Session) -> dict[str, int]:
    busy = set(session.scalars(select(ATTEMPTS.c.agent_id).where(IS_OPEN).distinct()))
    counts = dict.fromkeys(("num_online", "num_running", "num_offline", "num_disabled"), 0)
    for agent_id, state, enabled in session.execute(select(Agent.id, Agent.state, Agent.enabled)):
        if not enabled:
            counts["num_disabled"] += 1
        elif state is AgentState.OFFLINE:
            counts["num_offline"] += 1
        else:
            counts["num_running" if agent_id in busy else "num_online"] += 1
    return counts


_BY_QUEUE: Final = (
    select(
        func.coalesce(JOBS.c.job_queue_id, ROOT).label("job_queue_id"),
        func.sum(JOBS.c.num_queued).label("total_queued"),
        func.sum(JOBS.c.num_assigned + JOBS.c.num_running).label("total_running"),
        func.sum(JOBS.c.num_done).label("total_done"),
        func.sum(JOBS.c.num_failed).label("total_failed"),
    )
    .where(~JOBS.c.to_be_deleted)
    .group_by(func.coalesce(JOBS.c.job_queue_id, ROOT))
)
