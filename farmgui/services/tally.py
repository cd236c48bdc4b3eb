"""What a transaction did to the tasks of each job: collected on the way, put on the jobs at its end.

So the counts that a job keeps always agree with its tasks; its state, times and last error follow.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import compress
from operator import ne
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from farmgui.domain.counts import TaskCounts, job_state
from farmgui.domain.requirements import Outcome
from farmgui.domain.reruns import state_before_counts
from farmgui.domain.retries import has_failed_too_often, pause_reason
from farmgui.domain.runtimes import job_times, smoothed, smoothed_spread
from farmgui.domain.states import SCHEDULED, JobState, TaskState
from farmgui.domain.task_events import TaskEvent, event_of
from farmgui.models import Task
from farmgui.services import blocking, task_events
from farmgui.services.bulk import JOB_STATES, TASKS, Driver, listed, stored_time, update_by_id
from farmgui.services.notices import enqueue

Settled = Mapping[int, Mapping[str, Any]]
"""What was put on jobs, by column, as it is stored."""


class _Job(NamedTuple):
    """What is read of a job, as it is stored."""

    id: int
    job_queue_id: int | None
    num_tiles: int | None
    most_failures: int | None
    # From here on what is settled, in the same order.
    state: str
    num_queued: int
    num_assigned: int
    num_running: int
    num_done: int
    num_failed: int
    num_marked_failed: int
    num_blocked: int
    failures: int
    pause_reason: str | None
    time_started: str | None
    time_finished: str | None
    last_error: str | None
    warning: str | None
    task_seconds: float | None
    task_spread: float | None
    waiting: str | None
    waiting_since: str | None
    completion_notify_sent: int


_FIRST: Final = _Job._fields.index("state")
_SETTLED: Final = _Job._fields[_FIRST:]
_READ: Final = f"SELECT {', '.join(_Job._fields)} FROM jobs WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608  our own names
_ENDS: Final = {JobState.DONE: Outcome.SUCCESS, JobState.FAILED: Outcome.FAILURE}
"""How a job has ended, as people are told it."""
_HAS_QUEUED_TILES: Final = select(
    exists().where(
        TASKS.c.job_id == bindparam("job"), TASKS.c.state == TaskState.QUEUED, TASKS.c.tile.is_not(None)
    )
)


@dataclass(slots=True)
class _Part:
    moved: defaultdict[TaskState, int] = field(default_factory=lambda: defaultdict(int))
    marked_failed: int = 0
    blocked: int = 0
    events: defaultdict[TaskEvent, int] = field(default_factory=lambda: defaultdict(int))
    frames: set[Decimal] = field(default_factory=set)
    failures: int = 0
    failed_frame: Decimal = Decimal(0)
    last_error: str | None = None
    warning: str | None = None
    again: bool = False
    seconds: list[float] = field(default_factory=list)


class Tally:
    """The moves of one transaction, by job."""

    def __init__(self) -> None:
        self._parts: dict[int, _Part] = {}
        self.ended: list[str] = []
        """The tokens of attempts that ended."""
        self.succeeded: dict[str, float] = {}
        """When agents had a task done, in seconds since the epoch."""
        self.elsewhere: set[int] = set()
        """Jobs of which more was changed than what is settled: on which agents they failed."""
        self._underived: set[int] = set()
        """Jobs to which something was added since it was last worked out what becomes of them."""
        self._stored: dict[int, _Job] = {}
        self._settled: dict[int, dict[str, Any]] = {}

    def __bool__(self) -> bool:
        """Whether anything moved."""
        return bool(self._parts)

    def touch(self, job_ids: Iterable[int]) -> None:
        """Have the state of these jobs derived anew."""
        for job_id in job_ids:
            self._part(job_id)

    def came(self, job_id: int, number: int) -> None:
        """`number` tasks were made; they are queued."""
        part = self._part(job_id)
        part.moved[TaskState.QUEUED] += number
        part.events[TaskEvent.NEW] += number

    def went(
        self, job_id: int, state: TaskState, number: int = 1, *, marked: bool = False, blocked: bool = False
    ) -> None:
        """`number` tasks in `state` were removed."""
        part = self._part(job_id)
        part.moved[state] -= number
        part.events[TaskEvent.DELETED] += number
        if marked and state is TaskState.FAILED:
            part.marked_failed -= number
        if blocked:
            part.blocked -= number

    def move(
        self,
        job_id: int,
        old: TaskState,
        new: TaskState,
        number: int = 1,
        *,
        was_marked: bool = False,
        marked: bool = False,
    ) -> None:
        """`number` tasks went from `old` to `new`; whether they were, and are, marked by hand."""
        part = self._part(job_id)
        part.moved[old] -= number
        part.moved[new] += number
        part.marked_failed += number * (
            (marked and new is TaskState.FAILED) - (was_marked and old is TaskState.FAILED)
        )
        event = event_of(old, new)
        if event is not None:
            part.events[event] += number

    def at(self, job_id: int, frames: Iterable[Decimal]) -> None:
        """Tasks of these frames came, went or moved: others may wait for them, or they for others."""
        self._part(job_id).frames.update(frames)

    def block(self, job_id: int, number: int) -> None:
        """`number` tasks more of the job are blocked, or fewer where it is negative."""
        self._part(job_id).blocked += number

    def began(self, job_id: int) -> None:
        """A task began and ended at once: it never was seen running."""
        self._part(job_id).events[TaskEvent.STARTED] += 1

    def failed(self, job_id: int, frame: Decimal, error: str, *, again: bool) -> None:
        """An attempt failed at `frame`; with `again` the task is tried once more."""
        self.elsewhere.add(job_id)
        part = self._part(job_id)
        part.failures += 1
        part.failed_frame = frame
        part.last_error = error
        if again:
            part.events[TaskEvent.FAILED] += 1

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
        """Tasks of these jobs were rerun by hand: what they no longer have is forgotten (domain.reruns)."""
        for job_id in job_ids:
            self.elsewhere.add(job_id)
            self._part(job_id).again = True

    def derive(self, session: Session, time: datetime) -> Settled:
        """What becomes of the jobs to which something was added since the last call; `settle` stores it."""
        underived = self._underived
        moved = {job_id: frames for job_id in underived if (frames := self._parts[job_id].frames)}
        for job_id, number in blocking.put(session, moved).items():
            self.block(job_id, number)
        for frames in moved.values():
            frames.clear()
        self._underived = set()
        unread = underived - self._stored.keys()
        rows = Driver(session).rows(_READ, (listed(unread),)) if unread else []
        self._stored.update((row[0], _Job(*row)) for row in rows)
        now = stored_time(time)
        derived = {
            job_id: _settled(session, self._stored[job_id], self._parts[job_id], now)
            for job_id in sorted(underived & self._stored.keys())
        }
        self._settled |= derived
        return derived

    def settle(self, session: Session, time: datetime) -> Settled:
        """Put all of it on the jobs; returns what no call of `derive` has told."""
        derived = self.derive(session, time)
        rows = [self._stored[job_id] for job_id in self._settled]
        events: dict[int | None, Counter[TaskEvent]] = {}
        for row in rows:
            events.setdefault(row.job_queue_id, Counter()).update(self._parts[row.id].events)
        settled = list(self._settled.values())
        _write(Driver(session), rows, settled)
        for row, values in zip(rows, settled, strict=True):
            if values["completion_notify_sent"] and not row.completion_notify_sent:
                enqueue(session, row.id, _ENDS[JOB_STATES[values["state"]]], time)
        task_events.count(session, events, time)
        self._parts, self._stored, self._settled = {}, {}, {}
        return derived

    def _part(self, job_id: int) -> _Part:
        part = self._parts.get(job_id)
        if part is None:
            part = self._parts[job_id] = _Part()
        self._underived.add(job_id)
        return part


def _write(driver: Driver, rows: Sequence[_Job], settled: Sequence[Mapping[str, Any]]) -> None:
    """Store only what changed: each further column may cost a place in an index."""
    found: dict[tuple[str, ...], list[list[Any]]] = {}
    for row, values in zip(rows, settled, strict=True):
        new, old = tuple(values.values()), row[_FIRST:]
        changed = tuple(compress(_SETTLED, map(ne, new, old)))
        # Where all is as it was, tasks moved all the same: triggers tell of it those who keep a copy.
        names = changed or ("num_queued",)
        found.setdefault(names, []).append([*(values[name] for name in names), row.id])
    for names, of_jobs in found.items():
        driver.many(update_by_id("jobs", names), of_jobs)


def _settled(session: Session, row: _Job, part: _Part, now: str) -> dict[str, Any]:
    old = JOB_STATES[row.state]
    counts = TaskCounts(
        queued=row.num_queued + part.moved[TaskState.QUEUED],
        assigned=row.num_assigned + part.moved[TaskState.ASSIGNED],
        running=row.num_running + part.moved[TaskState.RUNNING],
        done=row.num_done + part.moved[TaskState.DONE],
        failed=row.num_failed + part.moved[TaskState.FAILED],
    )
    blocked = row.num_blocked + part.blocked
    failures = part.failures + (0 if part.again else row.failures)
    stuck = _is_stuck(session, row, counts, blocked)
    state, reason = _state(row, old, part, counts, failures, stuck=stuck)
    started, finished = job_times(old, state, row.time_started, row.time_finished, now)
    # A job with work in hand doesn't wait; why the others do is the scheduler's word.
    waits = state is JobState.QUEUED and row.waiting is not None
    return {
        "state": state.value,
        "num_queued": counts.queued,
        "num_assigned": counts.assigned,
        "num_running": counts.running,
        "num_done": counts.done,
        "num_failed": counts.failed,
        "num_marked_failed": row.num_marked_failed + part.marked_failed,
        "num_blocked": blocked,
        "failures": failures,
        "pause_reason": reason,
        "time_started": started,
        "time_finished": finished,
        "last_error": _last_error(session, row, part, state, counts.failed),
        "warning": part.warning or (None if part.again else row.warning),
        "task_seconds": smoothed(row.task_seconds, part.seconds),
        "task_spread": smoothed_spread(row.task_spread, row.task_seconds, part.seconds),
        "waiting": row.waiting if waits else None,
        "waiting_since": row.waiting_since if waits else None,
        "completion_notify_sent": _is_told(row, old, part, state),
    }


def _state(
    row: _Job, old: JobState, part: _Part, counts: TaskCounts, failures: int, *, stuck: bool
) -> tuple[JobState, str | None]:
    """The state of the job, and why the program paused it, if it did."""
    before = state_before_counts(old, row.pause_reason) if part.again else old
    state = job_state(before, counts, stuck=stuck)
    most = row.most_failures
    if part.failures and state in SCHEDULED and most is not None and has_failed_too_often(failures, most):
        return JobState.PAUSED, pause_reason(failures, most, part.failed_frame)
    return state, row.pause_reason if state is JobState.PAUSED else None


def _is_told(row: _Job, old: JobState, part: _Part, state: JobState) -> bool:
    """Whether people were told, or are to be told now, how the job's run ended."""
    if state not in _ENDS:
        return False
    return state is not old or bool(row.completion_notify_sent and not part.again)


def _is_stuck(session: Session, row: _Job, counts: TaskCounts, blocked: int) -> bool:
    """Whether all that is left are assemblies whose tiles failed (domain.blocking.is_stuck)."""
    if row.num_tiles is None or not blocked or counts.unfinished != blocked or not counts.failed:
        return False
    return not session.scalar(_HAS_QUEUED_TILES, {"job": row.id})


def _last_error(session: Session, row: _Job, part: _Part, state: JobState, failed: int) -> str | None:
    if state is JobState.DONE:
        return None
    if part.last_error is not None:
        return part.last_error
    if not part.again or row.last_error is None:
        return row.last_error
    if not failed:
        return None
    return session.scalar(
        select(Task.last_error)
        .where(Task.job_id == row.id, Task.state == TaskState.FAILED, Task.last_error.is_not(None))
        .order_by(Task.time_finished.desc())
        .limit(1)
    )
