"""What agents told of attempts, put on attempts, tasks and counts in one go."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from farmgui.domain.outcomes import Outcome, outcome
from farmgui.domain.reports import Event, Finished, Progressed, Started, Usage, Warned
from farmgui.domain.retries import retry_wait
from farmgui.domain.states import (
    OPEN_ATTEMPTS,
    AttemptState,
    TaskState,
    check_attempt_move,
    check_task_move,
)
from farmgui.services import failing, late
from farmgui.services.bulk import AGENTS, ATTEMPTS, JOBS, TASKS, any_of, for_each, parts
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
        TASKS.c.frame,
        TASKS.c.time_started.label("task_started"),
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
    "not_before",
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
_AGENT_SUCCEEDED: Final = (
    update(AGENTS).where(AGENTS.c.id == bindparam("key")).values(last_success_on=bindparam("time"))
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
    failed: list[tuple[int, int, str]] = field(default_factory=list)
    """Job, task and agent."""
    succeeded: dict[str, datetime] = field(default_factory=dict)
    """When, by agent."""
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
            _put_one(rows, tally, attempt, word, time)
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


def _put_one(rows: _Rows, tally: Tally, attempt: Any, word: Word, time: datetime) -> None:
    if word.warning is not None:
        rows.warnings.append({"key": attempt.task_id, "warning": word.warning})
        tally.warn(attempt.job_id, word.warning)
    if word.finished is not None:
        _end(rows, tally, attempt, word, word.finished, time)
        return
    if attempt.state is AttemptState.ASSIGNED and (word.started is not None or word.progress is not None):
        # Of a job type whose tasks tell themselves when they begin, progress may be the first word.
        _start(rows, tally, attempt, time if word.started is None else _moment(word.started))
    if word.progress is not None:
        rows.progress.append({"key": attempt.task_id, "progress": word.progress})


def _start(rows: _Rows, tally: Tally, attempt: Any, time: datetime) -> None:
    rows.attempts_started.append({"key": attempt.id, "time": time})
    check_task_move(attempt.task_state, TaskState.RUNNING, f"task {attempt.task_id} started")
    rows.tasks_started.append({"key": attempt.task_id, "time": time})
    tally.move(attempt.job_id, attempt.task_state, TaskState.RUNNING)


def _end(rows: _Rows, tally: Tally, attempt: Any, word: Word, finished: Finished, time: datetime) -> None:
    story = f"task {attempt.task_id}, attempt {attempt.token}"
    check_attempt_move(attempt.state, finished.state, story)
    next_is = outcome(finished.state, attempt.stop_as, attempt.failures, attempt.requeue)
    check_task_move(attempt.task_state, next_is.task, story)
    started = _started(attempt, word, finished)
    rows.attempts_ended.append(_ended_attempt(attempt, finished, started))
    tally.ended.append(attempt.token)
    if started is not None and attempt.state is AttemptState.ASSIGNED:
        tally.began(attempt.job_id)
    if attempt.removed:
        rows.removed.append(attempt.task_id)
        tally.went(attempt.job_id, attempt.task_state)
        return
    tally.move(attempt.job_id, attempt.task_state, next_is.task, marked=next_is.marked)
    tally.at(attempt.job_id, (attempt.frame,))
    rows.tasks_ended.append(_ended_task(attempt, finished, next_is, started, word.progress, time))
    if finished.state is AttemptState.DONE:
        rows.succeeded[word.agent_id] = _moment(finished.time_finished)
        if started is not None:
            tally.ran(attempt.job_id, max(0.0, finished.time_finished - started.timestamp()))
    if next_is.failed:
        rows.failed.append((attempt.job_id, attempt.task_id, word.agent_id))
        error = finished.reason or _NO_REASON
        tally.failed(attempt.job_id, attempt.frame, error, again=next_is.task is TaskState.QUEUED)


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
    attempt: Any,
    finished: Finished,
    next_is: Outcome,
    started: datetime | None,
    progress: float | None,
    time: datetime,
) -> dict[str, Any]:
    queued = next_is.task is TaskState.QUEUED
    failures = attempt.failures + next_is.failed
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
        "failures": failures,
        "last_error": error,
        "marked": next_is.marked,
        # The first word of its start stands.
        "time_started": None if queued else (attempt.task_started or started),
        "time_finished": None if queued else _moment(finished.time_finished),
        # By the lead's clock: it is the lead that waits.
        "not_before": time + retry_wait(failures) if queued and next_is.failed else None,
    }


def _write(session: Session, rows: _Rows) -> None:
    for_each(session, _ATTEMPT_STARTED, rows.attempts_started)
    for_each(session, _TASK_STARTED, rows.tasks_started)
    for_each(session, _TASK_PROGRESS, rows.progress)
    for_each(session, _ATTEMPT_ENDED, rows.attempts_ended)
    for_each(session, _TASK_ENDED, rows.tasks_ended)
    for_each(session, _TASK_WARNING, rows.warnings)
    for_each(session, _AGENT_SUCCEEDED, [{"key": key, "time": time} for key, time in rows.succeeded.items()])
    for part in parts(rows.removed):
        session.execute(delete(TASKS).where(TASKS.c.id.in_(part)))
    failing.remember(session, rows.failed)


def _moment(time: float) -> datetime:
    return datetime.fromtimestamp(time, UTC)
