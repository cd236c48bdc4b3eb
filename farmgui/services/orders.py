"""Makes the orders for an agent from what is stored; the same for a first sending and for a later one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from farmgui.domain.frames import frame_text
from farmgui.domain.jobtypes import BatchFrame, JobTypeDefinition, batch_command, task_outputs
from farmgui.domain.orders import BatchMode, BatchOrder, TaskOrder
from farmgui.domain.states import SCHEDULED, JobState
from farmgui.models import IS_OPEN, Agent, Attempt, JobTypeVersion, Task
from farmgui.services.bulk import JOBS, any_of, parts
from farmgui.services.commands import task_environ, template_values


@dataclass(frozen=True, slots=True)
class OrderedTask:
    """An attempt that is to be run."""

    token: str
    frame: Decimal
    tile: int | None
    log: str


@dataclass(frozen=True, slots=True)
class OrderedJob:
    """What a job says of each of its batches."""

    id: int
    title: str
    data: Mapping[str, Any] | None
    environ: Mapping[str, Any] | None
    cpus: int
    ram: int
    ram_warning: int | None
    ram_max: int | None
    by: Decimal
    batch: int
    num_tiles: int | None
    state: JobState
    hidden: bool
    to_be_deleted: bool
    definition: JobTypeDefinition

    @property
    def may_start(self) -> bool:
        """Whether new work of it may be started."""
        return self.state in SCHEDULED and not self.hidden and not self.to_be_deleted

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
        return (self.num_tiles or 1) if self.contiguous else 1


_COLUMNS: Final = (
    "id",
    "title",
    "data",
    "environ",
    "cpus",
    "ram",
    "ram_warning",
    "ram_max",
    "by",
    "batch",
    "num_tiles",
    "state",
    "hidden",
    "to_be_deleted",
    "jobtype_version_id",
)
_JOBS: Final = select(*(JOBS.c[name] for name in _COLUMNS)).where(JOBS.c.id.in_(any_of("ids")))
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
    )
    .join(Task, Task.id == Attempt.task_id)
    .join(Agent, Agent.id == Attempt.agent_id)
    .where(IS_OPEN)
    .order_by(Attempt.id)
)


class Orders:
    """Makes orders. Versions of job types never change, so each is parsed once."""

    def __init__(self, nice: int = 0) -> None:
        self._nice = nice
        self._definitions: dict[int, JobTypeDefinition] = {}

    def jobs(self, session: Session, ids: Collection[int]) -> dict[int, OrderedJob]:
        """The jobs of `ids` that are stored, by id."""
        connection = session.connection()
        rows = [row for part in parts(list(ids)) for row in connection.execute(_JOBS, {"ids": part})]
        return {row.id: self._job(session, row) for row in rows}

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
        data = job.data or {}
        values = template_values(data, title=job.title, cpus=job.cpus, ram=job.ram, by=job.by)
        definition = job.definition
        whole = definition.mode is BatchMode.ONE_PROCESS
        frames = [BatchFrame(task.frame, task.tile) for task in tasks]
        watched, stamp = _watched(data)
        return BatchOrder(
            token=batch,
            job_id=job.id,
            title=job.title,
            mode=definition.mode,
            tasks=tuple(_tasks(definition, values, tasks, frames, whole=whole)),
            argv=batch_command(definition, values, frames) if whole else (),
            cwd=str(data["cwd"]) if data.get("cwd") else None,
            environ=task_environ(definition, values, job.environ),
            patterns=definition.patterns,
            cpus=cpus,
            ram=ram,
            ram_warning=job.ram_warning,
            ram_max=job.ram_max,
            nice=self._nice,
            watched=watched,
            watched_stamp=stamp,
        )

    def _again(self, job: OrderedJob, batch: str, rows: Sequence[Any]) -> BatchOrder:
        first = rows[0]
        tasks = [OrderedTask(row.token, row.frame, row.tile, row.log) for row in rows]
        cpus, ram = taken(first.cpus, first.ram, first.all_cpus, first.all_ram)
        return self.make(job, batch, tasks, cpus=cpus, ram=ram)

    def _job(self, session: Session, row: Sequence[Any]) -> OrderedJob:
        arguments: list[Any] = [*row[:-1], self._definition(session, row[-1])]
        return OrderedJob(*arguments)

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
    definition: JobTypeDefinition,
    values: Mapping[str, Any],
    tasks: Sequence[OrderedTask],
    frames: Sequence[BatchFrame],
    *,
    whole: bool,
) -> Iterable[TaskOrder]:
    for task, frame in zip(tasks, frames, strict=True):
        yield TaskOrder(
            token=task.token,
            frame=frame_text(task.frame),
            tile=task.tile,
            log=task.log,
            argv=() if whole else batch_command(definition, values, [frame]),
            outputs=task_outputs(definition, values, frame),
        )


def _watched(data: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The scene whose change is worth a warning, with its stamp; none where a copy of it is rendered."""
    scene, stamp = data.get("scene"), data.get("scene_stamp")
    if data.get("scene_copy") or not scene or not stamp:
        return None, None
    return str(scene), str(stamp)
