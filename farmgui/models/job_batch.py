"""Which tasks of a job an agent would get next."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from farmgui.domain.batches import batch_limit, pick
from farmgui.domain.states import TaskState
from farmgui.models.agent import Agent
from farmgui.models.job_tasks import session_of
from farmgui.models.task import Task, failed_on

if TYPE_CHECKING:
    from farmgui.models.job import Job


def next_batch(job: Job, agent: Agent, now: datetime) -> list[Task]:
    """The queued tasks that `agent` would get next (PyFarm 2.5).

    Those that failed on it come only where there are no others (9.1 rule 8).
    """
    session = session_of(job)
    waiting = session.execute(
        select(Task.id, Task.frame, Task.tile)
        .where(
            Task.job_id == job.id,
            Task.state == TaskState.QUEUED,
            ~Task.blocked,
            or_(Task.not_before.is_(None), Task.not_before <= now),
        )
        .order_by(Task.position)
    ).all()
    failed = _failed_on(session, agent.id, job.id)
    version = job.jobtype_version
    limit = batch_limit(job.batch, version.max_batch)
    candidates = [row for row in waiting if row.id not in failed] or waiting
    picked = pick(candidates, limit, job.by, contiguous=version.batch_contiguous)
    found = session.scalars(
        select(Task).where(Task.id.in_([row.id for row in picked])).order_by(Task.position)
    )
    return list(found)


def _failed_on(session: Session, agent_id: str, job_id: int) -> Collection[int]:
    return set(
        session.scalars(
            select(failed_on.c.task_id)
            .join(Task, Task.id == failed_on.c.task_id)
            .where(failed_on.c.agent_id == agent_id, Task.job_id == job_id)
        )
    )
