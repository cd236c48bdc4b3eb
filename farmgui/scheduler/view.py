"""The farm as the policy keeps it: updated row by row, so that a decision costs what it grants."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from farmgui.domain.requirements import Per
from farmgui.scheduler.agents import AgentIndex
from farmgui.scheduler.farm import AgentSnapshot, Holding, JobSnapshot, LimitSnapshot, Names, QueueSnapshot
from farmgui.scheduler.licences import LimitUse
from farmgui.scheduler.needs import Need
from farmgui.scheduler.nodes import JobNode, NeedClass, QueueNode, share

_CHANGING: Final = JobSnapshot._fields.index("batch")
"""What of a job comes before stays as long as it only works: its tasks and what it holds change then."""
_NONE: Final = (0, 0)
"""No batches, and no cpus."""
_SLACK: Final = 1000
"""So many numbers of agents or classes that are gone may be kept before all is numbered anew."""


class FarmView:
    """Jobs, agents, queues and limits with the indexes that decisions read.

    Updated by whoever mirrors the farm, between decisions; a decision doesn't change it.
    """

    def __init__(self) -> None:
        self.names = Names()
        self.changes = 0
        """Rises with each update."""
        self._queues: dict[int, QueueSnapshot] = {}
        self._limits: dict[str, LimitSnapshot] = {}
        self._clear()

    @classmethod
    def of(
        cls,
        jobs: Iterable[JobSnapshot] = (),
        agents: Iterable[AgentSnapshot] = (),
        queues: Iterable[QueueSnapshot] = (),
        limits: Iterable[LimitSnapshot] = (),
        names: Names | None = None,
    ) -> FarmView:
        """A view of these."""
        view = cls()
        view.names = names or Names()
        view.set_queues(queues)
        view.set_limits(limits)
        for agent in agents:
            view.put_agent(agent)
        for job in jobs:
            view.put_job(job)
        return view

    def _clear(self) -> None:
        self.index = AgentIndex()
        self.nodes: dict[int, JobNode] = {}
        self.root = QueueNode(None, None)
        self.queues: dict[int, QueueNode] = _tree(self._queues, self.root)
        self.with_minimum = _with_minimum(self.root, self.queues.values())
        """Queues with a minimum of agents, from the top down, the highest priority first."""
        self.classes: list[NeedClass] = []
        self.short: dict[tuple[int, int], list[tuple[int, int]]] = {}
        """By queue and class, the jobs below their minimum of agents: negated priority and id."""
        self.capped: dict[int, set[int]] = {}
        """By the agent's number, the jobs there that may use no further agent."""
        self.running: dict[int, dict[int, int]] = {}
        """By the agent's number, the batches of each job there."""
        self.uses = {name: LimitUse(limit) for name, limit in self._limits.items()}
        self._class_of: dict[tuple[Need, bool], NeedClass] = {}
        self._unused = 0

    # What is in it

    @property
    def jobs(self) -> list[JobSnapshot]:
        """All jobs."""
        return [node.job for node in self.nodes.values()]

    @property
    def agents(self) -> list[AgentSnapshot]:
        """All agents in the order in which they came; of two that suit as well the first is taken."""
        return list(self.index)

    @property
    def limits(self) -> list[LimitSnapshot]:
        """All limits."""
        return list(self._limits.values())

    @property
    def queue_snapshots(self) -> list[QueueSnapshot]:
        """All queues."""
        return list(self._queues.values())

    def job(self, job_id: int) -> JobSnapshot | None:
        """The job of that id."""
        node = self.nodes.get(job_id)
        return None if node is None else node.job

    def agent(self, agent_id: str) -> AgentSnapshot | None:
        """The agent of that id."""
        return self.index.get(agent_id)

    # Updates

    def put_job(self, job: JobSnapshot, turned: Iterable[Holding] | None = None) -> None:
        """Add the job, or take this for what it is now.

        `turned`, where it is known: what it holds now on those agents where it may have held something else.
        """
        old = self.nodes.get(job.id)
        if old is not None and old.job == job:
            return
        self.changes += 1
        # What a limit counts for a job as a whole may make it another class.
        if old is not None and not job.need.limits and old.job[:_CHANGING] == job[:_CHANGING]:
            self._work(old, job, _turned(old.job.holdings, job.holdings) if turned is None else turned)
            return
        node = JobNode(job, self.queues.get(job.queue_id or 0, self.root), self._class(job))
        index = self.index
        node.there = {
            index.number(holding.agent_id): (holding.batches, holding.cpus)
            for holding in job.holdings
            if holding.batches
        }
        node.need_class.jobs += 1
        if old is not None:
            self._strike(old)
        self._count(old, node)
        self.nodes[job.id] = node
        self._sum_up(node)
        self._enlist(node)
        if self._unused > _SLACK or index.holes > _SLACK + len(index.rows) // 2:
            self._renew()

    def drop_job(self, job_id: int) -> None:
        """Forget the job."""
        node = self.nodes.pop(job_id, None)
        if node is not None:
            self.changes += 1
            self._strike(node)
            self._count(node, None)

    def put_agent(self, agent: AgentSnapshot) -> None:
        """Add the agent, or take this for what it is now."""
        self.changes += 1
        self.index.put(agent)

    def drop_agent(self, agent_id: str) -> None:
        """Forget the agent; what jobs hold there still counts."""
        self.changes += 1
        self.index.drop(agent_id)

    def set_queues(self, queues: Iterable[QueueSnapshot]) -> None:
        """These are all queues; a job or queue whose parent isn't among them stands at the top."""
        new = {queue.id: queue for queue in queues}
        if new != self._queues:
            self._queues = new
            self._renew()

    def set_limits(self, limits: Iterable[LimitSnapshot]) -> None:
        """These are all limits."""
        new = {limit.name: limit for limit in limits}
        if new != self._limits:
            self._limits = new
            self._renew()

    def set_names(self, names: Names) -> None:
        """What people call things, for the reasons."""
        self.names = names

    # What decisions ask

    def eligible_mask(self, need_class: NeedClass) -> int:
        """The agents that can run the class when they are idle, present or expected."""
        if need_class.version != self.index.version:
            need_class.eligible = self.index.eligible(need_class.need)
            need_class.version = self.index.version
        return need_class.eligible

    def barred(self, node: JobNode) -> int:
        """The agents that may take nothing of the job now for what happened to it there."""
        if not node.set_aside:
            return node.avoid
        others = self.eligible_mask(node.need_class) & ~node.set_aside & ~node.avoid
        return node.avoid | node.set_aside if others else node.avoid

    def unknown_limit(self, need: Need) -> str | None:
        """The first limit that the need names and nobody defined."""
        if not need.limits:
            return None
        return next((name for name, _ in need.limits if name not in self.uses), None)

    def hold(self, job: JobSnapshot) -> str | None:
        """Why the job may not start whatever agents do; None: it may."""
        unknown = self.unknown_limit(job.need)
        if job.hold is None and unknown is not None:
            return f"the limit “{unknown}” isn't known: define it, or take it off the job"
        return job.hold

    # Parts of an update

    def _work(self, node: JobNode, job: JobSnapshot, turned: Iterable[Holding]) -> None:
        """Take `job` for what the node is now, which differs in its tasks and in what it holds only."""
        key, plain = node.key, job.maximum_agents is None and not job.minimum_agents
        # Most jobs only move within the one list where they stand.
        stays = plain and job.queued > 0 and self.startable(node)
        if not stays:
            self._strike(node)
        for holding in turned:
            self._turn(node, holding)
        node.job = job
        self._rank(node)
        if not stays:
            self._enlist(node)
        elif node.key != key:
            node.queue.move(node, key)

    def _turn(self, node: JobNode, holding: Holding) -> None:
        """Count what the job holds on one agent now, instead of what it held there."""
        number = self.index.number(holding.agent_id)
        before = node.there.get(number, _NONE)
        after = (holding.batches, holding.cpus) if holding.batches else _NONE
        if after == before:
            return
        if after is _NONE:
            del node.there[number]
        else:
            node.there[number] = after
        if after is _NONE or before is _NONE:
            node.mask ^= 1 << number
        node.batches += after[0] - before[0]
        node.load += after[1] - before[1]
        self._hold(node, number, before, after)

    def _class(self, job: JobSnapshot) -> NeedClass:
        per_job = any(
            name in self.uses and self.uses[name].limit.per is Per.JOB for name, _ in job.need.limits
        )
        runs = per_job and any(holding.batches for holding in job.holdings)
        found = self._class_of.get((job.need, runs))
        if found is None:
            found = self._new_class(job.need, running=False)
            if per_job:
                found.running = self._new_class(job.need, running=True)
                self._unused += 1
                found = found.running if runs else found
        elif not found.jobs:
            self._unused -= 1
        return found

    def _new_class(self, need: Need, *, running: bool) -> NeedClass:
        found = NeedClass(len(self.classes), need)
        self.classes.append(found)
        self._class_of[need, running] = found
        return found

    def _count(self, old: JobNode | None, new: JobNode | None) -> None:
        """Enter the difference between what the job holds and what it held, wherever that is counted."""
        if old is not None:
            old.need_class.jobs -= 1
            self._unused += not old.need_class.jobs
        if old is not None and new is not None and old.queue is new.queue and old.job.need == new.job.need:
            for number in old.there.keys() | new.there.keys():
                before, after = old.there.get(number, _NONE), new.there.get(number, _NONE)
                if before != after:
                    self._hold(new, number, before, after)
            return
        if old is not None:
            for number, before in old.there.items():
                self._hold(old, number, before, _NONE)
        if new is not None:
            for number, after in new.there.items():
                self._hold(new, number, _NONE, after)

    def _hold(self, node: JobNode, number: int, before: tuple[int, int], after: tuple[int, int]) -> None:
        node.queue.use(number, after[0] - before[0], after[1] - before[1])
        here = self.running.setdefault(number, {})
        if after[0]:
            here[node.job.id] = after[0]
        else:
            del here[node.job.id]
        for name, amount in node.job.need.limits:
            use = self.uses.get(name)
            if use is not None:
                use.count(node.job.id, amount, number, before[0], after[0])

    def _sum_up(self, node: JobNode) -> None:
        sights = node.job.sights
        node.blind = self.index.numbered(agent_id for agent_id, one in sights.items() if one.sees is False)
        asked = self.index.numbered(agent_id for agent_id, one in sights.items() if one.sees is None)
        node.avoid = self.index.numbered(node.job.avoid) | node.blind | asked
        node.set_aside = self.index.numbered(node.job.set_aside)
        node.mask = sum(1 << number for number in node.there)
        node.batches = sum(batches for batches, _ in node.there.values())
        node.load = sum(cpus for _, cpus in node.there.values())
        self._rank(node)

    @staticmethod
    def _rank(node: JobNode) -> None:
        """Derive what decides on its turn from what it holds."""
        job = node.job
        node.key = share(node.load, node.batches, job.weight)
        node.capped = job.maximum_agents is not None and len(node.there) >= job.maximum_agents

    def _enlist(self, node: JobNode) -> None:
        """Enter the job where decisions look for what may start."""
        if not self.startable(node):
            return
        if node.capped:
            for number in node.there:
                self.capped.setdefault(number, set()).add(node.job.id)
            return
        node.queue.enlist(node)
        if self._is_short(node):
            jobs = self.short.setdefault((node.queue.id, node.need_class.index), [])
            insort(jobs, (-node.job.priority, node.job.id))

    def _strike(self, node: JobNode) -> None:
        if not self.startable(node):
            return
        if node.capped:
            for number in node.there:
                self.capped[number].discard(node.job.id)
                if not self.capped[number]:
                    del self.capped[number]
            return
        node.queue.strike(node)
        if self._is_short(node):
            key = (node.queue.id, node.need_class.index)
            jobs = self.short[key]
            del jobs[bisect_left(jobs, (-node.job.priority, node.job.id))]
            if not jobs:
                del self.short[key]

    def startable(self, node: JobNode) -> bool:
        """Whether the job has tasks that may start."""
        job = node.job
        return job.queued > 0 and job.hold is None and self.unknown_limit(job.need) is None

    @staticmethod
    def _is_short(node: JobNode) -> bool:
        return len(node.there) < (node.job.minimum_agents or 0)

    def _renew(self) -> None:
        """Make all indexes anew."""
        self.changes += 1
        jobs, agents = self.jobs, self.agents
        self._clear()
        for agent in agents:
            self.put_agent(agent)
        for job in jobs:
            self.put_job(job)


