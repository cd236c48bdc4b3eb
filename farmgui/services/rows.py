"""The statements that read what tables show, and the frozen rows that they become."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from farmgui.domain.counts import TaskCounts
from farmgui.domain.snapshots import AttemptRow, JobRow, TaskRow
from farmgui.domain.states import JobState
from farmgui.models import (
    IS_OPEN,
    Agent,
    Attempt,
    Job,
    JobGroup,
    JobQueue,
    JobType,
    JobTypeVersion,
    Task,
    User,
    dependencies,
)
from farmgui.services.bulk import among, listed

JOBS: Final = (
    select(
        Job.id,
        Job.title,
        Job.state,
        Job.priority,
        Job.weight,
        Job.job_queue_id,
        func.coalesce(JobQueue.fullpath, "/"),
        func.coalesce(User.name, ""),
        JobType.name,
        JobTypeVersion.version,
        Job.num_queued,
        Job.num_assigned,
        Job.num_running,
        Job.num_done,
        Job.num_failed,
        Job.frames,
        Job.by,
        Job.num_tiles,
        Job.batch,
        Job.requeue,
        Job.cpus,
        Job.ram,
        Job.ram_warning,
        Job.ram_max,
        Job.minimum_agents,
        Job.maximum_agents,
        Job.autodelete_time,
        Job.notes,
        Job.output_link,
        Job.hidden,
        Job.to_be_deleted,
        Job.time_submitted,
        Job.time_started,
        Job.time_finished,
        Job.last_error,
        Job.warning,
        Job.waiting,
        Job.waiting_since,
        Job.pause_reason,
        func.coalesce(JobGroup.title, ""),
        Job.gpus,
        Job.start_after,
        Job.num_blocked,
        Job.failures,
        Job.most_failures,
        Job.most_per_agent,
        Job.preview,
        Job.timeout,
        Job.silence_timeout,
    )
    .join(JobTypeVersion, JobTypeVersion.id == Job.jobtype_version_id)
    .join(JobType, JobType.id == JobTypeVersion.jobtype_id)
    .outerjoin(JobQueue, JobQueue.id == Job.job_queue_id)
    .outerjoin(User, User.id == Job.user_id)
    .outerjoin(JobGroup, JobGroup.id == Job.job_group_id)
    .order_by(Job.id)
)
_COUNTS: Final = 10
_AFTER_COUNTS: Final = _COUNTS + 5
_AFTER_TIMES: Final = _AFTER_COUNTS + 19

IN_USE: Final = (
    select(Attempt.job_id, func.count(Attempt.agent_id.distinct())).where(IS_OPEN).group_by(Attempt.job_id)
)

HOLDS_BACK: Final = and_(
    Job.state != JobState.DONE,
    or_(Job.state != JobState.FAILED, Job.num_failed != Job.num_marked_failed),
)
"""Whether a parent holds its dependants back: `domain.dependencies` in SQL."""

_UNMET: Final = (
    select(dependencies.c.childid, Job.state, func.count())
    .join(Job, Job.id == dependencies.c.parentid)
    .where(HOLDS_BACK)
    .group_by(dependencies.c.childid, Job.state)
)
"""The parents that hold each job back."""


def unmet_parents(session: Session, ids: Iterable[int] | None = None) -> dict[int, tuple[int, int]]:
    """For each job (of `ids`) that is held back: how many parents are unfinished, and how many failed."""
    if ids is None:
        rows = session.execute(_UNMET)
    else:
        rows = session.execute(_UNMET.where(among(dependencies.c.childid)), {"ids": listed(ids)})
    found: dict[int, tuple[int, int]] = {}
    for child, state, number in rows:
        unfinished, failed = found.get(child, (0, 0))
        if state is JobState.FAILED:
            found[child] = (unfinished, failed + number)
        else:
            found[child] = (unfinished + number, failed)
    return found


def job_row(row: Sequence[Any], agents: int, unmet: tuple[int, int]) -> JobRow:
    """A row of JOBS as what leaves the session."""
    counts = TaskCounts(*row[_COUNTS:_AFTER_COUNTS])
    arguments: list[Any] = [*row[:_COUNTS], counts, *row[_AFTER_COUNTS:_AFTER_TIMES], agents, *unmet]
    return JobRow(*arguments, *row[_AFTER_TIMES:])


TASKS: Final = (
    select(
        Task.id,
        Task.job_id,
        Job.title,
        Task.frame,
        Task.tile,
        Task.state,
        Task.progress,
        Task.attempts,
        Task.failures,
        func.coalesce(Agent.hostname, ""),
        Task.time_started,
        Task.time_finished,
        Task.last_error,
        Task.warning,
        Task.marked,
        Task.attempt_id,
        Task.blocked,
        Task.not_before,
    )
    .join(Job, Job.id == Task.job_id)
    .outerjoin(Agent, Agent.id == Task.agent_id)
    .order_by(Task.job_id, Task.position)
)


_BEFORE_STOPPING: Final = 15


def task_row(row: Sequence[Any], is_stopping: Callable[[int], bool]) -> TaskRow:
    """A row of TASKS as what leaves the session."""
    arguments: list[Any] = [*row[:_BEFORE_STOPPING], is_stopping(row[0]), *row[_BEFORE_STOPPING:]]
    return TaskRow(*arguments)


ATTEMPTS: Final = (
    select(
        Attempt.id,
        Attempt.task_id,
        Attempt.number,
        Attempt.state,
        Agent.hostname,
        Attempt.log,
        Attempt.time_started,
        Attempt.time_finished,
        Attempt.exit_status,
        Attempt.reason,
        Attempt.cpu_seconds,
        Attempt.peak_ram,
        Agent.joined,
    )
    .join(Agent, Agent.id == Attempt.agent_id)
    .order_by(Attempt.task_id, Attempt.number)
)


def attempt_row(row: Sequence[Any]) -> AttemptRow:
    """A row of ATTEMPTS as what leaves the session."""
    return AttemptRow(*row)
