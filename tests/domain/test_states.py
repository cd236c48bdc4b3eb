"""The tables of moves, and the job state that follows from the counts."""

from __future__ import annotations

import pytest

from farmgui.domain.counts import TaskCounts, job_state
from farmgui.domain.errors import IllegalMove, InvalidValue
from farmgui.domain.limits import JOB_LIMITS, check_value
from farmgui.domain.states import (
    ATTEMPT_MOVES,
    TASK_MOVES,
    AttemptState,
    JobState,
    TaskState,
    check_attempt_move,
    check_task_move,
)


@pytest.mark.parametrize(
    ("current", "counts", "expected"),
    [
        ("queued", TaskCounts(queued=2), "queued"),
        ("queued", TaskCounts(queued=2, assigned=1), "running"),
        ("queued", TaskCounts(running=1), "running"),
        ("running", TaskCounts(queued=1, done=1), "queued"),
        ("running", TaskCounts(done=2), "done"),
        ("running", TaskCounts(done=2, failed=1), "failed"),
        ("running", TaskCounts(queued=1, failed=1), "queued"),
        ("paused", TaskCounts(queued=1, running=1), "paused"),
        ("paused", TaskCounts(done=1), "done"),
        ("failed", TaskCounts(queued=1), "queued"),
        ("queued", TaskCounts(), "done"),
    ],
)
def test_job_state(current: str, counts: TaskCounts, expected: str) -> None:
    assert job_state(JobState(current), counts) is JobState(expected)


def test_every_state_has_its_moves_and_no_other_passes() -> None:
    assert set(TASK_MOVES) == set(TaskState)
    assert set(ATTEMPT_MOVES) == set(AttemptState)
    for old in TaskState:
        for new in set(TaskState) - TASK_MOVES[old]:
            with pytest.raises(IllegalMove, match="frame 7"):
                check_task_move(old, new, "frame 7")
    for first in AttemptState:
        for second in set(AttemptState) - ATTEMPT_MOVES[first]:
            with pytest.raises(IllegalMove):
                check_attempt_move(first, second)


@pytest.mark.parametrize(
    ("name", "accepted", "refused"),
    [
        ("priority", (-1000, 0, 1000), (-1001, 1001, None, 1.5, True, "5")),
        ("cpus", (-1, 0, 1, 256), (-2, 257, None)),
        ("ram", (-1, 0, 16, 262_144), (-2, 15, 262_145)),
        ("ram_max", (None, 1), (0, -1)),
        ("weight", (0, 10), (-1,)),
        ("requeue", (-1, 0, 1, 3), (-2,)),
        ("batch", (1, 100), (0, -1)),
        ("minimum_agents", (None, 0, 3), (-1,)),
        ("maximum_agents", (None, 0, 3), (-1,)),
        ("title", ("a",), ("", "  ", "a" * 256, None)),
    ],
)
def test_ranges(name: str, accepted: tuple[object, ...], refused: tuple[object, ...]) -> None:
    for value in accepted:
        assert check_value(name, value) == value
    for value in refused:
        with pytest.raises(InvalidValue):
            check_value(name, value)


def test_a_range_is_told_in_words() -> None:
    assert JOB_LIMITS["cpus"].words() == (
        "a whole number from 1 to 256; 0: none required; -1: the whole agent to itself"
    )
