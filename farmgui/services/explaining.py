"""The scheduler's answers to people: why, what if, until when, and what making room would cost.

They come from the policy itself, on a view of the farm that is kept here and read like the lead's.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from farmgui.domain.errors import FarmError
from farmgui.domain.explanations import Effect, Ending, Expected, Rule
from farmgui.domain.frames import frame_text
from farmgui.domain.requirements import LimitUse
from farmgui.models import IS_OPEN, Agent, Attempt, Job, Task
from farmgui.scheduler.explain import explain, idle_reasons
from farmgui.scheduler.farm import JobSnapshot
from farmgui.scheduler.forecast import forecast
from farmgui.scheduler.room import RunningBatch, make_room
from farmgui.scheduler.view import FarmView
from farmgui.scheduler.whatif import Changes, Difference, Outlook, what_if
from farmgui.services.database import Database
from farmgui.services.holdings import Holdings
from farmgui.services.known import known_agents, known_jobs
from farmgui.services.mirror import Mirror
from farmgui.services.queues import known_queue
from farmgui.services.sights import read_sights

_OF_JOB: Final = ("priority", "weight", "minimum_agents", "maximum_agents", "most_per_agent", "batch")
_OF_NEED: Final = ("cpus", "ram", "gpus")
_MANY: Final = 2_000
"""Jobs of which the whole future isn't reckoned: of 10,000 it would take 8 seconds."""
_STEPS: Final = 2_000
_FEW_STEPS: Final = 50
_LONG: Final = 0.05
_REST: Final = 50.0
"""A look ahead that took `_LONG` seconds rests so many times that: the window needs the processor too."""


class Explaining:
    """Answers for any thread but the window's own. All may raise FarmError, NotFound for what is gone."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._mirror = Mirror(Holdings())
        self._expected: dict[int, Expected] = {}
        self._expected_until = 0.0

    def rules(self, job_id: int, agent_id: str) -> Sequence[Rule]:
        """Every condition for the job to run on the agent, in the order in which they are asked."""
        with self._looking() as (session, view):
            known_jobs(session, [job_id])
            known_agents(session, [agent_id])
            if view.job(job_id) is None:
                return (Rule("job", holds=False, text=_of_job(session, job_id)),)
            if view.agent(agent_id) is None:
                return (Rule("agent", holds=False, text=_of_agent(session, agent_id)),)
            return explain(view, job_id, agent_id)

    def idle(self, agent_id: str) -> str:
        """Why the agent runs nothing more, in words; "" where it is busy."""
        with self._looking() as (session, view):
            known_agents(session, [agent_id])
            agent = view.agent(agent_id)
            if agent is None:
                return _of_agent(session, agent_id)
            if agent.exclusive or agent.free_cpus <= 0:
                return ""
            return "\n".join(idle_reasons(view, agent_id))

    def what_if(self, job_ids: Sequence[int], values: Mapping[str, object]) -> Sequence[Effect]:
        """What these values of these jobs would change, for each job that gains or loses by it.

        Values by the names of `domain.attributes`; those that the scheduler doesn't look at change nothing.
        """
        now = datetime.now(UTC)
        with self._looking() as (session, view):
            rows = {
                row.id: _changed(session, row, values)
                for row in (view.job(job_id) for job_id in job_ids)
                if row is not None
            }
            when = now if len(view.nodes) <= _MANY else None
            found = what_if(view, Changes(jobs=rows), when, self._mirror.waits_for())
            return [_effect(view, difference) for difference in found]

    def expected(self) -> Mapping[int, Expected]:
        """When each unfinished job will probably be done; of a large farm, the answer may be a while old."""
        if time.monotonic() < self._expected_until:
            return self._expected
        with self._looking() as (_, view):
            begun = time.monotonic()
            steps = _STEPS if len(view.nodes) <= _MANY else _FEW_STEPS
            self._expected = forecast(view, datetime.now(UTC), self._mirror.waits_for(), steps=steps)
            took = time.monotonic() - begun
        self._expected_until = time.monotonic() + (_REST * took if took > _LONG else 0.0)
        return self._expected

    def room(self, job_id: int) -> Sequence[Ending]:
        """What would have to be ended so that the job can start: running tasks of lower priority alone.

        Nothing where there is room already. Raises FarmError with the reason where none can be made.
        """
        with self._looking() as (session, view):
            known_jobs(session, [job_id])
            tasks = _running(session)
            room = make_room(view, job_id, [_batch(view, batch, rows) for batch, rows in tasks.items()])
            if room.reason is not None:
                raise FarmError(f"No room can be made: {room.reason}.")
            return [_ending(row) for ended in room.ended for row in tasks[ended.batch]]

    @contextmanager
    def _looking(self) -> Iterator[tuple[Session, FarmView]]:
        """The farm at this moment; one question at a time."""
        with self._lock, self._database.reading() as session:
            # The lead knows of each batch by what it did itself; others read them.
            self._mirror.holdings.read(session)
            now = datetime.now(UTC)
            self._mirror.refresh(session, now)
            self._see(session, now)
            yield session, self._mirror.view

    def _see(self, session: Session, now: datetime) -> None:
        """Read what agents see of the files of jobs, where any was asked."""
        known, sights = read_sights(session, now), self._mirror.sights
        if known:
            sights.link_stored(session, self._mirror.view.nodes)
        if known or sights.any:
            self._mirror.see(sights.replace(known))


def _of_job(session: Session, job_id: int) -> str:
    """Why the scheduler doesn't look at a job at all."""
    state, going = session.execute(select(Job.state, Job.to_be_deleted).where(Job.id == job_id)).one()
    return "the job is being deleted" if going else f"the job is {state}"


