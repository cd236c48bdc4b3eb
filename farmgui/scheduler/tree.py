"""The tree of queues and jobs while a decision is made: who uses which agents, and whose turn it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappop, heappush

from farmgui.scheduler.snapshot import FarmSnapshot, JobSnapshot, QueueSnapshot


class Node:
    """A queue or a job: its agents with the number of batches on each, and its load in cpus."""

    __slots__ = (
        "agents",
        "children",
        "id",
        "job",
        "load",
        "maximum",
        "minimum",
        "parent",
        "priority",
        "queued",
        "weight",
    )

    def __init__(self, source: QueueSnapshot | JobSnapshot | None) -> None:
        self.id = 0 if source is None else source.id
        self.job = source if isinstance(source, JobSnapshot) else None
        self.priority = 0 if source is None else source.priority
        self.weight = 1 if source is None else source.weight
        self.minimum = (source.minimum_agents if source else None) or 0
        self.maximum = source.maximum_agents if source else None
        self.parent: Node | None = None
        self.children: list[Node] = []
        self.agents: dict[str, int] = {}
        self.load = 0
        self.queued = self.job.queued if self.job else 0

    def lineage(self) -> Iterator[Node]:
        """This node and all above it."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent

    def may_use(self, agent_id: str) -> bool:
        """Whether no maximum of this node or one above forbids the agent, nor the job itself avoids it."""
        if self.job is not None and agent_id in self.job.avoid:
            return False
        return all(
            node.maximum is None
            or (agent_id in node.agents and node.maximum > 0)
            or len(node.agents) < node.maximum
            for node in self.lineage()
        )

    def at_maximum(self) -> Node | None:
        """The nearest node whose maximum is used up, or None."""
        return next(
            (
                node
                for node in self.lineage()
                if node.maximum is not None and len(node.agents) >= node.maximum
            ),
            None,
        )

    def use(self, agent_id: str, batches: int, cpus: int) -> None:
        """Count `batches` on an agent, here and all the way up."""
        for node in self.lineage():
            node.agents[agent_id] = node.agents.get(agent_id, 0) + batches
            node.load += cpus


def build(farm: FarmSnapshot) -> tuple[Node, list[Node]]:
    """The root of the tree, and the nodes of all jobs. A job of an unknown queue stands at the root."""
    root = Node(None)
    queues = {queue.id: Node(queue) for queue in farm.queues}
    for queue in farm.queues:
        _place(queues[queue.id], queues.get(queue.parent_id or 0, root))
    jobs = []
    for job in farm.jobs:
        node = Node(job)
        _place(node, queues.get(job.queue_id or 0, root))
        for holding in job.holdings:
            node.use(holding.agent_id, holding.batches, holding.cpus)
        jobs.append(node)
    return root, jobs


def _place(node: Node, parent: Node) -> None:
    node.parent = parent
    parent.children.append(node)


Serve = Callable[[Node], bool]
"""Gives one batch to the job of a node; False when it can get none."""


class Turns:
    """Whose turn it is below a node: the highest priority first, and there the lowest load for its weight.

    A node that can get nothing more is taken out for good: capacity only shrinks while a decision is made.
    """

    def __init__(self, node: Node, *, leftovers: bool) -> None:
        self.node = node
        self._below: dict[int, Turns] = {}
        groups: dict[int, list[tuple[float, bool, int, Node]]] = {}
        for child in node.children:
            if _takes_part(child, leftovers=leftovers):
                heappush(groups.setdefault(child.priority, []), self._key(child))
                if child.job is None:
                    self._below[id(child)] = Turns(child, leftovers=leftovers)
        self._groups = [groups[priority] for priority in sorted(groups)]

    @staticmethod
    def _key(child: Node) -> tuple[float, bool, int, Node]:
        return (child.load / max(child.weight, 1), child.job is not None, child.id, child)

    def next_job(self, serve: Serve) -> bool:
        """Let `serve` give one batch to the job whose turn it is; False when nobody below can get one."""
        while self._groups:
            group = self._groups[-1]
            while group:
                child = heappop(group)[-1]
                below = self._below.get(id(child))
                if serve(child) if below is None else below.next_job(serve):
                    heappush(group, self._key(child))
                    return True
            self._groups.pop()
        return False


def _takes_part(child: Node, *, leftovers: bool) -> bool:
    """Weight 0 gets only what nobody else can use: its turn comes in a second round, for the leftovers."""
    if child.job is not None:
        return child.queued > 0 and child.job.ready and (leftovers or child.weight > 0)
    return bool(child.children) and (leftovers or child.weight > 0)
