"""What of a job may be given to an agent, and which queued tasks make the next batch."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol, TypeVar


class Pickable(Protocol):
    """What a task must tell for this: its frame and its tile."""

    @property
    def frame(self) -> Decimal: ...
    @property
    def tile(self) -> int | None: ...


T = TypeVar("T", bound=Pickable)


def can_use_more_agents(queued: int, blocked: int) -> bool:
    """Whether one of the `queued` tasks of a job waits for nothing but an agent."""
    return queued > blocked


def batch_limit(batch: int, max_batch: int | None) -> int:
    """The most tasks of a batch: the job's `batch`, and not more than its job type takes, None for any."""
    return batch if max_batch is None else min(batch, max_batch)


def pick(tasks: Sequence[T], limit: int, by: Decimal, *, contiguous: bool) -> list[T]:
    """Up to `limit` of `tasks`, which stand in the order that they are offered in.

    A contiguous batch takes only frames that are exactly one step apart, of one tile (PyFarm 2.5). Tasks that
    don't fit are passed over, not waited for.
    """
    batch: list[T] = []
    for task in tasks:
        if len(batch) >= limit:
            break
        if (
            not contiguous
            or not batch
            or (task.frame - batch[-1].frame == by and task.tile == batch[-1].tile)
        ):
            batch.append(task)
    return batch
