"""What a task's move is for the statistics."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from farmgui.domain.states import TASK_MOVES, TaskState
from farmgui.domain.task_events import TaskEvent, event_of, minute_of

QUEUED, ASSIGNED, RUNNING, DONE, FAILED = TaskState

EXPECTED = {
    (QUEUED, ASSIGNED): None,
    (QUEUED, DONE): TaskEvent.DONE,
    (QUEUED, FAILED): TaskEvent.FAILED,
    (ASSIGNED, RUNNING): TaskEvent.STARTED,
    (ASSIGNED, QUEUED): None,
    (ASSIGNED, DONE): TaskEvent.DONE,
    (ASSIGNED, FAILED): TaskEvent.FAILED,
    (RUNNING, QUEUED): TaskEvent.RESTARTED,
    (RUNNING, DONE): TaskEvent.DONE,
    (RUNNING, FAILED): TaskEvent.FAILED,
    (DONE, QUEUED): TaskEvent.RESTARTED,
    (DONE, FAILED): TaskEvent.FAILED,
    (FAILED, QUEUED): TaskEvent.RESTARTED,
    (FAILED, DONE): TaskEvent.DONE,
}


@pytest.mark.parametrize(
    ("old", "new"), [(old, new) for old, news in TASK_MOVES.items() for new in sorted(news)]
)
def test_every_move(old: TaskState, new: TaskState) -> None:
    assert event_of(old, new) == EXPECTED[old, new]


@pytest.mark.parametrize("state", list(TaskState))
def test_what_stays_is_no_event(state: TaskState) -> None:
    assert event_of(state, state) is None


def test_the_minute() -> None:
    assert minute_of(datetime(2026, 11, 25, 22, 41, 59, 999, tzinfo=UTC)) == datetime(
        2026, 11, 25, 22, 41, tzinfo=UTC
    )
