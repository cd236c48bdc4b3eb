"""The tasks that a frame range makes: stored with a new job, and changed later on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from farmgui.domain.errors import InvalidValue
from farmgui.domain.frames import parse_frames, step_of
from farmgui.domain.jobtypes import JobTypeDefinition
from farmgui.domain.limits import MAX_TASKS
from farmgui.domain.states import ACTIVE, TaskState
from farmgui.models import Attempt, Job, Task
from farmgui.services.bulk import TASKS, for_each, parts
from farmgui.services.moving import stop
from farmgui.services.tally import Tally

Place = tuple[Decimal, int | None]
"""A frame and a tile of it."""

LAST_FRAME: Final = 1_000_000_000
"""Frames are stored as ten-thousandths, which a database's whole numbers must hold."""

_INSERT: Final = insert(TASKS).values(
    state=TaskState.QUEUED, progress=0.0, attempts=0, failures=0, marked=False, removed=False
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
    position: int
    state: TaskState
    marked: bool
    removed: bool


def places(text: str, tiles: int | None, definition: JobTypeDefinition) -> tuple[list[Place], Decimal]:
    """What `text` asks for, in its order, and the step between the frames.

    Raises InvalidValue for no frame range, too many tasks, or frames that the job type doesn't know.
    """
    frames = parse_frames(text)
    if len(frames) * (tiles or 1) > MAX_TASKS:
        raise InvalidValue(
            f"{len(frames):,} frames of {tiles} tiles make more than {MAX_TASKS:,} tasks. "
            "Submit them in smaller parts."
        )
    if definition.whole_frames and any(frame != frame.to_integral_value() for frame in frames):
        raise InvalidValue(
            f'"{text}" has fractional frames, which {definition.title or definition.name} doesn\'t know.'
        )
    if any(abs(frame) > LAST_FRAME for frame in frames):
        raise InvalidValue(f'"{text}" has frames beyond {LAST_FRAME:,}.')
    if any(frame != round(frame, 4) for frame in frames):
        raise InvalidValue(f'"{text}" has frames with more than four digits after the point.')
    numbers: Sequence[int | None] = (None,) if tiles is None else range(tiles)
    return [(frame, tile) for frame in frames for tile in numbers], step_of(frames)


def insert_tasks(session: Session, job_id: int, wanted: Iterable[tuple[int, Place]]) -> None:
    """Store queued tasks, each at its position."""
    rows = [
        {"job_id": job_id, "position": position, "frame": frame, "tile": tile}
        for position, (frame, tile) in wanted
    ]
    for_each(session, _INSERT, rows)


def set_frames(session: Session, tally: Tally, job_id: int, text: str) -> int:
    """Give a job another range: tasks of frames that stay are left, the others come and go. Returns how many.

    Tasks are matched by frame and tile (PyFarm 9.1 rule 3); one that runs goes when its attempt has ended.
    """
    job = session.scalars(select(Job).where(Job.id == job_id)).one()
    wanted, job.by = places(text, job.num_tiles, job.jobtype_version.parsed())
    job.frames = text.strip()
    session.flush()
    position = {place: number for number, place in enumerate(wanted)}
    known = list(_known(session, job_id))
    stay = [task for task in known if (task.frame, task.tile) in position]
    go = [task for task in known if (task.frame, task.tile) not in position and not task.removed]
    for_each(session, _PLACE, list(_replaced(stay, position)))
    _remove(session, tally, job_id, go, after=len(wanted))
    there = {(task.frame, task.tile) for task in stay}
    new = [(number, place) for number, place in enumerate(wanted) if place not in there]
    insert_tasks(session, job_id, new)
    tally.add(job_id, TaskState.QUEUED, len(new))
    return len(new) + len(go)


def _known(session: Session, job_id: int) -> Iterator[_Known]:
    rows = session.execute(
        select(Task.id, Task.frame, Task.tile, Task.position, Task.state, Task.marked, Task.removed).where(
            Task.job_id == job_id
        )
    )
    return (_Known(*row) for row in rows)


def _replaced(stay: list[_Known], position: dict[Place, int]) -> Iterator[dict[str, object]]:
    for task in stay:
        number = position[task.frame, task.tile]
        if number != task.position or task.removed:
            yield {"key": task.id, "position": number, "removed": False}


def _remove(session: Session, tally: Tally, job_id: int, go: list[_Known], *, after: int) -> None:
    """Remove tasks; those that run are put behind the others until they have ended."""
    running = [task for task in go if task.state in ACTIVE]
    for_each(
        session, _PLACE, [{"key": t.id, "position": after + t.position, "removed": True} for t in running]
    )
    for part in parts([task.id for task in running]):
        stop(session, Attempt.task_id.in_(part), TaskState.QUEUED)
    idle = [task for task in go if task.state not in ACTIVE]
    for part in parts([task.id for task in idle]):
        session.execute(delete(TASKS).where(TASKS.c.id.in_(part)))
    for task in idle:
        tally.add(job_id, task.state, -1, marked=task.marked)
