"""What becomes of a task when its attempt has ended."""

from __future__ import annotations

from dataclasses import dataclass

from farmgui.domain.retries import will_retry
from farmgui.domain.states import AttemptState, TaskState


@dataclass(frozen=True, slots=True)
class Outcome:
    """The task's next state; whether a failure is counted, and whether it is a wrangler's mark."""

    task: TaskState
    failed: bool = False
    marked: bool = False


def outcome(ended: AttemptState, stop_as: TaskState | None, failures: int, requeue: int) -> Outcome:
    """What follows from an attempt that `ended` so, on a task with `failures` before it.

    `stop_as` is what a wrangler asked for meanwhile. A frame that came out whole all the same stays done,
    unless it was marked failed. Only an end that nobody asked for counts as a failure.
    """
    if ended is AttemptState.DONE and stop_as is not TaskState.FAILED:
        return Outcome(TaskState.DONE)
    if stop_as is not None:
        return Outcome(stop_as, marked=stop_as is not TaskState.QUEUED)
    if ended is AttemptState.FAILED:
        again = will_retry(failures + 1, requeue)
        return Outcome(TaskState.QUEUED if again else TaskState.FAILED, failed=True)
    return Outcome(TaskState.QUEUED)
