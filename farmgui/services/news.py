"""What agents told of attempts, put on attempts, tasks and counts in one go."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import bindparam, delete, insert, select, tuple_, update
from sqlalchemy.orm import Session

from farmgui.domain.outcomes import Outcome, outcome
from farmgui.domain.reports import Event, Finished, Progressed, Started, Usage, Warned
from farmgui.domain.states import (
    OPEN_ATTEMPTS,
    AttemptState,
    TaskState,
    check_attempt_move,
    check_task_move,
)
from farmgui.models import failed_on
from farmgui.services import late
from farmgui.services.bulk import ATTEMPTS, JOBS, TASKS, any_of, for_each, parts
from farmgui.services.tally import Tally

_READ: Final = (
    select(
        ATTEMPTS.c.id,
        ATTEMPTS.c.token,
        ATTEMPTS.c.state,
        ATTEMPTS.c.stop_as,
        ATTEMPTS.c.agent_id,
        ATTEMPTS.c.task_id,
        ATTEMPTS.c.job_id,
        ATTEMPTS.c.time_started,
        TASKS.c.state.label("task_state"),
        TASKS.c.progress,
        TASKS.c.failures,
        TASKS.c.last_error,
        TASKS.c.removed,
        JOBS.c.requeue,
    )
    .join(TASKS, TASKS.c.id == ATTEMPTS.c.task_id)
    .join(JOBS, JOBS.c.id == ATTEMPTS.c.job_id)
    .where(ATTEMPTS.c.token.in_(any_of("tokens")))
)
_ATTEMPT_STARTED: Final = (
    update(ATTEMPTS)
    .where(ATTEMPTS.c.id == bindparam("key"))
    .values(state=AttemptState.RUNNING, time_started=bindparam("time"))
)
_ATTEMPT_ENDED_NAMES: Final = (
    "state",
    "time_started",
    "time_finished",
    "exit_status",
    "reason",
    "cpu_seconds",
    "peak_ram",
)
_ATTEMPT_ENDED: Final = (
    update(ATTEMPTS)
    .where(ATTEMPTS.c.id == bindparam("key"))
    .values({name: bindparam(name) for name in _ATTEMPT_ENDED_NAMES})
)
_TASK_STARTED: Final = (
    update(TASKS)
    .where(TASKS.c.id == bindparam("key"))
    .values(state=TaskState.RUNNING, time_started=bindparam("time"), time_finished=None)
)
_TASK_ENDED_NAMES: Final = (
    "state",
    "progress",
    "failures",
    "last_error",
    "marked",
    "time_started",
    "time_finished",
)
_TASK_ENDED: Final = (
    update(TASKS)
    .where(TASKS.c.id == bindparam("key"))
    .values({name: bindparam(name) for name in _TASK_ENDED_NAMES})
)
_TASK_PROGRESS: Final = (
    update(TASKS).where(TASKS.c.id == bindparam("key")).values(progress=bindparam("progress"))
)
_TASK_WARNING: Final = (
    update(TASKS).where(TASKS.c.id == bindparam("key")).values(warning=bindparam("warning"))
)


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


@dataclass(slots=True)
class _Rows:
    """What is to be written, by statement."""

    attempts_started: list[dict[str, Any]] = field(default_factory=list)
    attempts_ended: list[dict[str, Any]] = field(default_factory=list)
    tasks_started: list[dict[str, Any]] = field(default_factory=list)
    tasks_ended: list[dict[str, Any]] = field(default_factory=list)
    progress: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    failed_on: list[dict[str, Any]] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)


def put(session: Session, tally: Tally, words: Collection[Word], time: datetime) -> None:
    """Put `words` on what they tell of, in the transaction of `session`."""
    stored = {
        row.token: row
        for part in parts([word.token for word in words])
        for row in session.connection().execute(_READ, {"tokens": part})
    }
    rows = _Rows()
    for word in words:
        attempt = stored.get(word.token)
        if attempt is not None and attempt.agent_id == word.agent_id and attempt.state in OPEN_ATTEMPTS:
            _put_one(rows, tally, attempt, word)
        elif word.finished is not None:
            late.keep(session, word.agent_id, word.finished, attempt, time)
    _write(session, rows)


def ended(
    tokens: Iterable[str], agent_id: str, state: AttemptState, reason: str, time: datetime
) -> list[Word]:
    """The words for attempts that are found to have ended so, without their agent telling it."""
    at = time.timestamp()
    return [
        Word(token, agent_id, finished=Finished(token, state, None, at, reason=reason)) for token in tokens
    ]


def _put_one(rows: _Rows, tally: Tally, attempt: Any, word: Word) -> None:
    if word.warning is not None:
        rows.warnings.append({"key": attempt.task_id, "warning": word.warning})
        tally.warn(attempt.job_id, word.warning)
    if word.finished is not None:
        _end(rows, tally, attempt, word, word.finished)
        return
    if word.started is not None and attempt.state is AttemptState.ASSIGNED:
        time = _moment(word.started)
        rows.attempts_started.append({"key": attempt.id, "time": time})
        check_task_move(attempt.task_state, TaskState.RUNNING, f"task {attempt.task_id} started")
        rows.tasks_started.append({"key": attempt.task_id, "time": time})
        tally.move(attempt.job_id, attempt.task_state, TaskState.RUNNING)
    if word.progress is not None:
        rows.progress.append({"key": attempt.task_id, "progress": word.progress})


def _end(rows: _Rows, tally: Tally, attempt: Any, word: Word, finished: Finished) -> None:
    story = f"task {attempt.task_id}, attempt {attempt.token}"
    check_attempt_move(attempt.state, finished.state, story)
    next_is = outcome(finished.state, attempt.stop_as, attempt.failures, attempt.requeue)
    check_task_move(attempt.task_state, next_is.task, story)
    started = _started(attempt, word, finished)
    rows.attempts_ended.append(_ended_attempt(attempt, finished, started))
    tally.add(attempt.job_id, attempt.task_state, -1)
    if attempt.removed:
        rows.removed.append(attempt.task_id)
        return
    tally.add(attempt.job_id, next_is.task, 1, marked=next_is.marked)
    rows.tasks_ended.append(_ended_task(attempt, finished, next_is, started, word.progress))
    if finished.state is AttemptState.DONE and started is not None:
        tally.ran(attempt.job_id, max(0.0, finished.time_finished - started.timestamp()))
    if next_is.failed:
        rows.failed_on.append({"task_id": attempt.task_id, "agent_id": word.agent_id})
        tally.error(attempt.job_id, finished.reason or _NO_REASON)


def _started(attempt: Any, word: Word, finished: Finished) -> datetime | None:
    told = finished.time_started if finished.time_started is not None else word.started
    return _moment(told) if told is not None else attempt.time_started


def _ended_attempt(attempt: Any, finished: Finished, started: datetime | None) -> dict[str, Any]:
    usage: Usage = finished.usage
    return {
        "key": attempt.id,
        "state": finished.state,
        "time_started": started,
        "time_finished": _moment(finished.time_finished),
        "exit_status": finished.exit_status,
        "reason": finished.reason,
        "cpu_seconds": usage.cpu_seconds,
        "peak_ram": usage.peak_ram,
    }


def _ended_task(
    attempt: Any, finished: Finished, next_is: Outcome, started: datetime | None, progress: float | None
) -> dict[str, Any]:
    queued = next_is.task is TaskState.QUEUED
    error = attempt.last_error
    if next_is.failed:
        error = finished.reason or _NO_REASON
    if next_is.task is TaskState.DONE:
        reached, error = 1.0, None
    else:
        reached = 0.0 if queued else (attempt.progress if progress is None else progress)
    return {
        "key": attempt.task_id,
        "state": next_is.task,
        "progress": reached,
        "failures": attempt.failures + next_is.failed,
        "last_error": error,
        "marked": next_is.marked,
        "time_started": None if queued else started,
        "time_finished": None if queued else _moment(finished.time_finished),
    }


def _write(session: Session, rows: _Rows) -> None:
    for_each(session, _ATTEMPT_STARTED, rows.attempts_started)
    for_each(session, _TASK_STARTED, rows.tasks_started)
    for_each(session, _TASK_PROGRESS, rows.progress)
    for_each(session, _ATTEMPT_ENDED, rows.attempts_ended)
    for_each(session, _TASK_ENDED, rows.tasks_ended)
    for_each(session, _TASK_WARNING, rows.warnings)
    for part in parts(rows.removed):
        session.execute(delete(TASKS).where(TASKS.c.id.in_(part)))
    _set_aside(session, rows.failed_on)


def _set_aside(session: Session, pairs: Sequence[dict[str, Any]]) -> None:
    """Remember where tasks failed; a pair may be known already."""
    columns = tuple_(failed_on.c.task_id, failed_on.c.agent_id)
    for part in parts(pairs, 1000):
        values = [(pair["task_id"], pair["agent_id"]) for pair in part]
        session.execute(delete(failed_on).where(columns.in_(values)))
        session.execute(insert(failed_on), part)


def _moment(time: float) -> datetime:
    return datetime.fromtimestamp(time, UTC)
