"""The farm as the policy sees it: frozen rows without tasks; counts say how much work a job has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NamedTuple

from farmgui.domain.requirements import Per
from farmgui.scheduler.needs import Need


class Holding(NamedTuple):
    """What a job runs on one agent now: `batches` of them, which count as `cpus` cpus in all."""

    agent_id: str
    batches: int
    cpus: int


class JobSight(NamedTuple):
    """Whether an agent sees the files of a job."""

    sees: bool | None
    """None: it was asked and hasn't answered yet."""
    words: str
    """What people are told of it, as a sentence without its end."""


NOBODY_ASKED: Final[Mapping[str, JobSight]] = MappingProxyType({})


class JobSnapshot(NamedTuple):
    """A job; `batch` is already capped by its job type. Ids tell the order in which jobs were submitted.

    What comes before `batch` stays as long as it only works.
    """

    id: int
    title: str = ""
    queue_id: int | None = None
    priority: int = 0
    weight: int = 10
    minimum_agents: int | None = None
    maximum_agents: int | None = None
    need: Need = Need()
    hold: str | None = None
    """Why it may not start whatever agents do, in words; None: it may."""
    most_per_agent: int | None = None
    """Batches of it at once on one agent: of each, one task runs."""
    set_aside: frozenset[str] = frozenset()
    """Agents with several failures of this job: used only where no other one is eligible."""
    avoid: frozenset[str] = frozenset()
    """Agents where nothing that it has queued may run now."""
    sights: Mapping[str, JobSight] = NOBODY_ASKED
    """By agent, whether it sees the files: one that doesn't, or hasn't answered yet, gets nothing of it."""
    batch: int = 1
    queued: int = 0
    """Tasks that may start now."""
    holdings: tuple[Holding, ...] = ()
    task_seconds: float | None = None
    task_spread: float | None = None
    """Mean absolute deviation of `task_seconds`."""
    unfinished: int = 0
    """Tasks left, those that run included."""


@dataclass(frozen=True, slots=True)
class QueueSnapshot:
    """A node of the queue tree; `parent_id` None: at the top."""

    id: int
    parent_id: int | None = None
    priority: int = 0
    weight: int = 10
    minimum_agents: int | None = None
    maximum_agents: int | None = None
    path: str = ""
    """Its name for people."""


class AgentSnapshot(NamedTuple):
    """An agent that is enabled: its capacity after allocation, and what its batches leave free (MB of ram).

    Not `present`: it is expected soon. Then it counts as eligible and takes nothing. What comes before
    `free_cpus` stays as long as the agent only works.
    """

    id: str
    hostname: str = ""
    cpus: int = 1
    ram: int = 0
    gpus: int = 0
    tags: frozenset[int] = frozenset()
    software: frozenset[tuple[int, int]] = frozenset()
    """Ids of software with the rank of the version."""
    present: bool = True
    free_cpus: int = 0
    free_ram: int = 0
    free_gpus: int = 0
    batches: int = 0
    exclusive: bool = False
    """A batch runs there that has the agent to itself."""

    @property
    def name(self) -> str:
        """What people call it."""
        return self.hostname or self.id


@dataclass(frozen=True, slots=True)
class LimitSnapshot:
    """A licence or another thing that the farm has only `amount` of.

    Counted per task: each batch that runs; per agent and per job: each of them that has batches, once.
    """

    name: str
    amount: int
    per: Per = Per.TASK


@dataclass(frozen=True, slots=True)
class Names:
    """What people call tags, software, and the versions of software by (software id, rank)."""

    tags: Mapping[int, str] = field(default_factory=dict)
    software: Mapping[int, str] = field(default_factory=dict)
    versions: Mapping[tuple[int, int], str] = field(default_factory=dict)


class Grant(NamedTuple):
    """One batch of up to `tasks` tasks of a job for an agent."""

    job_id: int
    agent_id: str
    tasks: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What to start; and agents that are kept, each for a job that needs more of it than is free yet."""

    grants: tuple[Grant, ...]
    kept: Mapping[str, int]
    of: int = field(default=-1, compare=False)
    """`changes` of the view that was decided on."""
