"""The statistics of what happens to tasks: by the minute and the queue, in the transaction that does it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from farmgui.domain.task_events import MINUTE, TaskEvent, minute_of
from farmgui.services.bulk import Driver, stored_time

ROOT: Final = 0
"""Stands for the root of the queues, which has no row."""

_NAMES: Final = tuple(f"num_{event}" for event in TaskEvent)
_ADD: Final = (
    f"INSERT INTO task_event_counts (time_start, time_end, job_queue_id, {', '.join(_NAMES)}) "  # noqa: S608  our own names
    f"VALUES (?, ?, ?{', ?' * len(_NAMES)}) ON CONFLICT (time_start, job_queue_id) DO UPDATE SET "
    + ", ".join(f"{name} = {name} + excluded.{name}" for name in _NAMES)
)


def count(session: Session, events: Mapping[int | None, Counter[TaskEvent]], time: datetime) -> None:
    """Add what happened to the tasks of each queue (None: the root) at `time`."""
    minute = minute_of(time)
    start, end = stored_time(minute), stored_time(minute + MINUTE)
    rows = [
        (start, end, queue or ROOT, *(counter[event] for event in TaskEvent))
        for queue, counter in events.items()
        if counter
    ]
    Driver(session).many(_ADD, rows)
