"""Makes the orders for an agent from what is stored; the same for a first sending and for a later one."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from farmgui.domain.allocations import share_of
from farmgui.domain.frames import frame_text
from farmgui.domain.jobtypes import (
    BatchFrame,
    JobTypeDefinition,
    assembly,
    batch_command,
    task_outputs,
    task_words,
)
from farmgui.domain.orders import BatchMode, BatchOrder, TaskOrder
from farmgui.models import IS_OPEN, Agent, Attempt, JobTypeVersion, Task
from farmgui.services.bulk import Driver, listed, parts, stored_frame
from farmgui.services.commands import task_environ, template_values


@dataclass(frozen=True, slots=True)
class OrderedTask:
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

    @property
    def contiguous(self) -> bool:
        """Whether a batch takes only frames that are one step apart, of one tile."""
        return self.definition.batch_contiguous

    @property
    def most(self) -> int:
        """How many tasks a batch may have."""
        return min(self.batch, self.definition.max_batch or self.batch)

    @property
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
    def environ(self) -> dict[str, str]:
        """The environment of its tasks. Raises BadCommand."""
        return task_environ(self.definition, self.values, self.own_environ)

    @cached_property
    def assembly(self) -> JobTypeDefinition:
        """How the tiles of a frame are put together: by a command of its own, one frame at a time."""
        return assembly(self.definition)

    @cached_property
    def cwd(self) -> str | None:
        """Where its tasks run."""
        return str(self.data["cwd"]) if self.data.get("cwd") else None

    @cached_property
    def watched(self) -> tuple[str | None, str | None]:
        """The scene whose change is worth a warning, with its stamp; none where a copy of it is rendered."""
        scene, stamp = self.data.get("scene"), self.data.get("scene_stamp")
        if self.data.get("scene_copy") or not scene or not stamp:
            return None, None
        return str(scene), str(stamp)

    def runs(self, tasks: Sequence[OrderedTask]) -> JobTypeDefinition:
        """How these tasks are run; a task without a tile, in a job of tiles, is an assembly."""
        assembles = self.num_tiles and self.definition.assemble and all(task.tile is None for task in tasks)
        return self.assembly if assembles else self.definition


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
        definition = job.runs(tasks)
        whole = definition.mode is BatchMode.ONE_PROCESS
        frames = [BatchFrame(task.frame, task.tile) for task in tasks]
        watched, stamp = job.watched
        return BatchOrder(
            token=batch,
            job_id=job.id,
            title=job.title,
            mode=definition.mode,
            tasks=tuple(_tasks(job, definition, tasks, frames, whole=whole)),
            argv=batch_command(definition, job.values, frames) if whole else (),
            cwd=job.cwd,
            environ=job.environ,
            patterns=definition.patterns,
            cpus=cpus,
            ram=ram,
            ram_warning=job.ram_warning,
            ram_max=job.ram_max,
            nice=self._nice,
            watched=watched,
            watched_stamp=stamp,
            timeout=definition.timeout if job.timeout is None else job.timeout,
            silence_timeout=(
                definition.silence_timeout if job.silence_timeout is None else job.silence_timeout
            ),
            gpus=job.gpus,
            no_automatic_start_time=definition.no_automatic_start_time,
        )

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


def _tasks(
    job: OrderedJob,
    definition: JobTypeDefinition,
    tasks: Sequence[OrderedTask],
    frames: Sequence[BatchFrame],
    *,
    whole: bool,
) -> Iterable[TaskOrder]:
    for task, frame in zip(tasks, frames, strict=True):
        if whole:
            argv: tuple[str, ...] = ()
            outputs = task_outputs(definition, job.values, frame)
        else:
            # Tiles and assemblies may be in one batch where each task runs on its own.
            argv, outputs = task_words(job.runs([task]), job.values, frame)
        yield TaskOrder(task.token, frame_text(task.frame), task.tile, task.log, argv, outputs)
