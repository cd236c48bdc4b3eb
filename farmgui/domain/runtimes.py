"""When a job's run began and ended, and how long its tasks take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from farmgui.domain.states import JobState

Moment = TypeVar("Moment")
"""A moment in any form; nothing here looks into it."""

HAND_SECONDS: Final = 0.25
"""Work that an agent is given at once when tasks are short: to ask for each would take longer."""
MOST_IN_HAND: Final = 100

FINISHED: Final = frozenset({JobState.DONE, JobState.FAILED})
"""The states of jobs whose run is over."""


def job_times(
    old: JobState, new: JobState, started: Moment | None, finished: Moment | None, now: Moment
) -> tuple[Moment | None, Moment | None]:
    """The start and the end of a job's run after it went from `old` to `new` at `now`.

    The start is stamped once per run (PyFarm 9.1 rule 16); a finished job that gets work again begins
    another one.
    """
    if new in FINISHED:
        return started, finished if old in FINISHED and finished else now
    if old in FINISHED:
        started = None
    if new is JobState.RUNNING and started is None:
        started = now
    return started, None


def smoothed(mean: float | None, seconds: Sequence[float]) -> float | None:
    """The time that a task takes, in seconds, after `seconds` were measured: the newest count most."""
    if not seconds:
        return mean
    newest = sum(seconds) / len(seconds)
    return newest if mean is None else mean + (newest - mean) * min(1.0, len(seconds) / 8)


def smoothed_spread(spread: float | None, mean: float | None, seconds: Sequence[float]) -> float | None:
    """By how many seconds tasks differ from their mean, smoothed, after `seconds` were measured.

    `mean` is what `smoothed` said before them. None until two tasks were measured.
    """
    if mean is None:
        if len(seconds) < 2:
            return spread
        mean = sum(seconds) / len(seconds)
    middle = mean
    return smoothed(spread, [abs(one - middle) for one in seconds])


def tasks_in_hand(batch: int, task_seconds: float | None) -> int:
    """How many tasks an agent is given at once to run one after the other.

    At least the job's `batch`; of tasks measured to be very short, what fills a quarter of a second.
    """
    if task_seconds is None or task_seconds >= HAND_SECONDS:
        return batch
    return max(batch, min(MOST_IN_HAND, int(HAND_SECONDS / max(task_seconds, 1e-6))))