def _turned(old: Iterable[Holding], new: Iterable[Holding]) -> list[Holding]:
    """What is held now where it isn't what was held."""
    before, after = set(old), set(new)
    gone = {holding.agent_id for holding in before} - {holding.agent_id for holding in after}
    return [*(after - before), *(Holding(agent_id, 0, 0) for agent_id in gone)]


def _tree(queues: Mapping[int, QueueSnapshot], root: QueueNode) -> dict[int, QueueNode]:
    """The nodes of all queues, parents before their children."""
    nodes: dict[int, QueueNode] = {}
    waiting: Sequence[QueueSnapshot] = list(queues.values())
    while waiting:
        placed = [
            queue
            for queue in waiting
            if queue.parent_id is None or queue.parent_id in nodes or queue.parent_id not in queues
        ]
        if not placed:
            raise ValueError("queues stand in a circle")
        for queue in placed:
            nodes[queue.id] = QueueNode(queue, nodes.get(queue.parent_id or 0, root))
        waiting = [queue for queue in waiting if queue.id not in nodes]
    return nodes


def _with_minimum(root: QueueNode, queues: Iterable[QueueNode]) -> list[QueueNode]:
    def order(queue: QueueNode) -> tuple[int, int, int]:
        return (len(list(queue.lineage())), -queue.priority, queue.id)

    return sorted((queue for queue in queues if queue.minimum and queue is not root), key=order)


def eligible(view: FarmView, job_id: int) -> frozenset[str]:
    """The agents that can run the job by what they have and see and what the job allows, at work or not.

    Agents that are expected soon are among them.
    """
    node = view.nodes[job_id]
    return frozenset(view.index.ids(view.eligible_mask(node.need_class) & ~node.blind))
