"""When a job releases the jobs that wait for it, and which jobs may wait for which."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from farmgui.domain.states import JobState


def releases_dependants(state: JobState, failed: int, marked_failed: int) -> bool:
    """Whether a job in `state` releases its dependants.

    It does when it is done, and when a wrangler has answered for each of its `failed` tasks by marking it
    failed by hand (`marked_failed`). A task that failed by itself holds the dependants back.
    """
    if state is JobState.DONE:
        return True
    return state is JobState.FAILED and failed == marked_failed


def find_cycle(
    children: Collection[int], parents: Iterable[int], parents_of: Mapping[int, Collection[int]]
) -> tuple[int, ...]:
    """The way on which a job would wait for itself if all of `children` waited for `parents`; () for none.

    `parents_of` tells what every other job waits for. Each job of the way waits for the next one, the last
    of which is the first again.
    """
    ends = set(children)
    came_from: dict[int, int | None] = dict.fromkeys(parents)
    left = list(came_from)
    while left:
        job = left.pop(0)
        if job in ends:
            return _way(job, came_from)
        for above in parents_of.get(job, ()):
            if above not in came_from:
                came_from[above] = job
                left.append(above)
    return ()


def _way(end: int, came_from: Mapping[int, int | None]) -> tuple[int, ...]:
    way = [end]
    before = came_from[end]
    while before is not None:
        way.append(before)
        before = came_from[before]
    way.append(end)
    return tuple(reversed(way))
