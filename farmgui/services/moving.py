"""Moves of many tasks at once, by a condition; each keeps the tally of the jobs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from farmgui.domain.reruns import CLEARED, rerun_states
from farmgui.domain.states import ACTIVE, TaskState, check_task_move
from farmgui.models import IS_OPEN, Attempt, Job, Task
from farmgui.services import blocking, failing
from farmgui.services.bulk import parts
from farmgui.services.tally import Tally

_TRIED_AGAIN: Final = (Task.state == TaskState.QUEUED) & (Task.failures > 0)
"""Queued tasks that failed before: a rerun has them begin anew as well."""
_ASSEMBLED: Final = Task.tile.is_(None) & (Task.state == TaskState.DONE) & ~Task.marked
"""In jobs in tiles: assemblies that were made, after which the tiles are removed."""


def queue_again(
    session: Session, tally: Tally, which: ColumnElement[bool], states: Collection[TaskState]
) -> int:
    """Queue the tasks of `which` that are in one of `states` as if they had never run. Returns how many.

    Where a tile is run again, so is the assembly of its frame; and where that was assembled, all of its tiles
    are, as they are removed by that. Those of `which` that are queued for another try after a failure begin
    anew too, at once.
    """
    those = which & Task.state.in_(states)
    anew = which & _TRIED_AGAIN
    jobs = _count_moves(session, tally, those, TaskState.QUEUED, marked=False)
    waiting = session.scalars(select(Task.job_id).where(anew).distinct()).all()
    touched = {*jobs, *waiting}
    tally.again(touched)
    failing.forget(session, those | anew, touched)
    rows, tiled = which & (Task.state.in_(states) | anew), _tiled(session, jobs)
    frames = _frames(session, rows & Task.tile.is_not(None), tiled)
    used_up = _frames(session, rows & _ASSEMBLED, tiled)
    used_up += [some for frame in frames for some in _frames(session, frame & _ASSEMBLED, tiled)]
    _update(session, anew, dict(CLEARED))
    _update(session, those, {"state": TaskState.QUEUED, **CLEARED})
    number = sum(jobs.values())
    number += sum(_assemble_again(session, tally, frame & Task.tile.is_(None)) for frame in frames)
    return number + sum(
        queue_again(session, tally, frame & Task.tile.is_not(None), rerun_states()) for frame in used_up
    )


def mark(
    session: Session,
    tally: Tally,
    which: ColumnElement[bool],
    states: Collection[TaskState],
    new: TaskState,
    time: datetime,
) -> int:
    """Mark the tasks of `which` that are in one of `states` done or failed by hand, without running."""
    those = which & Task.state.in_(states) & ~(Task.marked & (Task.state == new))
    jobs = _count_moves(session, tally, those, new, marked=True)
    values: dict[str, object] = {"state": new, "marked": True, "time_finished": time, "not_before": None}
    if new is TaskState.DONE:
        values |= {"progress": 1.0, "last_error": None}
    _update(session, those, values)
    return sum(jobs.values())


def stop(session: Session, which: ColumnElement[bool], stop_as: TaskState) -> int:
    """Ask for the end of the open attempts of `which`; their tasks become `stop_as` then. How many."""
    asked = session.execute(
        update(Attempt)
        .where(IS_OPEN, which)
        .values(stop_as=stop_as)
        .returning(Attempt.id)
        .execution_options(synchronize_session=False)
    )
    return len(asked.all())


def _count_moves(
    session: Session, tally: Tally, those: ColumnElement[bool], new: TaskState, *, marked: bool
) -> dict[int, int]:
    """Tell the tally what is about to move; how many tasks of each job."""
    jobs: dict[int, int] = {}
    groups = session.execute(
        select(Task.job_id, Task.state, Task.marked, func.count())
        .where(those)
        .group_by(Task.job_id, Task.state, Task.marked)
    )
    for job_id, old, was_marked, number in groups:
        if old is not new:
            check_task_move(old, new, f"{number} tasks of job {job_id}")
        tally.move(job_id, old, new, number, was_marked=was_marked, marked=marked)
        jobs[job_id] = jobs.get(job_id, 0) + number
    _tell_frames(session, tally, those, jobs)
    return jobs


def _tell_frames(session: Session, tally: Tally, those: ColumnElement[bool], jobs: Collection[int]) -> None:
    """Tell the tally which frames move, of jobs that have tasks that wait for others or are waited for."""
    for part in parts(sorted(blocking.linked(session, jobs))):
        rows = session.execute(select(Task.job_id, Task.frame).where(those, Task.job_id.in_(part)).distinct())
        for job_id, frame in rows:
            tally.at(job_id, (frame,))


def _tiled(session: Session, jobs: Collection[int]) -> list[int]:
    """Those of `jobs` whose frames are in tiles."""
    return [
        job_id
        for part in parts(list(jobs))
        for job_id in session.scalars(select(Job.id).where(Job.id.in_(part), Job.num_tiles.is_not(None)))
    ]


def _frames(session: Session, tasks: ColumnElement[bool], jobs: Collection[int]) -> list[ColumnElement[bool]]:
    """Conditions for all tasks of the frames of which `tasks` are, of these jobs."""
    found: list[ColumnElement[bool]] = []
    for job_id in jobs:
        frames = session.scalars(select(Task.frame).where(tasks, Task.job_id == job_id).distinct()).all()
        found += [(Task.job_id == job_id) & Task.frame.in_(some) for some in parts(frames)]
    return found


def _assemble_again(session: Session, tally: Tally, assemblies: ColumnElement[bool]) -> int:
    """Queue assemblies again whose tiles are rerun, and end those at work. Returns how many are queued."""
    at_work = select(Task.id).where(assemblies, Task.state.in_(ACTIVE))
    stop(session, Attempt.task_id.in_(at_work), TaskState.QUEUED)
    return queue_again(session, tally, assemblies, rerun_states())


def _update(session: Session, those: ColumnElement[bool], values: dict[str, object]) -> None:
    session.execute(update(Task).where(those).values(values).execution_options(synchronize_session=False))
