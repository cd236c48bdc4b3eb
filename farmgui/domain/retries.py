"""Whether and when a task that failed is tried again, and when a job has failed too often."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from farmgui.domain.frames import frame_text

FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(seconds=300)


def will_retry(failures: int, requeue: int) -> bool:
    """Whether a task that has now failed `failures` times runs again: `requeue` retries, -1 for ever."""
    return requeue == -1 or failures <= requeue


def retry_wait(failures: int) -> timedelta:
    """How long a task waits for its next try after its `failures`-th failure: each time twice as long."""
    # Beyond so many doublings it is the longest anyway, and the number stays small.
    doublings = min(max(failures, 1) - 1, 10)
    return min(LONGEST_WAIT, FIRST_WAIT * float(1 << doublings))


def retry_reason(at: datetime) -> str:
    """Why a task that failed doesn't start yet, in words; `at` in the time zone of who reads it."""
    return f"a failed task is tried again at {at:%H:%M:%S}"


def has_failed_too_often(failures: int, most: int | None) -> bool:
    """Whether a job whose tasks failed `failures` times since its last rerun by hand is to be paused."""
    return most is not None and failures >= max(most, 1)


def pause_reason(failures: int, most: int, frame: Decimal) -> str:
    """Why the program paused a job that failed too often, the last time at `frame`; and what to do."""
    times = "1 failure" if failures == 1 else f"{failures} failures"
    limit = "the most that it may have" if failures <= most else f"more than the {most} that it may have"
    return (
        f"paused after {times}, {limit}. "
        f"Look at the log of frame {frame_text(frame)}, then rerun its failed frames or resume it."
    )
