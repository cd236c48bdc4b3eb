"""Reads the farm as the policy sees it; what it costs doesn't depend on how many tasks there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.orm import Session

from farmgui.domain.runtimes import tasks_in_hand
from farmgui.domain.states import SCHEDULED, AgentState
from farmgui.models import IS_OPEN, dependencies
from farmgui.scheduler.snapshot import (
    WHOLE,
    AgentSnapshot,
    FarmSnapshot,
    Holding,
    JobSnapshot,
    QueueSnapshot,
)
from farmgui.services.bulk import AGENTS, ATTEMPTS, JOBS, QUEUES, VERSIONS, any_of
from farmgui.services.rows import HOLDS_BACK

SILENCE: Final = timedelta(seconds=60)
"""An agent that wasn't heard for so long is offline."""


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
    whole: bool
    """Whether all jobs were read, not only those that hold agents."""

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
    *(AGENTS.c[name] for name in ("id", "state", "enabled", "cpus", "ram", "free_ram", "last_heard_from"))
)
_BATCHES: Final = (
    select(
        ATTEMPTS.c.agent_id,
        func.min(ATTEMPTS.c.job_id).label("job_id"),
        func.min(ATTEMPTS.c.cpus).label("cpus"),
        func.min(ATTEMPTS.c.ram).label("ram"),
        func.count(ATTEMPTS.c.stop_as).label("stopping"),
    )
    .where(IS_OPEN)
    .group_by(ATTEMPTS.c.agent_id, ATTEMPTS.c.batch)
)
_JOB_COLUMNS: Final = (
    "id",
    "state",
    "job_queue_id",
    "priority",
    "weight",
    "minimum_agents",
    "maximum_agents",
    "cpus",
    "ram",
    "batch",
    "task_seconds",
    "num_queued",
    "waiting",
    "hidden",
    "to_be_deleted",
)
_JOBS: Final = select(
    *(JOBS.c[name] for name in _JOB_COLUMNS), VERSIONS.c.max_batch, VERSIONS.c.batch_contiguous
).join(VERSIONS, VERSIONS.c.id == JOBS.c.jobtype_version_id)
_SCHEDULED_JOBS: Final = _JOBS.where(JOBS.c.state.in_(SCHEDULED))
_OTHER_JOBS: Final = _JOBS.where(JOBS.c.id.in_(any_of("ids")))
_QUEUE_COLUMNS: Final = (
    "id",
    "parent_jobqueue_id",
    "priority",
    "weight",
    "minimum_agents",
    "maximum_agents",
)
_QUEUES: Final = select(*(QUEUES.c[name] for name in _QUEUE_COLUMNS))
_CHILD: Final = JOBS.alias("child")
_HELD_BACK: Final = (
    select(dependencies.c.childid)
    .join(_CHILD, _CHILD.c.id == dependencies.c.childid)
    .join(JOBS, JOBS.c.id == dependencies.c.parentid)
    .where(_CHILD.c.state.in_(SCHEDULED), HOLDS_BACK)
    .distinct()
)


def read_farm(
    session: Session,
    time: datetime,
    avoid: Collection[tuple[int, str]] = frozenset(),
    *,
    all_jobs: bool = True,
) -> Seen:
    """The farm at this moment; `avoid` are jobs with agents that can run none of their queued tasks.

    Without `all_jobs`, jobs that hold no agent are left out while no agent has room: none could start.
    """
    connection = session.connection()
    rows = connection.execute(_AGENTS).all()
    held = _held(connection, {agent.id: agent.cpus for agent in rows})
    online = [agent for agent in rows if agent.state is not AgentState.OFFLINE]
    silent = [agent.id for agent in online if _is_silent(agent, time)]
    agents = tuple(
        _agent(agent, held.agents.get(agent.id, _Use()))
        for agent in online
        if agent.enabled and agent.id not in silent
    )
    whole = all_jobs or not held.jobs or any(_has_room(agent) for agent in agents)
    jobs = _job_rows(connection, held.jobs, whole=whole)
    held_back = set(connection.execute(_HELD_BACK).scalars()) if jobs else set()
    avoid_of: dict[int, list[str]] = {}
    for job_id, agent_id in avoid:
        avoid_of.setdefault(job_id, []).append(agent_id)
    farm = FarmSnapshot(
        jobs=tuple(
            _job(row, row.id not in held_back, held.jobs.get(row.id, {}), avoid_of.get(row.id, ()))
            for row in jobs
        ),
        agents=agents,
        queues=tuple(QueueSnapshot(*row) for row in connection.execute(_QUEUES)),
    )
    waiting = {row.id: row.waiting for row in jobs}
    return Seen(farm, waiting, held.stopping, tuple(silent), whole)


def _held(connection: Connection, cpus_of: dict[str, int]) -> _Held:
    held = _Held()
    for batch in connection.execute(_BATCHES):
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


def _job_rows(
    connection: Connection, holding: Iterable[int], *, whole: bool
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The jobs that hold agents (also paused ones, say), and with `whole` those that may get some."""
    rows = list(connection.execute(_SCHEDULED_JOBS)) if whole else []
    others = set(holding) - {row.id for row in rows}
    if others:
        rows += connection.execute(_OTHER_JOBS, {"ids": list(others)})
    return rows


def _is_silent(agent: Row[*tuple[Any, ...]], time: datetime) -> bool:
    return agent.last_heard_from is None or agent.last_heard_from < time - SILENCE


def _has_room(agent: AgentSnapshot) -> bool:
    return not agent.exclusive and (agent.free_cpus > 0 or agent.batches < agent.cpus)


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


def _job(
    row: Row[*tuple[Any, ...]],
    ready: bool,
    holdings: dict[str, tuple[int, int]],
    avoid: Collection[str],
) -> JobSnapshot:
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
        batch=_batch(row),
        queued=row.num_queued if may_start else 0,
        ready=ready,
        holdings=tuple(Holding(agent, number, cpus) for agent, (number, cpus) in holdings.items()),
        avoid=frozenset(avoid),
    )


def _batch(row: Row[*tuple[Any, ...]]) -> int:
    """What an agent is given at once. Frames that a program renders in one go are batched as the job says."""
    batch: int = row.batch if row.batch_contiguous else tasks_in_hand(row.batch, row.task_seconds)
    return min(batch, row.max_batch) if row.max_batch else batch
