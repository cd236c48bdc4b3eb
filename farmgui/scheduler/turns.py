"""Whose turn it is below a queue: the highest priority first, and there the lowest share of its weight."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from typing import Protocol

from farmgui.scheduler.nodes import JobNode, QueueNode, share


class QueueLoad:
    """A queue while a decision is made; it shares nothing with the view that would be changed."""

    __slots__ = ("above", "batches", "extra", "load", "mask", "node")

    def __init__(self, node: QueueNode, above: QueueLoad | None) -> None:
        self.node = node
        self.above = above
        self.load = node.load
        self.batches = node.batches
        self.mask = node.mask
        self.extra: Extra | None = None

    def offers(self, stage: int) -> int:
        """The classes that jobs below offer in that stage."""
        offers = self.node.offers[stage]
        return offers if self.extra is None else offers | self.extra.offers[stage]

    def key(self) -> tuple[float, int, int]:
        """Its place among its siblings."""
        return (share(self.load, self.batches, self.node.weight), 0, self.node.id)


class JobLoad:
    """A job while a decision is made."""

    __slots__ = ("batches", "load", "mask", "new", "node", "queued")

    def __init__(self, node: JobNode) -> None:
        self.node = node
        self.load = node.load
        self.batches = node.batches
        self.mask = node.mask
        self.queued = node.job.queued
        self.new: dict[int, int] = {}
        """Batches that this decision adds, by the agent's number."""

    def key(self) -> tuple[float, int, int]:
        """Its place among its siblings."""
        return (share(self.load, self.batches, self.node.job.weight), 1, self.node.job.id)


class Extra:
    """What takes part below a queue in this decision beside what the view lists."""

    __slots__ = ("jobs", "offers", "queues")

    def __init__(self) -> None:
        self.jobs: dict[tuple[int, int], list[int]] = {}
        """Ids by stage and priority."""
        self.queues: dict[tuple[int, int], set[int]] = {}
        self.offers = [0, 0]


class Deciding(Protocol):
    """What turns ask of the decision under way."""

    dead: int

    def queue(self, node: QueueNode) -> QueueLoad: ...
    def queue_of(self, queue_id: int) -> QueueLoad: ...
    def job(self, job_id: int) -> JobLoad: ...
    def serve(self, job: JobLoad, turns: Turns) -> bool: ...


Listed = tuple[int, list[tuple[float, int]], int]
"""Where an entry comes from: its class, the list of the view, and the place of the next one there."""


class Turns:
    """The order below one queue, made as far as it is asked for.

    What can get nothing more is taken out for good: capacity only shrinks while a decision is made.
    """

    __slots__ = ("_below", "_deciding", "_groups", "_heap", "_stage", "above", "dead", "queue", "stages")

    def __init__(
        self, deciding: Deciding, queue: QueueLoad, stages: Iterable[int], above: Turns | None = None
    ) -> None:
        self._deciding = deciding
        self.queue = queue
        self.stages = tuple(stages)
        self.above = above
        self.dead = 0
        """Classes that no agent takes which this queue may use."""
        self._below: dict[tuple[int, int], Turns] = {}
        self._heap: list[tuple[float, int, int, Listed | None]] = []
        self._stage = 0
        self._groups = [
            (stage, priority)
            for stage in reversed(self.stages)
            for priority in sorted(self._priorities(stage))
        ]

    def _priorities(self, stage: int) -> Iterable[int]:
        found: Iterable[int] = self.queue.node.groups[stage]
        extra = self.queue.extra
        if extra is not None:
            found = set(found).union(
                priority for of_stage, priority in (*extra.jobs, *extra.queues) if of_stage == stage
            )
        return found

    def hopeless(self) -> int:
        """Classes that can get nothing here."""
        dead = self._deciding.dead
        turns: Turns | None = self
        while turns is not None:
            dead |= turns.dead
            turns = turns.above
        return dead

    def next(self) -> bool:
        """Give one batch to the job whose turn it is; False when nobody below can get one."""
        while True:
            while self._heap:
                key, is_job, number, entry = heappop(self._heap)
                if self._job_turn(key, number, entry) if is_job else self._queue_turn(number):
                    return True
            if not self._groups or not self._alive():
                return False
            self._open(*self._groups.pop())

    def _alive(self) -> bool:
        offers = 0
        for stage in self.stages:
            offers |= self.queue.offers(stage)
        return bool(offers & ~self.hopeless())

    def _open(self, stage: int, priority: int) -> None:
        """Enter the children of that priority."""
        self._stage = stage
        dead = self.hopeless()
        heap = self._heap
        group = self.queue.node.groups[stage].get(priority)
        children = set(group.queues) if group is not None else set()
        if group is not None:
            for index, jobs in group.classes.items():
                if not dead >> index & 1:
                    heap.append((jobs[0][0], 1, jobs[0][1], (index, jobs, 1)))
        extra = self.queue.extra
        if extra is not None:
            children |= extra.queues.get((stage, priority), set())
            for job_id in extra.jobs.get((stage, priority), ()):
                heap.append((*self._deciding.job(job_id).key(), None))
        for queue_id in children:
            child = self._deciding.queue_of(queue_id)
            if any(child.offers(below) & ~dead for below in child.node.stages(stage)):
                heap.append((*child.key(), None))
        heapify(heap)

    def _queue_turn(self, queue_id: int) -> bool:
        child = self._deciding.queue_of(queue_id)
        below = self._below.get((self._stage, queue_id))
        if below is None:
            stages = child.node.stages(self._stage)
            dead = self.hopeless()
            if not any(child.offers(stage) & ~dead for stage in stages):
                return False
            below = self._below[self._stage, queue_id] = Turns(self._deciding, child, stages, self)
        if not below.next():
            return False
        heappush(self._heap, (*child.key(), None))
        return True

    def _job_turn(self, key: float, job_id: int, entry: Listed | None) -> bool:
        if entry is not None:
            index, jobs, position = entry
            if self.hopeless() >> index & 1:
                return False
            if position < len(jobs):
                heappush(self._heap, (*_ahead(jobs[position]), (index, jobs, position + 1)))
        job = self._deciding.job(job_id)
        # It may have got something before this order began.
        if job.new and (now := job.key())[0] > key:
            heappush(self._heap, (*now, None))
            return False
        if not self._deciding.serve(job, self):
            return False
        if job.queued:
            heappush(self._heap, (*job.key(), None))
        return True


def _ahead(listed: tuple[float, int]) -> tuple[float, int, int]:
    return (listed[0], 1, listed[1])
