"""What the mirror reads: jobs with what they need, agents, and the tree, as plain facts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from farmgui.domain.allocations import share_of
from farmgui.domain.states import SCHEDULED, JobState
from farmgui.models import (
    AgentGpu,
    JobTypeSoftwareRequirement,
    Limit,
    Software,
    SoftwareVersion,
    Tag,
    agent_software_versions,
    agent_tags,
)
from farmgui.scheduler.farm import LimitSnapshot, Names, QueueSnapshot
from farmgui.scheduler.needs import Need
from farmgui.services.bulk import AGENTS, JOBS, QUEUES, VERSIONS, Driver, among, listed, moment
from farmgui.services.rows import HOLDS_BACK

SET_ASIDE: Final = 3
"""Failures of one job on one agent after which the agent is set aside for it."""

Interval = tuple[int, int | None, int | None]
"""Software and the lowest and the highest rank of its version; None: any."""


class JobRow(NamedTuple):
    """What is read of a job and of the version of its job type."""

    id: int
    title: str
    job_queue_id: int | None
    priority: int
    weight: int
    minimum_agents: int | None
    maximum_agents: int | None
    cpus: int
    ram: int
    gpus: int
    batch: int
    most_per_agent: int | None
    start_after: datetime | None
    hidden: bool
    to_be_deleted: bool
    jobtype_version_id: int
    max_batch: int | None
    batch_contiguous: bool
    # From here on what the lead itself changes all the time.
    state: JobState
    num_failed: int
    num_marked_failed: int
    num_queued: int
    num_assigned: int
    num_running: int
    num_blocked: int
    task_seconds: float | None
    task_spread: float | None
    waiting: str | None

    def with_settled(self, values: Mapping[str, Any]) -> JobRow:
        """The job with what the lead changed of it, by column, as it is stored."""
        return JobRow._make((*self[:_FIRST], _STATES[values["state"]], *_settled(values)))


_FIRST: Final = JobRow._fields.index("state")
_settled: Final = itemgetter(*JobRow._fields[_FIRST + 1 :])
_STATES: Final = {state.value: state for state in JobState}
_START_AFTER: Final = JobRow._fields.index("start_after")
_OF_VERSION: Final = ("max_batch", "batch_contiguous")
_LIVE_JOBS: Final = (
    select(
        *((VERSIONS if name in _OF_VERSION else JOBS).c[name] for name in JobRow._fields),
    )
    .join(VERSIONS, VERSIONS.c.id == JOBS.c.jobtype_version_id)
    .where(or_(JOBS.c.state.in_(SCHEDULED), HOLDS_BACK, among(JOBS.c.id)))
)
_SOME_JOBS: Final = (
    f"SELECT {', '.join(name if name in _OF_VERSION else f'jobs.{name}' for name in JobRow._fields)} "  # noqa: S608  our own names
    "FROM jobs JOIN jobtype_versions ON jobtype_versions.id = jobtype_version_id "
    "WHERE jobs.id IN (SELECT value FROM json_each(?))"
)
# These are asked for with each change of a job, and mostly find nothing: the driver is quicker at that.
_EDGES: Final = (
    "SELECT childid, parentid, by_frame FROM job_dependencies "
    "WHERE childid IN (SELECT value FROM json_each(?))"
)
_TAGS: Final = (
    "SELECT job_id, tag_id, negate FROM job_tag_requirements WHERE job_id IN (SELECT value FROM json_each(?))"
)
_LIMITS: Final = (
    "SELECT job_id, name, amount FROM job_limits WHERE job_id IN (SELECT value FROM json_each(?))"
)
_JOB_AGENTS: Final = (
    "SELECT job_id, agent_id, excluded FROM job_agents WHERE job_id IN (SELECT value FROM json_each(?))"
)
_FAILURES: Final = (
    "SELECT job_id, agent_id FROM job_agent_failures "
    "WHERE failures >= ? AND job_id IN (SELECT value FROM json_each(?))"
)
_SOFTWARE: Final = (
    "SELECT job_id, needs.software_id, low.rank, high.rank FROM job_software_requirements AS needs "
    "LEFT JOIN software_versions AS low ON low.id = min_version_id "
    "LEFT JOIN software_versions AS high ON high.id = max_version_id "
    "WHERE job_id IN (SELECT value FROM json_each(?))"
)
_MINIMUM: Final = aliased(SoftwareVersion)
_MAXIMUM: Final = aliased(SoftwareVersion)


_OF_TYPE: Final = JobTypeSoftwareRequirement
_TYPE_SOFTWARE: Final = (
    select(_OF_TYPE.jobtype_version_id, _OF_TYPE.software_id, _MINIMUM.rank, _MAXIMUM.rank)
    .outerjoin(_MINIMUM, _MINIMUM.id == _OF_TYPE.min_version_id)
    .outerjoin(_MAXIMUM, _MAXIMUM.id == _OF_TYPE.max_version_id)
)
_AGENT_COLUMNS: Final = (
    "id", "hostname", "enabled", "cpus", "ram", "cpu_allocation", "ram_allocation", "joined", "incarnation",
    "os_class",
)  # fmt: skip
_AGENTS: Final = select(*(AGENTS.c[name] for name in _AGENT_COLUMNS))
_SOME_AGENTS: Final = _AGENTS.where(among(AGENTS.c.id))
_AGENT_TAGS: Final = select(agent_tags.c.agent_id, agent_tags.c.tag_id).where(among(agent_tags.c.agent_id))
_AGENT_SOFTWARE: Final = (
    select(agent_software_versions.c.agent_id, SoftwareVersion.software_id, SoftwareVersion.rank)
    .join(SoftwareVersion, SoftwareVersion.id == agent_software_versions.c.software_version_id)
    .where(among(agent_software_versions.c.agent_id))
)
_GPUS: Final = (
    select(AgentGpu.agent_id, func.count()).where(among(AgentGpu.agent_id)).group_by(AgentGpu.agent_id)
)
_QUEUE_COLUMNS: Final = (
    "id",
    "parent_jobqueue_id",
    "priority",
    "weight",
    "minimum_agents",
    "maximum_agents",
    "fullpath",
)
_QUEUES: Final = select(*(QUEUES.c[name] for name in _QUEUE_COLUMNS))


@dataclass(slots=True)
class JobFacts:
    """A job as it is stored, as far as scheduling asks."""

    row: JobRow
    need: Need
    parents: tuple[int, ...] = ()
    """Jobs that it waits for as a whole."""
    frame_parents: tuple[int, ...] = ()
    """Jobs whose frames its frames wait for."""
    set_aside: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """An agent as it is stored but for what it tells with each beat; after allocation."""

    id: str
    hostname: str
    enabled: bool
    cpus: int
    ram: int
    gpus: int
    tags: frozenset[int]
    software: frozenset[tuple[int, int]]
    # To the policy, an agent is the same one when it was started anew.
    joined: bool = field(default=False, compare=False)
    incarnation: str = field(default="", compare=False)
    os_class: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Tree:
    """What belongs to the whole farm."""

    queues: tuple[QueueSnapshot, ...] = ()
    limits: tuple[LimitSnapshot, ...] = ()
    names: Names = field(default_factory=Names)
    type_software: Mapping[int, tuple[Interval, ...]] = field(default_factory=dict)
    """What versions of job types ask for, by their ids."""


def read_tree(session: Session) -> Tree:
    """Queues, limits, and what tags and software are called."""
    of_type: dict[int, list[Interval]] = {}
    for version_id, *interval in session.execute(_TYPE_SOFTWARE):
        of_type.setdefault(version_id, []).append((interval[0], interval[1], interval[2]))
    versions = session.execute(
        select(SoftwareVersion.software_id, SoftwareVersion.rank, SoftwareVersion.version)
    )
    return Tree(
        queues=tuple(QueueSnapshot(*row) for row in session.execute(_QUEUES)),
        limits=tuple(
            LimitSnapshot(limit.name, limit.amount, limit.per)
            for limit in session.execute(select(Limit.name, Limit.amount, Limit.per))
        ),
        names=Names(
            tags=dict(session.execute(select(Tag.id, Tag.tag)).all()),
            software=dict(session.execute(select(Software.id, Software.software)).all()),
            versions={(software_id, rank): version for software_id, rank, version in versions},
        ),
        type_software={version_id: tuple(intervals) for version_id, intervals in of_type.items()},
    )


def read_live_jobs(session: Session, tree: Tree, holding: Collection[int]) -> list[JobFacts]:
    """All jobs that may get agents, hold others back or, like those of `holding`, have agents."""
    rows = session.execute(_LIVE_JOBS, {"ids": listed(holding)})
    return _job_facts(session, tree, [JobRow(*row) for row in rows])


def read_jobs(session: Session, tree: Tree, ids: Collection[int]) -> list[JobFacts]:
    """Those of `ids` that there are."""
    rows = Driver(session).rows(_SOME_JOBS, (listed(ids),))
    return _job_facts(session, tree, [_from_stored(row) for row in rows])


def _from_stored(values: tuple[Any, ...]) -> JobRow:
    row = JobRow(*values)
    start = None if row.start_after is None else moment(values[_START_AFTER])
    return row._replace(state=JobState(row.state), start_after=start)


def _job_facts(session: Session, tree: Tree, rows: Collection[JobRow]) -> list[JobFacts]:
    driver, ids = Driver(session), (listed(row.id for row in rows),)
    parents: dict[bool, dict[int, list[int]]] = {False: {}, True: {}}
    for child, parent, by_frame in driver.rows(_EDGES, ids):
        parents[by_frame].setdefault(child, []).append(parent)
    aside = _grouped(driver.rows(_FAILURES, (SET_ASIDE, *ids)))
    needs = _Needs(driver, tree, ids)
    return [
        JobFacts(
            row,
            needs.of(row),
            tuple(sorted(parents[False].get(row.id, ()))),
            tuple(sorted(parents[True].get(row.id, ()))),
            frozenset(aside.get(row.id, ())),
        )
        for row in rows
    ]


class _Needs:
    """What some jobs ask of agents."""

    def __init__(self, driver: Driver, tree: Tree, ids: tuple[str]) -> None:
        self._of_type = tree.type_software
        self._tags: dict[bool, dict[int, list[int]]] = {False: {}, True: {}}
        for job_id, tag_id, negate in driver.rows(_TAGS, ids):
            self._tags[negate].setdefault(job_id, []).append(tag_id)
        self._agents: dict[bool, dict[int, list[str]]] = {False: {}, True: {}}
        for job_id, agent_id, excluded in driver.rows(_JOB_AGENTS, ids):
            self._agents[excluded].setdefault(job_id, []).append(agent_id)
        self._software: dict[int, list[Interval]] = {}
        for job_id, *interval in driver.rows(_SOFTWARE, ids):
            self._software.setdefault(job_id, []).append((interval[0], interval[1], interval[2]))
        self._limits: dict[int, list[tuple[str, int]]] = {}
        for job_id, name, amount in driver.rows(_LIMITS, ids):
            self._limits.setdefault(job_id, []).append((name, amount))
        self._plain = not any((*self._tags.values(), *self._agents.values(), self._software, self._limits))
        # Most jobs ask for the same few things: one object for all of them is quick to compare.
        self._made: dict[tuple[int, int, int], Need] = {}

    def of(self, row: JobRow) -> Need:
        software = self._of_type.get(row.jobtype_version_id, ())
        if self._plain and not software:
            key = (row.cpus, row.ram, row.gpus)
            if key not in self._made:
                self._made[key] = Need(*key)
            return self._made[key]
        job_id = row.id
        allowed = self._agents[False].get(job_id)
        return Need(
            cpus=row.cpus,
            ram=row.ram,
            gpus=row.gpus,
            tags=frozenset(self._tags[False].get(job_id, ())),
            without_tags=frozenset(self._tags[True].get(job_id, ())),
            software=(*sorted(self._software.get(job_id, ()), key=lambda item: item[0]), *software),
            allowed=None if allowed is None else frozenset(allowed),
            excluded=frozenset(self._agents[True].get(job_id, ())),
            limits=tuple(sorted(self._limits.get(job_id, ()))),
        )


def read_agents(session: Session, ids: Collection[str] | None) -> list[AgentFacts]:
    """Those of `ids` that there are; None: all."""
    if ids is None:
        rows = session.execute(_AGENTS).all()
    else:
        rows = session.execute(_SOME_AGENTS, {"ids": listed(ids)}).all()
    those = {"ids": listed(row.id for row in rows)}
    tags = _grouped(session.execute(_AGENT_TAGS, those))
    gpus = dict(session.execute(_GPUS, those).all())
    software: dict[str, list[tuple[int, int]]] = {}
    for agent_id, software_id, rank in session.execute(_AGENT_SOFTWARE, those):
        software.setdefault(agent_id, []).append((software_id, rank))
    return [
        AgentFacts(
            id=row.id,
            hostname=row.hostname,
            enabled=row.enabled,
            cpus=share_of(row.cpus, row.cpu_allocation, least=1),
            ram=share_of(row.ram, row.ram_allocation),
            gpus=gpus.get(row.id, 0),
            tags=frozenset(tags.get(row.id, ())),
            software=frozenset(software.get(row.id, ())),
            joined=row.joined,
            incarnation=row.incarnation,
            os_class=row.os_class,
        )
        for row in rows
    ]


def _grouped(rows: Iterable[Any]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for key, value in rows:
        found.setdefault(key, []).append(value)
    return found
