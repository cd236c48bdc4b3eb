"""What happens to tasks, as the statistics count it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from farmgui.domain.states import TaskState

MINUTE: Final = timedelta(minutes=1)


class TaskEvent(StrEnum):
    """One kind of event; the column of `task_event_counts` is named after it."""

    NEW = "new"
    DELETED = "deleted"
    RESTARTED = "restarted"
    """Queued again after it ran: by a rerun, for a retry, because it was stopped or its agent was lost."""
    STARTED = "started"
    FAILED = "failed"
    """An attempt failed, also where the task is tried again; or a person marked the task failed."""
    DONE = "done"


def event_of(old: TaskState, new: TaskState) -> TaskEvent | None:
    """What a task's move from `old` to `new` is for the statistics."""
    if new is TaskState.QUEUED:
        began = old not in (TaskState.QUEUED, TaskState.ASSIGNED)
        return TaskEvent.RESTARTED if began else None
    return _BY_STATE.get(new) if new is not old else None


_BY_STATE: Final = {
    TaskState.RUNNING: TaskEvent.STARTED,
    TaskState.FAILED: TaskEvent.FAILED,
    TaskState.DONE: TaskEvent.DONE,
}


def minute_of(time: datetime) -> datetime:
    """The beginning of the minute that `time` is in."""
    return time.replace(second=0, microsecond=0)
