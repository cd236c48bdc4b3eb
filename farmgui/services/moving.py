"""Moves of many tasks at once, by a condition; each keeps the tally of the jobs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from farmgui.domain.reruns import CLEARED
from farmgui.domain.states import TaskState, check_task_move
from farmgui.models import IS_OPEN, Attempt, Task, failed_on
from farmgui.services.tally import Tally


def queue_again(
    session: Session, tally: Tally, which: ColumnElement[bool], states: Collection[TaskState]
) -> int:
    """Queue the tasks of `which` that are in one of `states` as if they had never run. Returns how many."""
    those = which & Task.state.in_(states)
    jobs = _count_moves(session, tally, those, TaskState.QUEUED, marked=False)
    tally.again(jobs)
    session.execute(delete(failed_on).where(failed_on.c.task_id.in_(select(Task.id).where(those))))
    _update(session, those, {"state": TaskState.QUEUED, **CLEARED})
    return sum(jobs.values())


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
    values: dict[str, object] = {"state": new, "marked": True, "time_finished": time}
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
        tally.add(job_id, old, -number, marked=was_marked)
        tally.add(job_id, new, number, marked=marked)
        jobs[job_id] = jobs.get(job_id, 0) + number
    return jobs


def _update(session: Session, those: ColumnElement[bool], values: dict[str, object]) -> None:
    session.execute(update(Task).where(those).values(values).execution_options(synchronize_session=False))
