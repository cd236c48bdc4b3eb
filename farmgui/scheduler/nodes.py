"""The tree of queues and jobs as the view keeps it: who uses what, and who offers what in what order."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Final

from farmgui.scheduler.farm import JobSnapshot, QueueSnapshot
from farmgui.scheduler.needs import Need

MAIN: Final = 0
"""What shares by weight."""
REST: Final = 1
"""What has weight 0, or stands below it: it gets what nobody else can use."""


def share(load: int, batches: int, weight: int) -> float:
    """How much of its weight a node uses; the lowest comes next, and what uses nothing comes first.

    Half a batch is added so that the cpus in use stay nearest to the weights' proportions (Sainte-Laguë).
    """
    return (load + load / (2 * batches)) / (weight or 1) if batches else 0.0


class NeedClass:
    """The jobs of equal needs. Where a need names a limit per job, those that run are another class."""

    __slots__ = ("bit", "eligible", "index", "jobs", "need", "running", "version")

    def __init__(self, index: int, need: Need) -> None:
        self.index = index
        self.bit = 1 << index
        self.need = need
        self.running: NeedClass = self
        """The class of those that have batches."""
        self.jobs = 0
        self.eligible = 0
        self.version = -1


class JobNode:
    """A job in the tree."""

    __slots__ = (
        "avoid",
        "batches",
        "blind",
        "capped",
        "job",
        "key",
        "load",
        "mask",
        "need_class",
        "queue",
        "set_aside",
        "stage",
        "there",
    )

    def __init__(self, job: JobSnapshot, queue: QueueNode, need_class: NeedClass) -> None:
        self.job = job
        self.queue = queue
        self.need_class = need_class
        self.stage = MAIN if job.weight else REST
        self.there: dict[int, tuple[int, int]] = {}
        """Its batches and cpus by the agent's number."""
        self.mask = 0
        self.load = 0
        self.batches = 0
        self.avoid = 0
        """Agents that may take nothing of it now, also for what they don't see or haven't told of yet."""
        self.blind = 0
        """Agents that don't see its files."""
        self.set_aside = 0
        self.key = 0.0
        self.capped = False
        """It has as many agents as it may: only these can give it more."""


class Group:
    """The children of one queue that have one priority and something to offer."""

    __slots__ = ("classes", "queues")

    def __init__(self) -> None:
        self.classes: dict[int, list[tuple[float, int]]] = {}
        """By class, the jobs in order: share and id."""
        self.queues: dict[int, QueueNode] = {}


class QueueNode:
    """A queue in the tree; the root has the id 0."""

    __slots__ = (
        "_counts",
        "batches",
        "groups",
        "id",
        "load",
        "mask",
        "maximum",
        "minimum",
        "offers",
        "parent",
        "priority",
        "queue",
        "there",
        "weight",
    )

    def __init__(self, queue: QueueSnapshot | None, parent: QueueNode | None) -> None:
        self.queue = queue
        self.id = queue.id if queue else 0
        self.parent = parent
        self.priority = queue.priority if queue else 0
        self.weight = queue.weight if queue else 1
        self.minimum = (queue.minimum_agents if queue else None) or 0
        self.maximum = queue.maximum_agents if queue else None
        self.load = 0
        self.batches = 0
        self.there: dict[int, int] = {}
        """The batches of its subtree by the agent's number."""
        self.mask = 0
        self.groups: tuple[dict[int, Group], dict[int, Group]] = ({}, {})
        """By stage, then priority."""
        self.offers = [0, 0]
        """By stage, the classes of the jobs of its subtree that may start."""
        self._counts: tuple[dict[int, int], dict[int, int]] = ({}, {})

    def lineage(self) -> Iterator[QueueNode]:
        """This queue and all above it."""
        node: QueueNode | None = self
        while node is not None:
            yield node
            node = node.parent

    def stages(self, stage: int) -> tuple[int, ...]:
        """What of it takes part in that stage of its parent."""
        return (stage,) if self.weight else ((MAIN, REST) if stage == REST else ())

    def stage_above(self, stage: int) -> int:
        """In which stage of its parent that stage of it takes part."""
        return stage if self.weight else REST

    def use(self, number: int, batches: int, cpus: int) -> None:
        """Count batches (or fewer, if negative) on an agent, here and all the way up."""
        bit = 1 << number
        node: QueueNode | None = self
        while node is not None:
            node.load += cpus
            node.batches += batches
            before = node.there.get(number, 0)
            left = before + batches
            if left:
                node.there[number] = left
                if not before:
                    node.mask ^= bit
            elif before:
                del node.there[number]
                node.mask ^= bit
            node = node.parent

    def enlist(self, node: JobNode) -> None:
        """Enter a job that may start."""
        group = self._group(node.stage, node.job.priority)
        jobs = group.classes.get(node.need_class.index)
        if jobs is None:
            group.classes[node.need_class.index] = [(node.key, node.job.id)]
            self._offer(node.stage, node.need_class.index, 1)
        else:
            insort(jobs, (node.key, node.job.id))

    def strike(self, node: JobNode) -> None:
        """Take a job out that was entered."""
        group = self.groups[node.stage][node.job.priority]
        jobs = group.classes[node.need_class.index]
        del jobs[bisect_left(jobs, (node.key, node.job.id))]
        if not jobs:
            del group.classes[node.need_class.index]
            self._offer(node.stage, node.need_class.index, -1)
            self._tidy(node.stage, node.job.priority)

    def move(self, node: JobNode, key: float) -> None:
        """A job that was entered under `key` has another one by now."""
        jobs = self.groups[node.stage][node.job.priority].classes[node.need_class.index]
        del jobs[bisect_left(jobs, (key, node.job.id))]
        insort(jobs, (node.key, node.job.id))

    def _offer(self, stage: int, index: int, change: int) -> None:
        """One more list here offers that class, or one fewer; those above hear of it."""
        count = self._counts[stage].get(index, 0)
        if count + change:
            self._counts[stage][index] = count + change
        else:
            del self._counts[stage][index]
        if bool(count) == bool(count + change):
            return
        self.offers[stage] ^= 1 << index
        if self.parent is not None:
            above = self.stage_above(stage)
            self.parent._take_part(self, above)  # noqa: SLF001 - the same class
            self.parent._offer(above, index, change)  # noqa: SLF001 - the same class

    def _take_part(self, child: QueueNode, stage: int) -> None:
        """Enter a child queue where it has something to offer, and take it out where not."""
        if any(child.offers[below] for below in child.stages(stage)):
            self._group(stage, child.priority).queues[child.id] = child
        else:
            self.groups[stage][child.priority].queues.pop(child.id, None)
            self._tidy(stage, child.priority)

    def _group(self, stage: int, priority: int) -> Group:
        group = self.groups[stage].get(priority)
        if group is None:
            group = self.groups[stage][priority] = Group()
        return group

    def _tidy(self, stage: int, priority: int) -> None:
        group = self.groups[stage][priority]
        if not group.classes and not group.queues:
            del self.groups[stage][priority]
