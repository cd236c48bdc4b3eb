"""Which task waits for which other ones: frame by frame for those of parents, an assembly for its tiles.

One mechanism: a queued task is blocked while one that it waits for holds it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Protocol, TypeVar

from farmgui.domain.states import UNFINISHED, TaskState


class Waiting(Protocol):
    """What a task must tell for this."""

    @property
    def frame(self) -> Decimal: ...
    @property
    def tile(self) -> int | None: ...
    @property
    def state(self) -> TaskState: ...
    @property
    def marked(self) -> bool: ...
    @property
    def removed(self) -> bool: ...


T = TypeVar("T", bound=Waiting)


def is_assembly(tile: int | None, num_tiles: int | None) -> bool:
    """Whether a task of a job with `num_tiles` puts the tiles of its frame together."""
    return num_tiles is not None and tile is None


def holds_back(task: Waiting) -> bool:
    """Whether those that wait for `task` go on waiting.

    They do until it is done, or a wrangler has answered for it by marking it failed by hand. One that left
    the frame range of its job is waited for no longer.
    """
    if task.removed or task.state is TaskState.DONE:
        return False
    return not (task.state is TaskState.FAILED and task.marked)


def waited_for(task: T, num_tiles: int | None, own: Iterable[T], parents: Iterable[T]) -> Iterator[T]:
    """The tasks that `task` waits for, of a job with `num_tiles`.

    `own` are the tasks of its job, `parents` those of all jobs that it depends on frame by frame. An assembly
    waits for the tiles of its frame, and these for the parents; frames that no parent has wait for nothing.
    """
    if is_assembly(task.tile, num_tiles):
        return (other for other in own if other.frame == task.frame and other.tile is not None)
    return (other for other in parents if other.frame == task.frame)


def is_blocked(task: Waiting, awaited: Iterable[Waiting]) -> bool:
    """Whether `task`, which waits for `awaited`, can't be offered to an agent yet."""
    return task.state is TaskState.QUEUED and any(holds_back(other) for other in awaited)


def is_stuck(tasks: Iterable[Waiting], num_tiles: int | None) -> bool:
    """Whether all that a job has left are assemblies of frames whose tiles failed: nothing of it can start.

    Such a job has failed: it goes on when its failed tiles are rerun or marked.
    """
    left = [task for task in tasks if task.state in UNFINISHED]
    return bool(left) and all(
        task.state is TaskState.QUEUED and is_assembly(task.tile, num_tiles) for task in left
    )
