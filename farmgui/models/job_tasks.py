"""What a job does with its own tasks inside of a session: rerun them, block them, take another range.

The rules are pure functions of the domain; here they are applied to rows. Nothing is committed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session, object_session

from farmgui.domain.blocking import is_assembly, is_blocked, is_stuck, waited_for
from farmgui.domain.counts import TaskCounts
from farmgui.domain.offering import LAST
from farmgui.domain.ranges import Place, places, range_change
from farmgui.domain.reruns import JOB_CLEARED, rerun_states, state_before_counts
from farmgui.domain.states import ACTIVE, TaskState
from farmgui.models.attempt import IS_OPEN, Attempt
from farmgui.models.dependency import dependencies
from farmgui.models.task import Task, failed_on

if TYPE_CHECKING:
    from farmgui.models.job import Job


_PART: Final = 10_000


def session_of(job: Job) -> Session:
    """The session that the job is in."""
    session = object_session(job)
    if session is None:
        raise ValueError(f"{job!r} is in no session")
    return session


def rerun(job: Job, *, failed_only: bool) -> int:
    """Queue finished tasks again as if they had never run, and forget where they failed. Returns how many."""
    states = rerun_states(failed_only)
    again = [task for task in job.tasks if task.state in states]
    tried = [task for task in job.tasks if task.state is TaskState.QUEUED and task.failures]
    if not again and not tried:
        return 0
    assemblies = _assemblies(job, {task.frame for task in (*again, *tried) if task.tile is not None})
    known = set(again)
    again += [task for task in assemblies if task.state in rerun_states() and task not in known]
    _stop(session_of(job), [task for task in assemblies if task.state in ACTIVE])
    _forget_failures(job, [*again, *tried])
    for task in (*again, *tried):
        task.requeue()
    job.state = state_before_counts(job.state, job.pause_reason)
    for name, value in JOB_CLEARED.items():
        setattr(job, name, value)
    job.last_error = _last_error(job.tasks)
    block(job)
    return len(again)


def alter_frames(job: Job, text: str) -> int:
    """Give the job another frame range. Returns how many tasks came and went."""
    wanted, job.by = places(text, job.num_tiles, job.jobtype_version.parsed())
    job.frames = text.strip()
    change = range_change(job.tasks, wanted, job.preview)
    for task, position in change.stay:
        task.position, task.removed = position, False
    running = [task for task in change.go if task.state in ACTIVE]
    for task in running:
        task.position, task.removed = LAST + task.position, True
    _stop(session_of(job), running)
    _replace(job, [task for task in change.go if task.state not in ACTIVE], change.new)
    block(job)
    return len(change.new) + len(change.go)


def _replace(job: Job, gone: Sequence[Task], new: Sequence[tuple[int, Place]]) -> None:
    """Remove tasks and make others, past the list `job.tasks`: each change of it would cost its length."""
    session = session_of(job)
    session.flush()
    for part in _parts([task.id for task in gone]):
        session.execute(delete(Task).where(Task.id.in_(part)).execution_options(synchronize_session=False))
    for task in gone:
        session.expunge(task)
    rows = [
        {"job_id": job.id, "position": position, "frame": frame, "tile": tile}
        for position, (frame, tile) in new
    ]
    if rows:
        session.execute(insert(Task), rows)
    session.expire(job, ["tasks"])


def block(job: Job) -> None:
    """Find out which tasks wait for others, here and in the jobs that depend on this one frame by frame."""
    _block(job)
    session = session_of(job)
    links = select(dependencies.c.childid).where(dependencies.c.by_frame, dependencies.c.parentid == job.id)
    for child in session.scalars(select(type(job)).where(type(job).id.in_(links))):
        _block(child)
        child.update_state()
    job.update_state()


def counts(job: Job) -> tuple[TaskCounts, int, int]:
    """The job's tasks by state; those of them that were marked failed by hand, and those that are blocked."""
    rows = session_of(job).execute(
        select(Task.state, Task.marked, Task.blocked, func.count())
        .where(Task.job_id == job.id)
        .group_by(Task.state, Task.marked, Task.blocked)
    )
    by_state: defaultdict[str, int] = defaultdict(int)
    marked_failed = blocked_tasks = 0
    for state, marked, blocked, number in rows:
        by_state[state.value] += number
        marked_failed += number if marked and state is TaskState.FAILED else 0
        blocked_tasks += number if blocked else 0
    return TaskCounts(**by_state), marked_failed, blocked_tasks


def stuck(job: Job) -> bool:
    """Whether all that is left are assemblies whose tiles failed."""
    if job.num_tiles is None or not job.num_blocked or not job.num_failed:
        return False
    return is_stuck(job.tasks, job.num_tiles)


def _block(job: Job) -> None:
    if job.num_tiles is None and not _frame_parents(job):
        return
    own, parents = _by_frame(job.tasks), _by_frame(_tasks_of_parents(job))
    for task in job.tasks:
        awaited = waited_for(task, job.num_tiles, own[task.frame], parents[task.frame])
        task.blocked = is_blocked(task, awaited)


def _frame_parents(job: Job) -> list[int]:
    links = select(dependencies.c.parentid).where(dependencies.c.by_frame, dependencies.c.childid == job.id)
    return list(session_of(job).scalars(links))


def _tasks_of_parents(job: Job) -> Iterable[Task]:
    return session_of(job).scalars(select(Task).where(Task.job_id.in_(_frame_parents(job))))


def _by_frame(tasks: Iterable[Task]) -> defaultdict[Decimal, list[Task]]:
    found: defaultdict[Decimal, list[Task]] = defaultdict(list)
    for task in tasks:
        found[task.frame].append(task)
    return found


def _assemblies(job: Job, frames: Collection[Decimal]) -> list[Task]:
    """The tasks that put the tiles of these frames together."""
    return [task for task in job.tasks if task.frame in frames and is_assembly(task.tile, job.num_tiles)]


def _stop(session: Session, tasks: Iterable[Task]) -> None:
    """Ask for the end of what runs of these tasks; they queue again then."""
    for part in _parts([task.id for task in tasks]):
        session.execute(
            update(Attempt).where(IS_OPEN, Attempt.task_id.in_(part)).values(stop_as=TaskState.QUEUED)
        )


def _forget_failures(job: Job, tasks: Iterable[Task]) -> None:
    session = session_of(job)
    for part in _parts([task.id for task in tasks]):
        session.execute(delete(failed_on).where(failed_on.c.task_id.in_(part)))
    for task in tasks:
        session.expire(task, ["failed_on_agents"])
    job.agent_failures.clear()


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """As many as a statement can hold."""
    return (ids[start : start + _PART] for start in range(0, len(ids), _PART))


def _last_error(tasks: Iterable[Task]) -> str | None:
    """The newest error that the job still has."""
    failed = [task for task in tasks if task.state is TaskState.FAILED and task.last_error is not None]
    newest = max(failed, key=lambda task: (task.time_finished is not None, task.time_finished), default=None)
    return None if newest is None else newest.last_error
