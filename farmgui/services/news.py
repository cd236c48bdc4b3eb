"""What agents told of attempts, put on attempts, tasks and counts in one go."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from farmgui.domain.blocking import is_assembly
from farmgui.domain.outcomes import Outcome, outcome
from farmgui.domain.reports import Event, Finished, Progressed, Started, Usage, Warned
from farmgui.domain.reruns import rerun_states
from farmgui.domain.retries import retry_wait
from farmgui.domain.states import (
    OPEN_ATTEMPTS,
    AttemptState,
    TaskState,
    check_attempt_move,
    check_task_move,
)
from farmgui.models import Task
from farmgui.services import failing, late, moving
from farmgui.services.bulk import (
    ATTEMPT_STATES,
    TASK_STATES,
    Driver,
    listed,
    moment,
    stored_frame,
    stored_second,
    stored_time,
)
from farmgui.services.tally import Tally

_READ: Final = (
    "SELECT attempts.id, token, attempts.state, stop_as, attempts.agent_id, task_id, attempts.job_id, "
    "attempts.time_started, tasks.state, frame, tasks.time_started, progress, tasks.failures, "
    "tasks.last_error, removed, requeue, tile, num_tiles "
    "FROM attempts JOIN tasks ON tasks.id = task_id JOIN jobs ON jobs.id = attempts.job_id "
    "WHERE token IN (SELECT value FROM json_each(?))"
)
_ATTEMPT_STARTED: Final = "UPDATE attempts SET state = 'running', time_started = ? WHERE id = ?"
_ATTEMPT_ENDED: Final = (
    "UPDATE attempts SET state = ?, time_started = ?, time_finished = ?, exit_status = ?, reason = ?, "
    "cpu_seconds = ?, peak_ram = ? WHERE id = ?"
)
_TASK_STARTED: Final = (
    "UPDATE tasks SET state = 'running', time_started = ?, time_finished = NULL WHERE id = ?"
)
# Apart from the others: to be put off is seldom, and the column has an index of its own.
_TASK_WAITS: Final = "UPDATE tasks SET not_before = ? WHERE id = ?"
_TASK_ENDED: Final = (
    "UPDATE tasks SET state = ?, progress = ?, failures = ?, last_error = ?, marked = ?, time_started = ?, "
    "time_finished = ? WHERE id = ?"
)
_TASK_PROGRESS: Final = "UPDATE tasks SET progress = ? WHERE id = ?"
_TASK_WARNING: Final = "UPDATE tasks SET warning = ? WHERE id = ?"
_REMOVED: Final = "DELETE FROM tasks WHERE id IN (SELECT value FROM json_each(?))"

_NO_REASON: Final = "it failed and didn't say why"


@dataclass(slots=True)
class Word:
    """All that one agent told of one attempt since the last time."""

    token: str
    agent_id: str
    started: float | None = None
    progress: float | None = None
    warning: str | None = None
    finished: Finished | None = None

    def add(self, event: Event) -> None:
        """Take one more event in."""
        match event:
            case Started():
                self.started = event.time
            case Progressed():
                self.progress = min(max(event.progress, 0.0), 1.0)
            case Warned():
                self.warning = event.text
            case Finished():
                self.finished = event


class _Attempt(NamedTuple):
    """What is read of an attempt, its task and its job; times as they are stored."""

    id: int
    token: str
    state: AttemptState
    stop_as: TaskState | None
    agent_id: str
    task_id: int
    job_id: int
    time_started: str | None
    task_state: TaskState
    frame: Decimal
    task_started: str | None
    progress: float
    failures: int
    last_error: str | None
    removed: int
    requeue: int
    tile: int | None
    num_tiles: int | None


_Values = tuple[Any, ...]


@dataclass(slots=True)
class _Rows:
    """What is to be written, by statement: its values in their order."""

    attempts_started: list[_Values] = field(default_factory=list)
    attempts_ended: list[_Values] = field(default_factory=list)
    tasks_started: list[_Values] = field(default_factory=list)
    tasks_ended: list[_Values] = field(default_factory=list)
    tasks_wait: list[_Values] = field(default_factory=list)
    progress: list[_Values] = field(default_factory=list)
    warnings: list[_Values] = field(default_factory=list)
    failed: list[tuple[int, int, str]] = field(default_factory=list)
    """Job, task and agent."""
    removed: list[int] = field(default_factory=list)
    assembled: list[tuple[int, Decimal]] = field(default_factory=list)
    """Job and frame of assemblies that were made although they were to be made anew."""


def put(session: Session, tally: Tally, words: Collection[Word], time: datetime) -> None:
    """Put `words` on what they tell of, in the transaction of `session`."""
    stored = _read(session, words)
    rows = _Rows()
    for word in words:
        attempt = stored.get(word.token)
        if attempt is not None and attempt.agent_id == word.agent_id and attempt.state in OPEN_ATTEMPTS:
            _put_one(rows, tally, attempt, word, time)
        elif word.finished is not None:
            late.keep(session, word.agent_id, word.finished, attempt, time)
    _write(session, rows)
    for job_id, frame in rows.assembled:
        _assemble_again(session, tally, job_id, frame)


def ended(
    tokens: Iterable[str], agent_id: str, state: AttemptState, reason: str, time: datetime
) -> list[Word]:
    """The words for attempts that are found to have ended so, without their agent telling it."""
    at = time.timestamp()
    return [
        Word(token, agent_id, finished=Finished(token, state, None, at, reason=reason)) for token in tokens
    ]


def _read(session: Session, words: Iterable[Word]) -> dict[str, _Attempt]:
    found = {}
    for row in Driver(session).rows(_READ, (listed(word.token for word in words),)):
        key, token, state, stop_as, agent_id, task_id, job_id, started, task_state, frame, *rest = row
        found[token] = _Attempt(
            key,
            token,
            ATTEMPT_STATES[state],
            None if stop_as is None else TASK_STATES[stop_as],
            agent_id,
            task_id,
            job_id,
            started,
            TASK_STATES[task_state],
            stored_frame(frame),
            *rest,
        )
    return found


def _put_one(rows: _Rows, tally: Tally, attempt: _Attempt, word: Word, time: datetime) -> None:
    if word.warning is not None:
        rows.warnings.append((word.warning, attempt.task_id))
        tally.warn(attempt.job_id, word.warning)
    if word.finished is not None:
        _end(rows, tally, attempt, word, word.finished, time)
        return
    if attempt.state is AttemptState.ASSIGNED and (word.started is not None or word.progress is not None):
        # Of a job type whose tasks tell themselves when they begin, progress may be the first word.
        _start(rows, tally, attempt, time.timestamp() if word.started is None else word.started)
    if word.progress is not None:
        rows.progress.append((word.progress, attempt.task_id))


def _start(rows: _Rows, tally: Tally, attempt: _Attempt, time: float) -> None:
    check_task_move(attempt.task_state, TaskState.RUNNING, f"task {attempt.task_id} started")
    began = stored_second(time)
    rows.attempts_started.append((began, attempt.id))
    rows.tasks_started.append((began, attempt.task_id))
    tally.move(attempt.job_id, attempt.task_state, TaskState.RUNNING)


def _end(
    rows: _Rows, tally: Tally, attempt: _Attempt, word: Word, finished: Finished, time: datetime
) -> None:
    story = f"task {attempt.task_id}, attempt {attempt.token}"
    check_attempt_move(attempt.state, finished.state, story)
    next_is = outcome(finished.state, attempt.stop_as, attempt.failures, attempt.requeue)
    check_task_move(attempt.task_state, next_is.task, story)
    started = _started(attempt, word, finished)
    began = None if started is None else stored_second(started)
    end = stored_second(finished.time_finished)
    rows.attempts_ended.append(_ended_attempt(attempt, finished, began, end))
    tally.ended.append(attempt.token)
    if started is not None and attempt.state is AttemptState.ASSIGNED:
        tally.began(attempt.job_id)
    if attempt.removed:
        rows.removed.append(attempt.task_id)
        tally.went(attempt.job_id, attempt.task_state)
        return
    tally.move(attempt.job_id, attempt.task_state, next_is.task, marked=next_is.marked)
    tally.at(attempt.job_id, (attempt.frame,))
    rows.tasks_ended.append(_ended_task(attempt, finished, next_is, (began, end), word.progress))
    made_of_old = next_is.task is TaskState.DONE and attempt.stop_as is TaskState.QUEUED
    if made_of_old and is_assembly(attempt.tile, attempt.num_tiles):
        rows.assembled.append((attempt.job_id, attempt.frame))
    if finished.state is AttemptState.DONE:
        tally.succeeded[word.agent_id] = finished.time_finished
        if started is not None:
            tally.ran(attempt.job_id, max(0.0, finished.time_finished - started))
    if next_is.failed:
        rows.failed.append((attempt.job_id, attempt.task_id, word.agent_id))
        _fail(rows, tally, attempt, finished, time, again=next_is.task is TaskState.QUEUED)


def _fail(
    rows: _Rows, tally: Tally, attempt: _Attempt, finished: Finished, time: datetime, *, again: bool
) -> None:
    if again:
        # By the lead's clock: it is the lead that waits.
        rows.tasks_wait.append((stored_time(time + retry_wait(attempt.failures + 1)), attempt.task_id))
    tally.failed(attempt.job_id, attempt.frame, finished.reason or _NO_REASON, again=again)


def _started(attempt: _Attempt, word: Word, finished: Finished) -> float | None:
    told = finished.time_started if finished.time_started is not None else word.started
    if told is not None or attempt.time_started is None:
        return told
    return moment(attempt.time_started).timestamp()


def _ended_attempt(attempt: _Attempt, finished: Finished, began: str | None, end: str) -> _Values:
    usage: Usage = finished.usage
    return (
        finished.state.value,
        began,
        end,
        finished.exit_status,
        finished.reason,
        usage.cpu_seconds,
        usage.peak_ram,
        attempt.id,
    )


def _ended_task(
    attempt: _Attempt,
    finished: Finished,
    next_is: Outcome,
    ran: tuple[str | None, str],
    progress: float | None,
) -> _Values:
    queued = next_is.task is TaskState.QUEUED
    began, end = ran
    error = attempt.last_error
    if next_is.failed:
        error = finished.reason or _NO_REASON
    if next_is.task is TaskState.DONE:
        reached, error = 1.0, None
    else:
        reached = 0.0 if queued else (attempt.progress if progress is None else progress)
    return (
        next_is.task.value,
        reached,
        attempt.failures + next_is.failed,
        error,
        next_is.marked,
        # The first word of its start stands.
        None if queued else (attempt.task_started or began),
        None if queued else end,
        attempt.task_id,
    )


def _write(session: Session, rows: _Rows) -> None:
    driver = Driver(session)
    driver.many(_ATTEMPT_STARTED, rows.attempts_started)
    driver.many(_TASK_STARTED, rows.tasks_started)
    driver.many(_TASK_PROGRESS, rows.progress)
    driver.many(_ATTEMPT_ENDED, rows.attempts_ended)
    driver.many(_TASK_ENDED, rows.tasks_ended)
    driver.many(_TASK_WAITS, rows.tasks_wait)
    driver.many(_TASK_WARNING, rows.warnings)
    if rows.removed:
        driver.many(_REMOVED, [(listed(rows.removed),)])
    failing.remember(session, rows.failed)


def _assemble_again(session: Session, tally: Tally, job_id: int, frame: Decimal) -> None:
    """Render a frame anew that was assembled of the old tiles while one of them was rerun."""
    tasks = (Task.job_id == job_id) & (Task.frame == frame)
    if session.scalar(select(exists().where(tasks, Task.tile.is_not(None), Task.state != TaskState.DONE))):
        moving.queue_again(session, tally, tasks, rerun_states())
