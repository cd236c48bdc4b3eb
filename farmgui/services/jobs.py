"""What a wrangler does to jobs and their tasks; each command is one transaction and then wakes the scheduler.

Commands on what isn't there raise NotFound and change nothing. What an agent runs isn't changed here: an end
is asked for (`Attempt.stop_as`), and the task moves when the agent has told that its processes are gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.orm import Session

from farmgui.domain.limits import TASK_LIMITS
from farmgui.domain.requirements import Subscription
from farmgui.domain.reruns import rerun_states
from farmgui.domain.states import JobState, TaskState
from farmgui.models import Attempt, Job, JobNotifiedUser, Task
from farmgui.services import changing, failing, frames
from farmgui.services.bulk import parts
from farmgui.services.database import QUIET, Database
from farmgui.services.dependencies import dependants_of
from farmgui.services.known import known_agents, known_jobs, known_tasks
from farmgui.services.moving import mark, queue_again, stop
from farmgui.services.requirements import subscription, user_id
from farmgui.services.tally import Tally

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
        """Let paused jobs go on; failures before count no longer against the most that they may have."""
        with self._changing() as (session, tally):
            resumed: list[int] = []
            for part in parts(known_jobs(session, ids)):
                resumed += session.scalars(
                    update(Job)
                    .where(Job.id.in_(part), Job.state == JobState.PAUSED)
                    .values(state=JobState.QUEUED, pause_reason=None, failures=0)
                    .returning(Job.id)
                )
            tally.touch(resumed)
            return len(resumed)

    def stop(self, ids: Iterable[int]) -> int:
        """Pause, and end what runs: those tasks queue again, no failure is counted."""
        with self._changing() as (session, _):
            jobs = known_jobs(session, ids)
            _stop_jobs(session, jobs, TaskState.QUEUED)
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
            return _stop_jobs(session, known_jobs(session, ids), TaskState.QUEUED)

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

    def delete(self, ids: Iterable[int], *, dependants: bool = False) -> int:
        """Mark jobs for deletion and end what they run; the lead's cleanup removes them then.

        With `dependants`, all jobs that depend on these too, at any depth. Without, those wait for these no
        longer once they are gone.
        """
        with self._changing() as (session, _):
            jobs = known_jobs(session, ids)
            if dependants:
                jobs += dependants_of(session, jobs)
            _stop_jobs(session, jobs, TaskState.QUEUED)
            values = {"to_be_deleted": True, "waiting": None, "waiting_since": None}
            return _update(session, jobs, values, ~Job.to_be_deleted)

    def change(self, ids: Iterable[int], values: Mapping[str, object], frame_range: str | None = None) -> int:
        """Set attributes (`domain.attributes`), by name, on all of these jobs.

        All of it is stored, or nothing. `frame_range` is another way to give "frames". Raises NotFound and
        InvalidValue. A queue and a user must be there; tags and a group are made where they are missing.
        """
        given = dict(values) if frame_range is None else {**values, "frames": frame_range}
        checked = changing.checked(given)
        with self._changing() as (session, tally):
            jobs = known_jobs(session, ids)
            if checked and jobs:
                changing.put(session, tally, jobs, checked)
            return len(jobs) if checked else 0

    def subscribe(self, ids: Iterable[int], person: Subscription) -> int:
        """Tell a person how these jobs end; it replaces what they were told of. Raises InvalidValue."""
        with self._changing() as (session, _):
            jobs = known_jobs(session, ids)
            row = subscription(session, person)
            _unsubscribe(session, jobs, row["user_id"])
            session.execute(insert(JobNotifiedUser), [{"job_id": job_id, **row} for job_id in jobs])
            return len(jobs)

    def unsubscribe(self, ids: Iterable[int], user: str) -> int:
        """Tell a person of these jobs no longer. Returns of how many they were told. Raises InvalidValue."""
        with self._changing() as (session, _):
            return _unsubscribe(session, known_jobs(session, ids), user_id(session, user))

    def set_task_priority(self, task_ids: Iterable[int], priority: int) -> int:
        """Offer these tasks before or after the others of their jobs: -1000 to 1000, higher ones first."""
        TASK_LIMITS["priority"].check(priority)
        with self._changing() as (session, tally):
            tasks = known_tasks(session, task_ids)
            changed: list[int] = []
            for part in parts(tasks):
                changed += session.scalars(
                    update(Task)
                    .where(Task.id.in_(part), Task.priority != priority)
                    .values(priority=priority)
                    .returning(Task.job_id)
                )
            jobs = set(changed)
            for job_id in jobs:
                frames.replace_positions(session, job_id)
            tally.touch(jobs)
            return len(changed)

    def avoid_agents(self, task_ids: Iterable[int], agent_ids: Iterable[str]) -> int:
        """Give these tasks to these agents only where no other can run them, as if they had failed there."""
        with self._changing() as (session, tally):
            tasks, agents = known_tasks(session, task_ids), known_agents(session, agent_ids)
            tally.touch(_jobs_of(session, tasks))
            return failing.avoid(session, tasks, agents)

    def forget_failed_agents(self, task_ids: Iterable[int]) -> int:
        """Forget on which agents these tasks failed; how many there were."""
        with self._changing() as (session, tally):
            tasks = known_tasks(session, task_ids)
            tally.touch(_jobs_of(session, tasks))
            return failing.forget_tasks(session, tasks)

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
            states = rerun_states(failed_only)
            return sum(queue_again(session, tally, Task.job_id.in_(part), states) for part in parts(jobs))

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


def _jobs_of(session: Session, tasks: list[int]) -> set[int]:
    return {
        job_id
        for part in parts(tasks)
        for job_id in session.scalars(select(Task.job_id).where(Task.id.in_(part)).distinct())
    }


def _stop_jobs(session: Session, jobs: list[int], stop_as: TaskState) -> int:
    return sum(stop(session, Attempt.job_id.in_(part), stop_as) for part in parts(jobs))


def _update(
    session: Session, jobs: list[int], values: Mapping[str, object], condition: ColumnElement[bool]
) -> int:
    """Set columns on those of `jobs` that fit; how many do."""
    changed = 0
    for part in parts(jobs):
        found = session.scalars(
            update(Job).where(Job.id.in_(part), condition).values(values).returning(Job.id)
        )
        changed += len(found.all())
    return changed


def _unsubscribe(session: Session, jobs: list[int], user: int) -> int:
    gone = 0
    for part in parts(jobs):
        found = session.scalars(
            delete(JobNotifiedUser)
            .where(JobNotifiedUser.job_id.in_(part), JobNotifiedUser.user_id == user)
            .returning(JobNotifiedUser.job_id)
        )
        gone += len(found.all())
    return gone


def _pause(session: Session, jobs: list[int]) -> int:
    values = {"state": JobState.PAUSED, "waiting": None, "waiting_since": None, "pause_reason": None}
    return _update(session, jobs, values, Job.state.in_(_AT_WORK))
