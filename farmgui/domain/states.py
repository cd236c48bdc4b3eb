"""The states of jobs, tasks, attempts and agents, and the one table of legal moves for each.

`docs/states.md` has one line for each arrow.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from farmgui.domain.errors import IllegalMove


class JobState(StrEnum):
    """The stored state of a job; derived from its tasks by `job_state`, except for *paused*."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    PAUSED = "paused"


class TaskState(StrEnum):
    """The state of a task. *assigned* is committed to an agent whose word that it runs is still out."""

    QUEUED = "queued"
    ASSIGNED = "assigned"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class AttemptState(StrEnum):
    """How far one run of a task is. *lost* and *stopped* are ends that are no failure of the task."""

    ASSIGNED = "assigned"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    LOST = "lost"
    STOPPED = "stopped"


class AgentState(StrEnum):
    """What the lead observes of an agent; what a wrangler wants of it is `Agent.enabled`."""

    OFFLINE = "offline"
    ONLINE = "online"
    RUNNING = "running"


UNFINISHED: Final = frozenset({TaskState.QUEUED, TaskState.ASSIGNED, TaskState.RUNNING})
SCHEDULED: Final = frozenset({JobState.QUEUED, JobState.RUNNING})
"""The states of jobs that get agents."""

ACTIVE: Final = frozenset({TaskState.ASSIGNED, TaskState.RUNNING})
OPEN_ATTEMPTS: Final = frozenset({AttemptState.ASSIGNED, AttemptState.RUNNING})

TASK_MOVES: Final[dict[TaskState, frozenset[TaskState]]] = {
    TaskState.QUEUED: frozenset({TaskState.ASSIGNED, TaskState.DONE, TaskState.FAILED}),
    TaskState.ASSIGNED: frozenset({TaskState.RUNNING, TaskState.QUEUED, TaskState.DONE, TaskState.FAILED}),
    TaskState.RUNNING: frozenset({TaskState.QUEUED, TaskState.DONE, TaskState.FAILED}),
    TaskState.DONE: frozenset({TaskState.QUEUED, TaskState.FAILED}),
    TaskState.FAILED: frozenset({TaskState.QUEUED, TaskState.DONE}),
}

ATTEMPT_MOVES: Final[dict[AttemptState, frozenset[AttemptState]]] = {
    AttemptState.ASSIGNED: frozenset(AttemptState) - {AttemptState.ASSIGNED},
    AttemptState.RUNNING: frozenset(
        {AttemptState.DONE, AttemptState.FAILED, AttemptState.LOST, AttemptState.STOPPED}
    ),
    AttemptState.DONE: frozenset(),
    AttemptState.FAILED: frozenset(),
    AttemptState.LOST: frozenset(),
    AttemptState.STOPPED: frozenset(),
}


def check_task_move(old: TaskState, new: TaskState, story: str = "") -> None:
    """Raise IllegalMove, with `story` in its text, unless a task may go from `old` to `new`."""
    if new not in TASK_MOVES[old]:
        raise IllegalMove(f"a task can't go from {old} to {new}: {story}")


def check_attempt_move(old: AttemptState, new: AttemptState, story: str = "") -> None:
    """Raise IllegalMove, with `story` in its text, unless an attempt may go from `old` to `new`."""
    if new not in ATTEMPT_MOVES[old]:
        raise IllegalMove(f"an attempt can't go from {old} to {new}: {story}")
