"""The tasks that a frame range makes: stored with a new job, and changed later on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from farmgui.domain.offering import LAST, place_of, positions
from farmgui.domain.ranges import Place, places, range_change
from farmgui.domain.states import ACTIVE, TaskState
from farmgui.models import Attempt, Job
from farmgui.models.task import RESERVE
from farmgui.services.bulk import TASKS, Driver, for_each, parts
from farmgui.services.moving import stop
from farmgui.services.tally import Tally

_INSERT: Final = (
    "INSERT INTO tasks (job_id, position, frame, tile, state, priority, progress, attempts, failures, "
    "marked, removed, blocked, reserve) "
    "VALUES (?, ?, ?, ?, 'queued', 0, 0.0, 0, 0, FALSE, FALSE, FALSE, ?)"
)
_PLACE: Final = (
    update(TASKS)
    .where(TASKS.c.id == bindparam("key"))
    .values(position=bindparam("position"), removed=bindparam("removed"))
)


class _Known(NamedTuple):
    id: int
    frame: Decimal
    tile: int | None
    priority: int
    position: int
    state: TaskState
    marked: bool
    removed: bool
    blocked: bool


_KNOWN: Final = select(*(TASKS.c[name] for name in _Known._fields)).where(TASKS.c.job_id == bindparam("job"))


def insert_tasks(
    session: Session, tally: Tally, job_id: int, wanted: Sequence[Place], preview: int | None
) -> None:
    """Store the queued tasks of a new job, in the order that they are to be offered in.

    The tally counts them, and blocks those that wait for others, when it is settled: by then the job's
    dependencies must be stored.
    """
    order = positions([frame for frame, _ in wanted], preview, [0] * len(wanted))
    _insert(session, tally, job_id, list(zip(order, wanted, strict=True)))


def replace_positions(session: Session, job_id: int) -> None:
    """Place the tasks of a job anew: its `preview` or the priority of a task was changed."""
    preview = session.scalar(select(Job.preview).where(Job.id == job_id))
    tasks = sorted(
        (task for task in _known(session, job_id) if not task.removed),
        key=lambda task: place_of(task.position),
    )
    order = positions([task.frame for task in tasks], preview, [task.priority for task in tasks])
    _place(session, zip(tasks, order, strict=True))


def set_frames(session: Session, tally: Tally, job_id: int, text: str) -> int:
    """Give a job another range: tasks of frames that stay are left, the others come and go. Returns how many.

    Tasks are matched by frame and tile (PyFarm 9.1 rule 3); one that runs goes when its attempt has ended.
    A paused job stays paused. All frames of the range get their tasks, also those whose files were there when
    the job was submitted for the missing ones: what was left out then isn't known any more.
    """
    job = session.scalars(select(Job).where(Job.id == job_id)).one()
    wanted, job.by = places(text, job.num_tiles, job.jobtype_version.parsed())
    job.frames = text.strip()
    session.flush()
    change = range_change(_known(session, job_id), wanted, job.preview)
    _place(session, change.stay)
    tally.at(job_id, (task.frame for task, _ in change.stay if task.removed))
    _remove(session, tally, job_id, change.go)
    _insert(session, tally, job_id, change.new)
    return len(change.new) + len(change.go)


def _known(session: Session, job_id: int) -> Iterator[_Known]:
    return (_Known(*row) for row in session.connection().execute(_KNOWN, {"job": job_id}))


def _insert(session: Session, tally: Tally, job_id: int, wanted: Sequence[tuple[int, Place]]) -> None:
    rows = [
        (job_id, position, int(frame.scaleb(4)), tile, bytes(RESERVE)) for position, (frame, tile) in wanted
    ]
    Driver(session).many(_INSERT, rows)
    tally.came(job_id, len(rows))
    tally.at(job_id, (frame for _, (frame, _) in wanted))


def _place(session: Session, order: Iterable[tuple[_Known, int]]) -> None:
    rows = [
        {"key": task.id, "position": position, "removed": False}
        for task, position in order
        if position != task.position or task.removed
    ]
    for_each(session, _PLACE, rows)


def _remove(session: Session, tally: Tally, job_id: int, go: Sequence[_Known]) -> None:
    """Remove tasks; those that run are put behind the others until they have ended."""
    running = [task for task in go if task.state in ACTIVE]
    for_each(
        session, _PLACE, [{"key": t.id, "position": LAST + t.position, "removed": True} for t in running]
    )
    for part in parts([task.id for task in running]):
        stop(session, Attempt.task_id.in_(part), TaskState.QUEUED)
    idle = [task for task in go if task.state not in ACTIVE]
    for part in parts([task.id for task in idle]):
        session.execute(delete(TASKS).where(TASKS.c.id.in_(part)))
    for task in idle:
        tally.went(job_id, task.state, marked=task.marked, blocked=task.blocked)
    tally.at(job_id, (task.frame for task in go))
