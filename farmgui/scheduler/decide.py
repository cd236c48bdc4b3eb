"""Which job gets which agent: a pure function from the view of the farm to grants.

In order: minimums of jobs, then of queues; then priority, strictly, among the children of one queue; then
weight, in proportion to the cpus in use, among jobs and queues of one priority; at last, what has weight 0.
A maximum is never exceeded, anywhere up the tree, nor is a limit.
Source: PyFarm, section 3; where its documentation and its behaviour differ, the documentation holds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Set
from heapq import heapify, heappop, heappush

from farmgui.scheduler.bits import ALL, members
from farmgui.scheduler.capacity import Capacity
from farmgui.scheduler.farm import Decision, Grant
from farmgui.scheduler.licences import LimitRoom
from farmgui.scheduler.nodes import MAIN, REST, JobNode, NeedClass, QueueNode
from farmgui.scheduler.turns import Extra, JobLoad, QueueLoad, Turns
from farmgui.scheduler.view import FarmView


def assign(view: FarmView, resting: Collection[str] = ()) -> Decision:
    """Grant batches until no job can get one more. The view stays as it is.

    Agents that are `resting` get nothing this time.
    """
    satisfied: set[int] = set()
    while True:
        assignment = Assignment(view, satisfied, resting)
        assignment.decide()
        kept = assignment.capacity.kept
        # Nothing is kept for a job that got all that it can use elsewhere, later in the same decision.
        needless = {job_id for job_id in kept.values() if not assignment.job(job_id).queued}
        if not needless:
            rows = view.index.rows
            agents = {rows[number].id: job_id for number, job_id in kept.items()}
            return Decision(tuple(assignment.grants), agents, view.changes)
        satisfied |= needless


def replayed(view: FarmView, grants: Iterable[Grant]) -> Assignment:
    """What is in use, and what is left, once these are given."""
    assignment = Assignment(view)
    for grant in grants:
        assignment.give(assignment.job(grant.job_id), view.index.number(grant.agent_id))
    return assignment


class Assignment:
    """One decision under way."""

    def __init__(
        self, view: FarmView, satisfied: Set[int] = frozenset(), resting: Collection[str] = ()
    ) -> None:
        self.grants: list[Grant] = []
        self.capacity = Capacity(view.index, view.index.mask(resting))
        self.dead = 0
        """Classes that no agent takes any more."""
        self._view = view
        self._satisfied = satisfied
        self._jobs: dict[int, JobLoad] = {}
        self._queues: dict[int, QueueLoad] = {}
        self._limits: dict[str, LimitRoom] = {}
        self._kept_for = 0
        self._new_for: QueueLoad | None = None
        """The queue whose minimum is served: only agents count that it doesn't use yet."""
        self.root = self.queue(view.root)
        self._invite_capped()

    def decide(self) -> None:
        """Go through all that is served, in order."""
        if not self.capacity.with_room():
            return
        self.minimums_of_jobs()
        self.minimums_of_queues()
        for stage in (MAIN, REST):
            turns = Turns(self, self.root, (stage,))
            while turns.next():
                pass

    # What turns ask

    def queue(self, node: QueueNode) -> QueueLoad:
        """The queue in this decision."""
        found = self._queues.get(node.id)
        if found is None:
            above = None if node.parent is None else self.queue(node.parent)
            found = self._queues[node.id] = QueueLoad(node, above)
        return found

    def queue_of(self, queue_id: int) -> QueueLoad:
        """The queue of that id in this decision."""
        return self._queues.get(queue_id) or self.queue(self._view.queues[queue_id])

    def job(self, job_id: int) -> JobLoad:
        """The job in this decision."""
        found = self._jobs.get(job_id)
        if found is None:
            found = self._jobs[job_id] = JobLoad(self._view.nodes[job_id])
        return found

    def serve(self, job: JobLoad, turns: Turns) -> bool:
        """Give one batch to the job whose turn it is; what can't get any more is marked in `turns`."""
        if not job.queued:
            return False
        need_class = self._class(job)
        allowed = self.allowed(need_class, turns.queue)
        mask = allowed & self._own(job)
        number = self._place(job, need_class, mask)
        if number is not None:
            self.give(job, number)
            return True
        if mask == allowed or self.capacity.find(need_class, allowed) is None:
            self._bury(need_class, turns)
        return False

    # What comes before all else

    def minimums_of_jobs(self) -> None:
        """Serve each job below its minimum of agents, the highest priority first."""
        lists = self._view.short
        heap = [(*jobs[0], where, 1) for where, jobs in lists.items()]
        heapify(heap)
        while heap:
            _, job_id, where, position = heappop(heap)
            job = self.job(job_id)
            while job.mask.bit_count() < (job.node.job.minimum_agents or 0) and self._serve_new(job):
                pass
            if position < len(lists[where]) and self._has_hope(*where):
                heappush(heap, (*lists[where][position], where, position + 1))

    def _has_hope(self, queue_id: int, index: int) -> bool:
        """Whether the class of that index could get something in the queue."""
        need_class = self._view.classes[index]
        queue = self.queue_of(queue_id) if queue_id else self.root
        return self.capacity.find(need_class, self.allowed(need_class, queue)) is not None

    def _serve_new(self, job: JobLoad) -> bool:
        """Give a batch to the job on an agent that it doesn't use yet."""
        if not job.queued:
            return False
        need_class = self._class(job)
        allowed = self.allowed(need_class, self.queue(job.node.queue)) & ~job.mask
        number = self._place(job, need_class, allowed & self._own(job))
        if number is None:
            return False
        self.give(job, number)
        return True

    def minimums_of_queues(self) -> None:
        """Serve each queue below its minimum of agents, in the usual order among its children."""
        for node in self._view.with_minimum:
            queue = self.queue(node)
            if queue.mask.bit_count() >= node.minimum or not (queue.offers(MAIN) | queue.offers(REST)):
                continue
            self._new_for = queue
            turns = Turns(self, queue, (MAIN, REST))
            while queue.mask.bit_count() < node.minimum and turns.next():
                pass
            self._new_for = None

    # Who may use which agents

    def _class(self, job: JobLoad) -> NeedClass:
        return job.node.need_class.running if job.batches else job.node.need_class

    def allowed(self, need_class: NeedClass, queue: QueueLoad) -> int:
        """The agents that a class may use for what it needs, its limits, and the maximums of queues."""
        mask = self._view.eligible_mask(need_class)
        for name, amount in need_class.need.limits:
            mask &= self.limit(name).agents(amount, started=need_class.running is need_class)
        if self._new_for is not None:
            mask &= ~self._new_for.mask
        above: QueueLoad | None = queue
        while above is not None:
            maximum = above.node.maximum
            if maximum is not None and above.mask.bit_count() >= maximum:
                mask = mask & above.mask if maximum else 0
            above = above.above
        return mask

    def limit(self, name: str) -> LimitRoom:
        """What is left of the limit."""
        found = self._limits.get(name)
        if found is None:
            found = self._limits[name] = LimitRoom(self._view.uses[name])
        return found

    def _own(self, job: JobLoad) -> int:
        """The agents that the job may use for what it is and has itself."""
        row = job.node.job
        mask = ALL
        if job.node.avoid or job.node.set_aside:
            mask &= ~self._view.barred(job.node)
        if row.most_per_agent is not None:
            mask &= ~_full(job, row.most_per_agent)
        if _at_maximum(job):
            mask &= job.mask if row.maximum_agents else 0
        return mask

    # Placing a batch

    def _place(self, job: JobLoad, need_class: NeedClass, mask: int) -> int | None:
        """The agent of `mask` for the job's next batch; where none has room, one may be kept for it."""
        number = self.capacity.find(need_class, mask) if mask else None
        if number is None and self._may_keep(job, need_class):
            self._kept_for |= need_class.bit * self.capacity.keep(need_class.need, mask, job.node.job.id)
        return number

    def _may_keep(self, job: JobLoad, need_class: NeedClass) -> bool:
        """Whether an agent may be kept for the job: the first of its class that may have more agents."""
        first = not self._kept_for & need_class.bit
        return first and not _at_maximum(job) and job.node.job.id not in self._satisfied

    def give(self, job: JobLoad, number: int) -> None:
        """Grant the job a batch on the agent of that number."""
        row = job.node.job
        if not job.batches and job.node.need_class.running is not job.node.need_class:
            # From here on it is of another class than the list says that it stands in.
            self._invite(job.node)
        for name, amount in row.need.limits:
            self.limit(name).take(amount, number, started=job.batches > 0)
        cpus = self.capacity.put(number, row.need)
        tasks = min(row.batch, job.queued)
        self.grants.append(Grant(row.id, self._view.index.rows[number].id, tasks))
        job.queued -= tasks
        job.batches += 1
        job.load += cpus
        job.mask |= 1 << number
        job.new[number] = job.new.get(number, 0) + 1
        above: QueueLoad | None = self.queue(job.node.queue)
        while above is not None:
            above.batches += 1
            above.load += cpus
            above.mask |= 1 << number
            above = above.above

    def _bury(self, need_class: NeedClass, turns: Turns) -> None:
        """Mark the class, which no agent takes at `turns`, as hopeless as far up as it is.

        Nothing of it is tried again there.
        """
        turns.dead |= need_class.bit
        level = turns.above
        while level is not None:
            if self.capacity.find(need_class, self.allowed(need_class, level.queue)) is not None:
                return
            level.dead |= need_class.bit
            level = level.above
        if self._new_for is None:
            self.dead |= need_class.bit

    # Jobs at their maximum

    def _invite_capped(self) -> None:
        """Let jobs at their maximum of agents take part where one of these has room."""
        capped = self._view.capped
        if not capped:
            return
        room = self.capacity.with_room()
        invited: set[int] = set()
        for number in members(room) if len(capped) > room.bit_count() else capped:
            if room >> number & 1:
                invited |= capped.get(number, set())
        for job_id in sorted(invited):
            self._invite(self._view.nodes[job_id])

    def _invite(self, node: JobNode) -> None:
        """Let orders that are made from now on have the job beside those that the view lists."""
        queue, stage = self.queue(node.queue), node.stage
        extra = _extra(queue)
        extra.jobs.setdefault((stage, node.job.priority), []).append(node.job.id)
        above: QueueLoad | None = queue
        while above is not None:
            extra = _extra(above)
            extra.offers[stage] |= node.need_class.bit | node.need_class.running.bit
            stage = above.node.stage_above(stage)
            if above.above is not None:
                children = _extra(above.above).queues.setdefault((stage, above.node.priority), set())
                children.add(above.node.id)
            above = above.above


def _extra(queue: QueueLoad) -> Extra:
    if queue.extra is None:
        queue.extra = Extra()
    return queue.extra


def _at_maximum(job: JobLoad) -> bool:
    maximum = job.node.job.maximum_agents
    return maximum is not None and job.mask.bit_count() >= maximum


def _full(job: JobLoad, most: int) -> int:
    """The agents that run as many batches of the job as they may."""
    mask = 0
    there = job.node.there
    for number in there.keys() | job.new.keys():
        if there.get(number, (0, 0))[0] + job.new.get(number, 0) >= most:
            mask |= 1 << number
    return mask
