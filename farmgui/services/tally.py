"""What a transaction did to the tasks of each job: collected on the way, put on the jobs at its end.

So the counts that a job keeps always agree with its tasks; its state, times and last error follow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.orm import Session

from farmgui.domain.counts import TaskCounts, job_state
from farmgui.domain.runtimes import job_times, smoothed
from farmgui.domain.states import JobState, TaskState
from farmgui.models import Task
from farmgui.services.bulk import JOBS, any_of, for_each, parts

_COLUMNS: Final = (
    "state",
    "num_queued",
    "num_assigned",
    "num_running",
    "num_done",
    "num_failed",
    "num_marked_failed",
    "time_started",
    "time_finished",
    "last_error",
    "warning",
    "task_seconds",
    "waiting",
    "completion_notify_sent",
)
_READ: Final = select(JOBS.c.id, *(JOBS.c[name] for name in _COLUMNS)).where(JOBS.c.id.in_(any_of("ids")))
_WRITE: Final = (
    update(JOBS).where(JOBS.c.id == bindparam("key")).values({name: bindparam(name) for name in _COLUMNS})
)


@dataclass(slots=True)
class _Part:
    moved: Counter[TaskState] = field(default_factory=Counter)
    marked_failed: int = 0
    last_error: str | None = None
    warning: str | None = None
    again: bool = False
    seconds: list[float] = field(default_factory=list)


class Tally:
    """The moves of one transaction, by job."""

    def __init__(self) -> None:
        self._parts: dict[int, _Part] = {}

    def __bool__(self) -> bool:
        """Whether anything moved."""
        return bool(self._parts)

    def touch(self, job_ids: Iterable[int]) -> None:
        """Have the state of these jobs derived anew."""
        for job_id in job_ids:
            self._part(job_id)

    def add(self, job_id: int, state: TaskState, number: int, *, marked: bool = False) -> None:
        """`number` tasks more in `state`, or fewer where it is negative."""
        part = self._part(job_id)
        part.moved[state] += number
        if marked and state is TaskState.FAILED:
            part.marked_failed += number

    def move(self, job_id: int, old: TaskState, new: TaskState, number: int = 1) -> None:
        """`number` tasks went from `old` to `new`; use `add` twice where marked ones may be among them."""
        moved = self._part(job_id).moved
        moved[old] -= number
        moved[new] += number

    def error(self, job_id: int, text: str | None) -> None:
        """The newest error of the job."""
        self._part(job_id).last_error = text

    def warn(self, job_id: int, text: str) -> None:
        """The newest warning of the job."""
        self._part(job_id).warning = text

    def ran(self, job_id: int, seconds: float) -> None:
        """A task of the job was done in so many seconds."""
        self._part(job_id).seconds.append(seconds)

    def again(self, job_ids: Iterable[int]) -> None:
        """Tasks of these jobs were rerun: errors and warnings that they no longer have are forgotten."""
        for job_id in job_ids:
            self._part(job_id).again = True

    def settle(self, session: Session, time: datetime) -> None:
        """Put all of it on the jobs."""
        for ids in parts(list(self._parts)):
            rows = session.connection().execute(_READ, {"ids": ids}).all()
            for_each(session, _WRITE, [self._settled(session, row, time) for row in rows])
        self._parts = {}

    def _part(self, job_id: int) -> _Part:
        part = self._parts.get(job_id)
        if part is None:
            part = self._parts[job_id] = _Part()
        return part

    def _settled(self, session: Session, row: Row[Any], time: datetime) -> dict[str, Any]:
        part = self._parts[row.id]
        counts = TaskCounts(
            queued=row.num_queued + part.moved[TaskState.QUEUED],
            assigned=row.num_assigned + part.moved[TaskState.ASSIGNED],
            running=row.num_running + part.moved[TaskState.RUNNING],
            done=row.num_done + part.moved[TaskState.DONE],
            failed=row.num_failed + part.moved[TaskState.FAILED],
        )
        state = job_state(row.state, counts)
        started, finished = job_times(row.state, state, row.time_started, row.time_finished, time)
        return {
            "key": row.id,
            "state": state,
            "num_queued": counts.queued,
            "num_assigned": counts.assigned,
            "num_running": counts.running,
            "num_done": counts.done,
            "num_failed": counts.failed,
            "num_marked_failed": row.num_marked_failed + part.marked_failed,
            "time_started": started,
            "time_finished": finished,
            "last_error": _last_error(session, row, part, state, counts.failed),
            "warning": part.warning or (None if part.again else row.warning),
            "task_seconds": smoothed(row.task_seconds, part.seconds),
            # A job with work in hand doesn't wait; why the others do is the scheduler's word.
            "waiting": row.waiting if state is JobState.QUEUED else None,
            "completion_notify_sent": row.completion_notify_sent and not part.again,
        }


def _last_error(session: Session, row: Row[Any], part: _Part, state: JobState, failed: int) -> str | None:
    if state is JobState.DONE:
        return None
    if part.last_error is not None:
        return part.last_error
    if not part.again or row.last_error is None:
        return row.last_error  # type: ignore[no-any-return]
    if not failed:
        return None
    return session.scalar(
        select(Task.last_error)
        .where(Task.job_id == row.id, Task.state == TaskState.FAILED, Task.last_error.is_not(None))
        .order_by(Task.time_finished.desc())
        .limit(1)
    )
