"""Makes the orders for an agent from what is stored; the same for a first sending and for a later one."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from farmgui.domain.allocations import share_of
from farmgui.domain.frames import frame_text
from farmgui.domain.jobtypes import JobTypeDefinition, JobWords, assembly
from farmgui.domain.orders import BatchMode, BatchOrder, TaskOrder
from farmgui.domain.sights import Question, question
from farmgui.models import IS_OPEN, Agent, Attempt, JobTypeVersion, Task
from farmgui.services.bulk import Driver, listed, parts, stored_frame
from farmgui.services.commands import task_environ, template_values


class OrderedTask(NamedTuple):
    """An attempt that is to be run."""

    token: str
    frame: Decimal
    tile: int | None
    log: str


@dataclass(frozen=True)
class OrderedJob:
    """What a job says of each of its batches."""

    id: int
    title: str
    data: Mapping[str, Any]
    own_environ: Mapping[str, Any]
    cpus: int
    ram: int
    gpus: int
    ram_warning: int | None
    ram_max: int | None
    timeout: int | None
    silence_timeout: int | None
    by: Decimal
    batch: int
    num_tiles: int | None
    may_start: bool
    """Whether new work of it may be started."""
    definition: JobTypeDefinition

    @cached_property
    def contiguous(self) -> bool:
        """Whether a batch takes only frames that are one step apart, of one tile."""
        return self.definition.batch_contiguous

    @cached_property
    def most(self) -> int:
        """How many tasks a batch may have."""
        return min(self.batch, self.definition.max_batch or self.batch)

    @cached_property
    def width(self) -> int:
        """Of how many tasks in a row one can be in a batch: a contiguous one takes one tile of each frame."""
        if not self.contiguous or self.num_tiles is None:
            return 1
        return self.num_tiles + bool(self.definition.assemble)

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """The placeholders that are the same for all of its batches."""
        return template_values(
            self.data, title=self.title, cpus=self.cpus, ram=self.ram, by=self.by, num_tiles=self.num_tiles
        )

    @cached_property
    def plan(self) -> Plan:
        """How its tasks are run. Raises BadCommand."""
        return _plan(self, self.definition)

    @cached_property
    def assembly(self) -> Plan:
        """How the tiles of a frame are put together: by a command of its own, one frame at a time."""
        return _plan(self, assembly(self.definition))

    @cached_property
    def question(self) -> Question | None:
        """What agents have to see for it; None where nothing is known of its files."""
        return question(self.data)

    @property
    def watched(self) -> tuple[str | None, str | None]:
        """The scene whose change is worth a warning, with its stamp; none where a copy of it is rendered."""
        scene, stamp = self.data.get("scene"), self.data.get("scene_stamp")
        if self.data.get("scene_copy") or not scene or not stamp:
            return None, None
        return str(scene), str(stamp)

    def runs(self, tasks: Sequence[OrderedTask]) -> Plan:
        """How these tasks are run; without a tile, in a job of tiles, as an assembly. Raises BadCommand."""
        if self.num_tiles and self.definition.assemble and all(task.tile is None for task in tasks):
            return self.assembly
        return self.plan


class Plan(NamedTuple):
    """How tasks of a job are run."""

    words: JobWords
    order: BatchOrder
    """What the orders for its batches have in common."""


def _plan(job: OrderedJob, definition: JobTypeDefinition) -> Plan:
    watched, stamp = job.watched
    order = BatchOrder(
        token="",
        job_id=job.id,
        title=job.title,
        mode=definition.mode,
        tasks=(),
        cwd=str(job.data["cwd"]) if job.data.get("cwd") else None,
        environ=task_environ(definition, job.values, job.own_environ),
        patterns=definition.patterns,
        ram_warning=job.ram_warning,
        ram_max=job.ram_max,
        watched=watched,
        watched_stamp=stamp,
        timeout=definition.timeout if job.timeout is None else job.timeout,
        silence_timeout=definition.silence_timeout if job.silence_timeout is None else job.silence_timeout,
        gpus=job.gpus,
        no_automatic_start_time=definition.no_automatic_start_time,
    )
    return Plan(JobWords(definition, job.values), order)


_JOB_NAMES: Final = tuple(field.name for field in fields(OrderedJob))
_JOBS: Final = (
    "SELECT id, title, data, environ, cpus, ram, gpus, ram_warning, ram_max, timeout, silence_timeout, by, "
    "batch, num_tiles, state IN ('queued', 'running') AND NOT hidden AND NOT to_be_deleted, "
    "jobtype_version_id FROM jobs WHERE id IN (SELECT value FROM json_each(?))"
)
_ATTEMPTS: Final = (
    select(
        Attempt.batch,
        Attempt.job_id,
        Attempt.token,
        Task.frame,
        Task.tile,
        Attempt.log,
        Attempt.cpus,
        Attempt.ram,
        Agent.cpus.label("all_cpus"),
        Agent.ram.label("all_ram"),
        Agent.cpu_allocation,
        Agent.ram_allocation,
    )
    .join(Task, Task.id == Attempt.task_id)
    .join(Agent, Agent.id == Attempt.agent_id)
    .where(IS_OPEN)
    .order_by(Attempt.id)
)
_MOST_KNOWN: Final = 20_000
"""Jobs that are kept in memory as they were ordered."""


class Orders:
    """Makes orders. Versions of job types never change, so each is parsed once."""

    def __init__(self, nice: int = 0) -> None:
        self._nice = nice
        self._definitions: dict[int, JobTypeDefinition] = {}
        self._known: dict[int, tuple[tuple[Any, ...], OrderedJob]] = {}

    def jobs(self, session: Session, ids: Collection[int]) -> dict[int, OrderedJob]:
        """The jobs of `ids` that are stored, by id."""
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        return {row[0]: self._job(session, row) for row in Driver(session).rows(_JOBS, (listed(ids),))}

    def of_batches(self, session: Session, batches: Collection[str]) -> list[BatchOrder]:
        """The orders of batches that have open attempts, made anew. Raises BadCommand."""
        groups: dict[str, list[Any]] = {}
        for part in parts(list(batches)):
            for row in session.execute(_ATTEMPTS.where(Attempt.batch.in_(part))):
                groups.setdefault(row.batch, []).append(row)
        jobs = self.jobs(session, {rows[0].job_id for rows in groups.values()})
        return [self._again(jobs[rows[0].job_id], batch, rows) for batch, rows in groups.items()]

    def make(
        self, job: OrderedJob, batch: str, tasks: Sequence[OrderedTask], *, cpus: int, ram: int
    ) -> BatchOrder:
        """The order for a batch that takes `cpus` and `ram` (MB) of its agent. Raises BadCommand."""
        words, order = job.runs(tasks)
        if order.mode is BatchMode.ONE_PROCESS:
            argv = words.command(tasks)
            ordered = [_ordered(task, (), words.outputs(task)) for task in tasks]
        else:
            argv = ()
            # Tiles and assemblies may be in one batch where each task runs on its own.
            ordered = [_ordered(task, *job.runs((task,)).words.of_task(task)) for task in tasks]
        return order.given(batch, tuple(ordered), argv, cpus=cpus, ram=ram, nice=self._nice)

    def _again(self, job: OrderedJob, batch: str, rows: Sequence[Any]) -> BatchOrder:
        first = rows[0]
        tasks = [OrderedTask(row.token, row.frame, row.tile, row.log) for row in rows]
        all_cpus = share_of(first.all_cpus, first.cpu_allocation, least=1)
        all_ram = share_of(first.all_ram, first.ram_allocation)
        cpus, ram = taken(first.cpus, first.ram, all_cpus, all_ram)
        return self.make(job, batch, tasks, cpus=cpus, ram=ram)

    def _job(self, session: Session, row: tuple[Any, ...]) -> OrderedJob:
        known = self._known.get(row[0])
        if known is not None and known[0] == row:
            return known[1]
        values = dict(zip(_JOB_NAMES, row, strict=True))
        job = OrderedJob(
            **values
            | {
                "data": json.loads(values["data"] or "null") or {},
                "own_environ": json.loads(values["own_environ"] or "null") or {},
                "by": stored_frame(values["by"]),
                "may_start": bool(values["may_start"]),
                "definition": self._definition(session, values["definition"]),
            }
        )
        self._known[job.id] = (row, job)
        return job

    def _definition(self, session: Session, version_id: int) -> JobTypeDefinition:
        known = self._definitions.get(version_id)
        if known is None:
            version = session.scalars(select(JobTypeVersion).where(JobTypeVersion.id == version_id)).one()
            known = self._definitions[version_id] = version.parsed()
        return known


def taken(cpus: int, ram: int, all_cpus: int, all_ram: int) -> tuple[int, int]:
    """What a batch takes of an agent with so much: -1 stands for all of it."""
    return (all_cpus if cpus < 0 else cpus), (all_ram if ram < 0 else ram)


def _ordered(task: OrderedTask, argv: tuple[str, ...], outputs: tuple[str, ...]) -> TaskOrder:
    return TaskOrder(task.token, frame_text(task.frame), task.tile, task.log, argv, outputs)
