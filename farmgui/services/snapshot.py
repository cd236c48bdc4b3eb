"""Reads the farm as the policy sees it; what it costs doesn't depend on how many tasks there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session, aliased

from farmgui.domain.states import AgentState, JobState
from farmgui.models import IS_OPEN, Agent, Attempt, Job, JobQueue, JobTypeVersion, dependencies
from farmgui.scheduler.snapshot import (
    WHOLE,
    AgentSnapshot,
    FarmSnapshot,
    Holding,
    JobSnapshot,
    QueueSnapshot,
)
from farmgui.services.rows import HOLDS_BACK

SILENCE: Final = timedelta(seconds=60)
"""An agent that wasn't heard for so long is offline."""

SCHEDULED: Final = (JobState.QUEUED, JobState.RUNNING)
"""The states of jobs that get agents."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The farm at one moment, and what of it the dispatcher has to set right."""

    farm: FarmSnapshot
    waiting: dict[int, str | None]
    """What is stored of each job in the farm as the reason why it waits."""
    stopping: bool
    """An attempt is open whose end was asked for."""
    silent: tuple[str, ...]
    """Agents that are online by the database and weren't heard for too long."""

    @property
    def active(self) -> bool:
        """Whether agents hold work."""
        return any(job.holdings for job in self.farm.jobs)

    @property
    def startable(self) -> bool:
        """Whether there is work that the jobs' own states allow to start."""
        return any(job.ready and job.queued for job in self.farm.jobs)


@dataclass(slots=True)
class _Use:
    """What the open batches take of one agent."""

    cpus: int = 0
    ram: int = 0
    batches: int = 0
    exclusive: bool = False


@dataclass(slots=True)
class _Held:
    """What open batches there are."""

    agents: dict[str, _Use] = field(default_factory=dict)
    jobs: dict[int, dict[str, tuple[int, int]]] = field(default_factory=dict)
    stopping: bool = False


_AGENTS: Final = select(
    Agent.id, Agent.state, Agent.enabled, Agent.cpus, Agent.ram, Agent.free_ram, Agent.last_heard_from
)
_BATCHES: Final = (
    select(
        Attempt.agent_id,
        func.min(Attempt.job_id).label("job_id"),
        func.min(Attempt.cpus).label("cpus"),
        func.min(Attempt.ram).label("ram"),
        func.count(Attempt.stop_as).label("stopping"),
    )
    .where(IS_OPEN)
    .group_by(Attempt.agent_id, Attempt.batch)
)
_JOBS: Final = select(
    Job.id,
    Job.state,
    Job.job_queue_id,
    Job.priority,
    Job.weight,
    Job.minimum_agents,
    Job.maximum_agents,
    Job.cpus,
    Job.ram,
    Job.batch,
    JobTypeVersion.max_batch,
    Job.num_queued,
    Job.waiting,
    Job.hidden,
    Job.to_be_deleted,
).join(JobTypeVersion, JobTypeVersion.id == Job.jobtype_version_id)
_QUEUES: Final = select(
    JobQueue.id,
    JobQueue.parent_jobqueue_id,
    JobQueue.priority,
    JobQueue.weight,
    JobQueue.minimum_agents,
    JobQueue.maximum_agents,
)
_child: Final = aliased(Job)
_HELD_BACK: Final = (
    select(dependencies.c.childid)
    .join(_child, _child.id == dependencies.c.childid)
    .join(Job, Job.id == dependencies.c.parentid)
    .where(_child.state.in_(SCHEDULED), HOLDS_BACK)
    .distinct()
)


def read_farm(session: Session, time: datetime) -> Seen:
    """The farm at this moment."""
    agents = session.execute(_AGENTS).all()
    held = _held(session, {agent.id: agent.cpus for agent in agents})
    jobs = _job_rows(session, held.jobs)
    held_back = set(session.scalars(_HELD_BACK)) if jobs else set()
    online = [agent for agent in agents if agent.state is not AgentState.OFFLINE]
    silent = [agent.id for agent in online if _is_silent(agent, time)]
    farm = FarmSnapshot(
        jobs=tuple(_job(row, row.id not in held_back, held.jobs.get(row.id, {})) for row in jobs),
        agents=tuple(
            _agent(agent, held.agents.get(agent.id, _Use()))
            for agent in online
            if agent.enabled and agent.id not in silent
        ),
        queues=tuple(QueueSnapshot(*row) for row in session.execute(_QUEUES)),
    )
    waiting = {row.id: row.waiting for row in jobs}
    return Seen(farm, waiting, held.stopping, tuple(silent))


def _held(session: Session, cpus_of: dict[str, int]) -> _Held:
    held = _Held()
    for batch in session.execute(_BATCHES):
        whole = WHOLE in (batch.cpus, batch.ram)
        cpus = cpus_of.get(batch.agent_id, 0) if whole else batch.cpus
        use = held.agents.setdefault(batch.agent_id, _Use())
        use.cpus += cpus
        use.ram += max(batch.ram, 0)
        use.batches += 1
        use.exclusive |= whole
        of_job = held.jobs.setdefault(batch.job_id, {})
        number, taken = of_job.get(batch.agent_id, (0, 0))
        of_job[batch.agent_id] = (number + 1, taken + max(cpus, 1))
        held.stopping |= batch.stopping > 0
    return held


def _job_rows(session: Session, holding: Iterable[int]) -> Sequence[Row[*tuple[Any, ...]]]:
    """The jobs that may get agents, and those that hold some (paused ones, say)."""
    rows = list(session.execute(_JOBS.where(Job.state.in_(SCHEDULED))))
    others = set(holding) - {row.id for row in rows}
    if others:
        rows += session.execute(_JOBS.where(Job.id.in_(others)))
    return rows


def _is_silent(agent: Row[*tuple[Any, ...]], time: datetime) -> bool:
    return agent.last_heard_from is None or agent.last_heard_from < time - SILENCE


def _agent(agent: Row[*tuple[Any, ...]], use: _Use) -> AgentSnapshot:
    # The free memory that the agent tells of has what runs in it already; what was promised counts too.
    free_ram = agent.ram - use.ram
    if agent.free_ram is not None:
        free_ram = min(free_ram, agent.free_ram)
    return AgentSnapshot(
        id=agent.id,
        cpus=agent.cpus,
        ram=agent.ram,
        free_cpus=agent.cpus - use.cpus,
        free_ram=free_ram,
        batches=use.batches,
        exclusive=use.exclusive,
    )


def _job(row: Row[*tuple[Any, ...]], ready: bool, holdings: dict[str, tuple[int, int]]) -> JobSnapshot:
    may_start = row.state in SCHEDULED and not row.hidden and not row.to_be_deleted
    return JobSnapshot(
        id=row.id,
        queue_id=row.job_queue_id,
        priority=row.priority,
        weight=row.weight,
        minimum_agents=row.minimum_agents,
        maximum_agents=row.maximum_agents,
        cpus=row.cpus,
        ram=row.ram,
        batch=min(row.batch, row.max_batch) if row.max_batch else row.batch,
        queued=row.num_queued if may_start else 0,
        ready=ready,
        holdings=tuple(Holding(agent, number, cpus) for agent, (number, cpus) in holdings.items()),
    )
