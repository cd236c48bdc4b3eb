"""What a rerun or a deletion would hit, told before it is done."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from farmgui.domain.snapshots import DeleteEffect, RerunEffect
from farmgui.domain.states import TaskState
from farmgui.models import Job, Task
from farmgui.services.bulk import parts
from farmgui.services.dependencies import dependants_of


def rerun(session: Session, job_ids: Sequence[int], *, failed_only: bool) -> RerunEffect:
    """What a rerun of these jobs, which are known to be there, would queue again, and how long it took."""
    done, failed, _ = _finished(session, job_ids)
    _, _, dependants = _finished(session, dependants_of(session, job_ids))
    return RerunEffect(
        done=0 if failed_only else done,
        failed=failed,
        seconds=0.0 if failed_only else _seconds(session, job_ids),
        dependants=dependants,
    )


def deletion(session: Session, job_ids: Sequence[int]) -> DeleteEffect:
    """What a deletion of these jobs, which are known to be there, would hit."""
    titles, running = _titles_and_running(session, job_ids)
    dependants, run_there = _titles_and_running(session, dependants_of(session, job_ids))
    return DeleteEffect(titles, running, dependants, run_there)


def _finished(session: Session, job_ids: Sequence[int]) -> tuple[int, int, int]:
    """The done and the failed tasks of these jobs, and how many of the jobs have such tasks."""
    done = failed = jobs = 0
    for part in parts(job_ids):
        rows = session.execute(
            select(Job.num_done, Job.num_failed).where(Job.id.in_(part), Job.num_done + Job.num_failed > 0)
        )
        for row in rows:
            done, failed, jobs = done + row.num_done, failed + row.num_failed, jobs + 1
    return done, failed, jobs


def _seconds(session: Session, job_ids: Sequence[int]) -> float:
    """How long the done tasks of these jobs took in all; marked ones took none."""
    days = func.julianday(Task.time_finished) - func.julianday(Task.time_started)
    done = select(func.sum(days)).where(Task.state == TaskState.DONE, ~Task.marked)
    return sum(
        float(session.scalar(done.where(Task.job_id.in_(part))) or 0) * 86_400 for part in parts(job_ids)
    )


def _titles_and_running(session: Session, job_ids: Sequence[int]) -> tuple[tuple[str, ...], int]:
    """The titles of those of `job_ids` that are there for good, and how many tasks of them run."""
    titles: list[str] = []
    running = 0
    for part in parts(sorted(job_ids)):
        for title, number in session.execute(
            select(Job.title, Job.num_running + Job.num_assigned)
            .where(Job.id.in_(part), ~Job.to_be_deleted)
            .order_by(Job.id)
        ):
            titles.append(title)
            running += number
    return tuple(titles), running
