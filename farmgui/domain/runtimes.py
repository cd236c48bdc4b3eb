"""When a job's run began and ended."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from farmgui.domain.states import JobState

_FINISHED: Final = frozenset({JobState.DONE, JobState.FAILED})


def job_times(
    old: JobState, new: JobState, started: datetime | None, finished: datetime | None, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """The start and the end of a job's run after it went from `old` to `new` at `now`.

    The start is stamped once per run (PyFarm 9.1 rule 16); a finished job that gets work again begins
    another one.
    """
    if new in _FINISHED:
        return started, finished if old in _FINISHED and finished else now
    if old in _FINISHED:
        started = None
    if new is JobState.RUNNING and started is None:
        started = now
    return started, None
