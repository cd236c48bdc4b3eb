"""Which of two jobs comes first by priority, along the tree of queues."""

from __future__ import annotations

from farmgui.scheduler.nodes import JobNode


def outranks(node: JobNode, other: JobNode) -> bool:
    """Whether `node` has strictly the higher priority below the nearest queue that both stand in."""
    for mine, theirs in zip(_way(node), _way(other), strict=False):
        if mine[0] != theirs[0]:
            return mine[1] > theirs[1]
    return False


def rank(node: JobNode) -> tuple[int, ...]:
    """The priorities on the way from the root down to the job."""
    return tuple(priority for _, priority in _way(node)[1:])


def _way(node: JobNode) -> list[tuple[tuple[bool, int], int]]:
    """From the root down to the job: what stands there, and its priority."""
    way = [((False, queue.id), queue.priority) for queue in node.queue.lineage()]
    return [*reversed(way), ((True, node.job.id), node.job.priority)]
