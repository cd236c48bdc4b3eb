"""The farm as the policy sees it: frozen, without tasks; counts say how much work a job has."""

from __future__ import annotations

from dataclasses import dataclass

WHOLE = -1
"""The value of cpus and ram that asks for the whole agent."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What a job runs on one agent now: `batches` of them, on `cpus` cpus in all."""

    agent_id: str
    batches: int
    cpus: int


@dataclass(frozen=True, slots=True)
class JobSnapshot:
    """A job with queued tasks; `batch` is already capped by its job type. Ids tell their order."""

    id: int
    queue_id: int | None = None
    priority: int = 0
    weight: int = 10
    minimum_agents: int | None = None
    maximum_agents: int | None = None
    cpus: int = 1
    ram: int = 0
    batch: int = 1
    queued: int = 0
    ready: bool = True
    """All parents are done."""
    holdings: tuple[Holding, ...] = ()
    avoid: frozenset[str] = frozenset()
    """Agents that can run none of the queued tasks: all of them failed there."""


@dataclass(frozen=True, slots=True)
class QueueSnapshot:
    """A node of the queue tree; `parent_id` None: at the top."""

    id: int
    parent_id: int | None = None
    priority: int = 0
    weight: int = 10
    minimum_agents: int | None = None
    maximum_agents: int | None = None


@dataclass(frozen=True, slots=True)
class AgentSnapshot:
    """An agent that is online and enabled, with what its running batches leave free (MB of ram)."""

    id: str
    cpus: int
    ram: int
    free_cpus: int
    free_ram: int
    batches: int = 0
    exclusive: bool = False
    """A batch runs there that has the agent to itself."""


@dataclass(frozen=True, slots=True)
class FarmSnapshot:
    """All that one decision needs."""

    jobs: tuple[JobSnapshot, ...]
    agents: tuple[AgentSnapshot, ...]
    queues: tuple[QueueSnapshot, ...] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """One batch of up to `tasks` tasks of a job for one slot of an agent."""

    job_id: int
    agent_id: str
    tasks: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What to start, and for each job that waits with nothing running, why, in words."""

    grants: tuple[Grant, ...]
    reasons: dict[int, str]
