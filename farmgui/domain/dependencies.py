"""When a job releases the jobs that wait for it."""

from __future__ import annotations

from farmgui.domain.states import JobState


def releases_dependants(state: JobState, failed: int, marked_failed: int) -> bool:
    """Whether a job in `state` releases its dependants.

    It does when it is done, and when a wrangler has answered for each of its `failed` tasks by marking it
    failed by hand (`marked_failed`). A task that failed by itself holds the dependants back.
    """
    if state is JobState.DONE:
        return True
    return state is JobState.FAILED and failed == marked_failed
