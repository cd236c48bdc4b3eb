"""Whether a task that failed is tried again."""

from __future__ import annotations


def will_retry(failures: int, requeue: int) -> bool:
    """Whether a task that has now failed `failures` times runs again: `requeue` retries, -1 for ever."""
    return requeue == -1 or failures <= requeue
