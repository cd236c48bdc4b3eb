"""What a wrangler does to jobs and their tasks; each command is one transaction and then wakes the scheduler.

Commands on what isn't there raise NotFound and change nothing. What an agent runs isn't changed here: an end
is asked for (`Attempt.stop_as`), and the task moves when the agent has told that its processes are gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from farmgui.domain.errors import InvalidValue
from farmgui.domain.limits import JOB_LIMITS, check_value
from farmgui.domain.reruns import rerun_states
from farmgui.domain.states import JobState, TaskState
from farmgui.models import Attempt, Job, Task, dependencies
from farmgui.services import frames
from farmgui.services.bulk import parts
from farmgui.services.database import QUIET, Database
from farmgui.services.known import known_jobs, known_tasks
from farmgui.services.moving import mark, queue_again, stop
from farmgui.services.tally import Tally

CHANGEABLE: Final = frozenset(JOB_LIMITS) - {"num_tiles"} | {"title", "notes", "output_link", "hidden"}
"""The columns that `Jobs.change` sets."""

_NOT_DONE: Final = frozenset({TaskState.QUEUED, TaskState.FAILED})
"""What marking a job moves at once; what is at work is ended first."""

_AT_WORK: Final = (JobState.QUEUED, JobState.RUNNING)


class Jobs:
    """Commands on jobs and tasks; each returns how many jobs or tasks it changed."""

    def __init__(self, database: Database, wake: Callable[[], None]) -> None:
        self._database = database
        self._wake = wake

    def pause(self, ids: Iterable[int]) -> int:
        """Start nothing more of these jobs; what runs goes on to its end. Finished jobs are left."""
        with self._changing() as (session, _):
            return _pause(session, known_jobs(session, ids))

    def resume(self, ids: Iterable[int]) -> int:
        """Let paused jobs go on."""
        with self._changing() as (session, tally):
            resumed = session.scalars(
                update(Job)
                .where(Job.id.in_(known_jobs(session, ids)), Job.state == JobState.PAUSED)
                .values(state=JobState.QUEUED, pause_reason=None, failures=0)
                .returning(Job.id)
            ).all()
            tally.touch(resumed)
            return len(resumed)

    def stop(self, ids: Iterable[int]) -> int:
        """Pause, and end what runs: those tasks queue again, no failure is counted."""
        with self._changing() as (session, _):
            jobs = known_jobs(session, ids)
            stop(session, Attempt.job_id.in_(jobs), TaskState.QUEUED)
            return _pause(session, jobs)

    def rerun(self, ids: Iterable[int], dependants: bool = False) -> int:
        """Queue done and failed tasks as if they had never run; running ones are left, logs stay.

        With `dependants`, those of all jobs that depend on these too. A paused job stays paused.
        """
        return self._rerun(ids, failed_only=False, dependants=dependants)

    def rerun_failed(self, ids: Iterable[int]) -> int:
        """Queue the failed tasks again; done and running ones are left."""
        return self._rerun(ids, failed_only=True, dependants=False)

    def rerun_tasks(self, task_ids: Iterable[int]) -> int:
        """Queue these tasks again where they are done or failed."""
        with self._changing() as (session, tally):
            tasks = known_tasks(session, task_ids)
            return sum(
                queue_again(session, tally, Task.id.in_(part), rerun_states()) for part in parts(tasks)
            )

    def restart_running(self, ids: Iterable[int]) -> int:
        """End the running tasks of these jobs; they queue again, no failure is counted."""
        with self._changing() as (session, _):
            return stop(session, Attempt.job_id.in_(known_jobs(session, ids)), TaskState.QUEUED)

    def end_running(self) -> int:
        """End what runs of any job: it queues again, unless another end was asked for before."""
        with self._changing() as (session, _):
            asked = stop(session, Attempt.stop_as.is_(None), TaskState.QUEUED)
            session.info[QUIET] = not asked
            return asked

    def stop_tasks(self, task_ids: Iterable[int]) -> int:
        """End these tasks where they run; they queue again, no failure is counted."""
        with self._changing() as (session, _):
            tasks = known_tasks(session, task_ids)
            return sum(stop(session, Attempt.task_id.in_(part), TaskState.QUEUED) for part in parts(tasks))

    def mark_done(self, job_ids: Iterable[int] = (), task_ids: Iterable[int] = ()) -> int:
        """Take tasks for done without running them; running ones are ended first. Releases dependants."""
        return self._mark(job_ids, task_ids, TaskState.DONE)

    def mark_failed(self, job_ids: Iterable[int] = (), task_ids: Iterable[int] = ()) -> int:
        """Give tasks up without running them; running ones are ended first.

        Of whole jobs, tasks that are done stay done; tasks that are named are marked even so. A failed task
        that a wrangler has marked holds dependants back no longer (`domain.dependencies`).
        """
        return self._mark(job_ids, task_ids, TaskState.FAILED)

    def delete(self, ids: Iterable[int]) -> int:
        """Mark jobs for deletion and end what they run; the lead's cleanup removes them then."""
        with self._changing() as (session, _):
            jobs = known_jobs(session, ids)
            stop(session, Attempt.job_id.in_(jobs), TaskState.QUEUED)
            deleted = session.scalars(
                update(Job)
                .where(Job.id.in_(jobs), ~Job.to_be_deleted)
                .values(to_be_deleted=True, waiting=None)
                .returning(Job.id)
            )
            return len(deleted.all())

    def change(self, ids: Iterable[int], values: Mapping[str, object], frame_range: str | None = None) -> int:
        """Set columns, by name, on all of these jobs, and their frames where a range is given.

        All of it is stored, or nothing.
        """
        for name in values:
            if name not in CHANGEABLE:
                raise InvalidValue(
                    f'"{name}" of a job can\'t be changed. These can: {", ".join(sorted(CHANGEABLE))}.'
                )
        checked = {name: _checked(name, value) for name, value in values.items()}
        with self._changing() as (session, tally):
            jobs = known_jobs(session, ids)
            if checked and jobs:
                session.execute(update(Job).where(Job.id.in_(jobs)).values(checked))
            if frame_range is not None:
                for job in jobs:
                    frames.set_frames(session, tally, job, frame_range)
            return len(jobs) if checked or frame_range is not None else 0

    def set_frames(self, id: int, text: str) -> int:  # noqa: A002  the contract of all commands
        """Give the job another frame range. Returns how many tasks came and went.

        Tasks of frames that stay are left as they are; running ones of other frames go once they have ended.
        """
        with self._changing() as (session, tally):
            known_jobs(session, [id])
            return frames.set_frames(session, tally, id, text)

    def _rerun(self, ids: Iterable[int], *, failed_only: bool, dependants: bool) -> int:
        with self._changing() as (session, tally):
            jobs = known_jobs(session, ids)
            if dependants:
                jobs += dependants_of(session, jobs)
            return queue_again(session, tally, Task.job_id.in_(jobs), rerun_states(failed_only))

    def _mark(self, job_ids: Iterable[int], task_ids: Iterable[int], new: TaskState) -> int:
        time = datetime.now(UTC)
        with self._changing() as (session, tally):
            jobs, tasks = known_jobs(session, job_ids), known_tasks(session, task_ids)
            count = 0
            for part in parts(jobs):
                count += stop(session, Attempt.job_id.in_(part), new)
                count += mark(session, tally, Task.job_id.in_(part), _NOT_DONE, new, time)
            states = _NOT_DONE if new is TaskState.DONE else {*_NOT_DONE, TaskState.DONE}
            for part in parts(tasks):
                count += stop(session, Attempt.task_id.in_(part), new)
                count += mark(session, tally, Task.id.in_(part), states, new, time)
            return count

    @contextmanager
    def _changing(self) -> Iterator[tuple[Session, Tally]]:
        tally = Tally()
        with self._database.sessions.begin() as session:
            yield session, tally
            tally.settle(session, datetime.now(UTC))
        self._wake()


def dependants_of(session: Session, ids: Iterable[int]) -> list[int]:
    """The jobs that depend on `ids`, at any depth; none of `ids` themselves."""
    seen = set(ids)
    found: list[int] = []
    level = list(seen)
    while level:
        children = session.scalars(
            select(dependencies.c.childid).where(dependencies.c.parentid.in_(level)).distinct()
        ).all()
        level = [child for child in children if child not in seen]
        seen.update(level)
        found += level
    return found


def _pause(session: Session, jobs: list[int]) -> int:
    paused = session.scalars(
        update(Job)
        .where(Job.id.in_(jobs), Job.state.in_(_AT_WORK))
        .values(state=JobState.PAUSED, waiting=None)
        .returning(Job.id)
    )
    return len(paused.all())


def _checked(name: str, value: object) -> object:
    if name == "hidden" and not isinstance(value, bool):
        raise InvalidValue("Hidden is true or false.")
    if name == "notes" and not isinstance(value, str):
        raise InvalidValue("Notes are text.")
    if name == "output_link" and not (value is None or isinstance(value, str)):
        raise InvalidValue("An output link is text, or empty.")
    return check_value(name, value)
