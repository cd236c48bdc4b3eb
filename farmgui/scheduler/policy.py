"""Which job gets which agent: a pure function from a snapshot of the farm to grants and reasons.

In order: minimums of jobs, then of queues; then priority, strictly, among the children of one queue; then
weight, in proportion to the cpus in use, among jobs and queues of one priority. A maximum is never exceeded,
anywhere up the tree.
Source: PyFarm, section 3; where its documentation and its behaviour differ, the documentation holds.
"""

from __future__ import annotations

from functools import partial

from farmgui.scheduler.eligibility import why_waiting
from farmgui.scheduler.packing import Allowed, Packing
from farmgui.scheduler.snapshot import Decision, FarmSnapshot, Grant
from farmgui.scheduler.tree import Node, Turns, build


def assign(farm: FarmSnapshot) -> Decision:
    """Grant batches until no job can get one more; say of each job that waits why."""
    root, jobs = build(farm)
    decision = _Deciding(Packing(farm.agents))
    decision.minimums_of_jobs(jobs)
    decision.minimums_of_queues(root)
    for leftovers in (False, True):
        turns = Turns(root, leftovers=leftovers)
        while turns.next_job(decision.serve):
            pass
    reasons = {
        node.id: why_waiting(node, farm.agents) for node in jobs if node.queued > 0 and not node.agents
    }
    return Decision(tuple(decision.grants), reasons)


class _Deciding:
    """One decision under way."""

    def __init__(self, packing: Packing) -> None:
        self.packing = packing
        self.grants: list[Grant] = []

    def minimums_of_jobs(self, jobs: list[Node]) -> None:
        """Serve each job below its minimum of agents, the highest priority first, before all else."""
        below = [node for node in jobs if node.minimum and node.job is not None and node.job.ready]
        for node in sorted(below, key=lambda node: (-node.priority, node.id)):
            while len(node.agents) < node.minimum and self.serve(node, new_for=node):
                pass

    def minimums_of_queues(self, root: Node) -> None:
        """Serve each queue below its minimum of agents, in the usual order among its children."""
        for queue in _queues(root):
            if len(queue.agents) < queue.minimum:
                turns = Turns(queue, leftovers=False)
                serve = partial(self.serve, new_for=queue)
                while len(queue.agents) < queue.minimum and turns.next_job(serve):
                    pass

    def serve(self, node: Node, new_for: Node | None = None) -> bool:
        """Give one batch to the job of `node`; with `new_for`, only on an agent that is new for that node."""
        job = node.job
        if job is None or node.queued <= 0:
            return False
        allowed: Allowed = node.may_use
        if new_for is not None:

            def allowed(agent_id: str) -> bool:
                return agent_id not in new_for.agents and node.may_use(agent_id)

        slot = self.packing.find(job.cpus, job.ram, allowed)
        if slot is None:
            self.packing.reserve(job.cpus, job.ram, allowed)
            return False
        tasks = min(job.batch, node.queued)
        node.queued -= tasks
        node.use(slot.agent.id, 1, slot.put(job.cpus, job.ram))
        self.grants.append(Grant(job.id, slot.agent.id, tasks))
        return True


def _queues(root: Node) -> list[Node]:
    """All queues with a minimum, from the top down, the highest priority first."""
    found = []
    level = [root]
    while level:
        level = [child for node in level for child in node.children if child.job is None]
        found += sorted((node for node in level if node.minimum), key=lambda node: (-node.priority, node.id))
    return found