def _of_agent(session: Session, agent_id: str) -> str:
    """Why the scheduler doesn't look at an agent at all."""
    name, enabled = session.execute(select(Agent.hostname, Agent.enabled).where(Agent.id == agent_id)).one()
    return f"{name} is offline" if enabled else f"{name} is set aside: it is given nothing new"


def _changed(session: Session, row: JobSnapshot, values: Mapping[str, object]) -> JobSnapshot:
    """The job as it would be."""
    of_job: dict[str, Any] = {name: values[name] for name in _OF_JOB if name in values}
    of_need: dict[str, Any] = {name: values[name] for name in _OF_NEED if name in values}
    limits = values.get("limits")
    if isinstance(limits, tuple):
        uses = [(use.name, use.amount) for use in limits if isinstance(use, LimitUse)]
        of_need["limits"] = tuple(sorted(uses))
    if "queue" in values:
        queue = known_queue(session, str(values["queue"] or ""))
        of_job["queue_id"] = None if queue is None else queue.id
    return row._replace(need=replace(row.need, **of_need), **of_job)


def _effect(view: FarmView, difference: Difference) -> Effect:
    row = view.job(difference.job_id)
    return Effect(
        difference.job_id,
        "" if row is None else row.title,
        difference.before.cpus,
        difference.after.cpus,
        _finish(difference.before),
        _finish(difference.after),
    )


def _finish(outlook: Outlook) -> datetime | None:
    return None if outlook.expected is None else outlook.expected.finish


def _running(session: Session) -> dict[str, list[Any]]:
    """The open attempts whose end wasn't asked for, by batch."""
    rows = session.execute(
        select(
            Attempt.batch,
            Attempt.job_id,
            Attempt.agent_id,
            Attempt.cpus,
            Attempt.ram,
            Attempt.gpus,
            Attempt.time_started,
            Attempt.task_id,
            Task.frame,
            Task.tile,
            Job.title,
            Agent.hostname,
        )
        .join(Task, Task.id == Attempt.task_id)
        .join(Job, Job.id == Attempt.job_id)
        .join(Agent, Agent.id == Attempt.agent_id)
        .where(IS_OPEN, Attempt.stop_as.is_(None))
        .order_by(Attempt.id)
    )
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.batch, []).append(row)
    return found


def _batch(view: FarmView, batch: str, rows: Sequence[Any]) -> RunningBatch:
    first = rows[0]
    agent = view.agent(first.agent_id)
    whole = first.cpus < 0 and agent is not None
    return RunningBatch(
        batch,
        first.job_id,
        first.agent_id,
        cpus=agent.cpus if whole and agent is not None else max(first.cpus, 0),
        ram=first.ram,
        gpus=first.gpus,
        seconds_so_far=sum(_seconds(row) for row in rows),
        tasks=len(rows),
    )


def _ending(row: Any) -> Ending:
    tile = "" if row.tile is None else f", tile {row.tile}"
    return Ending(row.task_id, f"frame {frame_text(row.frame)}{tile}", row.title, row.hostname, _seconds(row))


def _seconds(row: Any) -> float:
    """How long it has run by now; nothing before it started."""
    if row.time_started is None:
        return 0.0
    ran: float = (datetime.now(UTC) - row.time_started).total_seconds()
    return max(0.0, ran)
