"""Which rows to show where not all can be: the jobs whose tasks are read, the task whose log tells most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from farmgui.domain.snapshots import JobRow, TaskRow
from farmgui.domain.states import TaskState

MOST_TASKS: Final = 200_000
"""Tasks of several jobs that are read at once; one job's are read whatever their number is."""
_TELLING: Final = {
    TaskState.FAILED: 0,
    TaskState.RUNNING: 1,
    TaskState.ASSIGNED: 2,
    TaskState.DONE: 3,
    TaskState.QUEUED: 4,
}


def jobs_within(jobs: Sequence[JobRow], most: int = MOST_TASKS) -> list[JobRow]:
    """The first of `jobs` that have `most` tasks together; at least one."""
    taken: list[JobRow] = []
    tasks = 0
    for job in jobs:
        tasks += job.counts.total
        if taken and tasks > most:
            break
        taken.append(job)
    return taken


def most_telling(tasks: Sequence[TaskRow]) -> TaskRow | None:
    """A failed task, else a running one, else the one that ended last; None where none was started."""
    started = [task for task in tasks if task.attempt_id is not None]
    return min(
        started,
        key=lambda task: (
            _TELLING[task.state],
            -(task.time_finished.timestamp() if task.time_finished else 0.0),
            task.id,
        ),
        default=None,
    )
