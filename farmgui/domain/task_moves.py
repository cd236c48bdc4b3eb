"""What goes with the state of a task."""

from __future__ import annotations

from datetime import datetime

from farmgui.domain.states import TaskState

_FINISHED = frozenset({TaskState.DONE, TaskState.FAILED})


def task_values(
    old: TaskState | None, new: TaskState, started: datetime | None, now: datetime
) -> dict[str, object]:
    """The columns of a task that change when it goes from `old` to `new` at `now` (PyFarm 2.10).

    A start is stamped once per run: one that is told twice that it runs keeps it, one that ran before begins
    anew. What is done is done whole and without an error.
    """
    values: dict[str, object] = {}
    if new is TaskState.RUNNING:
        values["time_finished"] = None
        if old is not TaskState.RUNNING or started is None:
            values["time_started"] = now
    if new in _FINISHED:
        values["time_finished"] = now
    if new is TaskState.DONE:
        values |= {"progress": 1.0, "last_error": None}
    return values
