"""The statistics of what happens to tasks: by the minute and the queue, in the transaction that does it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Table
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from farmgui.domain.task_events import MINUTE, TaskEvent, minute_of
from farmgui.models import TaskEventCount
from farmgui.services.bulk import for_each

ROOT: Final = 0
"""Stands for the root of the queues, which has no row."""

_COUNTS: Final = cast(Table, TaskEventCount.__table__)
_NAMES: Final = {event: f"num_{event.value}" for event in TaskEvent}
_NEW: Final = insert(_COUNTS)
_ADD: Final = _NEW.on_conflict_do_update(
    index_elements=[_COUNTS.c.time_start, _COUNTS.c.job_queue_id],
    set_={name: _COUNTS.c[name] + _NEW.excluded[name] for name in _NAMES.values()},
)


def count(session: Session, events: Mapping[int | None, Counter[TaskEvent]], time: datetime) -> None:
    """Add what happened to the tasks of each queue (None: the root) at `time`."""
    start = minute_of(time)
    rows: list[dict[str, Any]] = [
        {
            "time_start": start,
            "time_end": start + MINUTE,
            "job_queue_id": queue or ROOT,
            **{name: counter[event] for event, name in _NAMES.items()},
        }
        for queue, counter in events.items()
        if counter
    ]
    for_each(session, _ADD, rows)
