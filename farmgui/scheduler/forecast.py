"""When each job is expected to be done: the same policy, run forward with the task times measured so far."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Final

from farmgui.domain.explanations import Expected
from farmgui.scheduler.decide import assign
from farmgui.scheduler.farm import JobSnapshot
from farmgui.scheduler.reasons import why_waiting
from farmgui.scheduler.steady import begin, emptied, end
from farmgui.scheduler.view import FarmView

HORIZON: Final = timedelta(days=60)
"""What lies farther ahead is not told."""
_UNKNOWN_SPREAD: Final = 0.25
"""How far tasks are taken to differ, as a part of their time, where it wasn't measured."""
_CLOSE: Final = 0.002
"""Ends that are so close to each other, as a part of the time until then, are taken at once."""
_NOTHING: Final = 1e-6
_REBALANCED: Final = 40
"""How often, at most, all agents are shared anew because jobs could start that others held back."""


def forecast(
    view: FarmView,
    now: datetime,
    after: Mapping[int, Collection[int]] | None = None,
    *,
    horizon: timedelta = HORIZON,
    steps: int = 2000,
) -> dict[int, Expected]:
    """The expected finish of each job of the view with tasks left.

    `after` names the jobs that a job waits for, where that is all that holds it. It goes from one end of a
    job to the next, at most `steps` times and as far as `horizon`; between them all tasks of a job run as a
    stream. The answer is as exact as that: within a task's time or so, if nobody changes anything.
    """
    run = _Run(view, dict(after or {}))
    run.forward(horizon.total_seconds(), steps)
    return {
        row.id: run.expected(row, now) for row in view.jobs if row.unfinished or row.queued or row.holdings
    }


@dataclass(slots=True)
class _Clock:
    """Seconds from now as they are expected, and if all tasks were rather faster or slower."""

    mean: float = 0.0
    low: float = 0.0
    high: float = 0.0

    def advance(self, seconds: float, spread: float) -> None:
        """Let time pass while what runs differs by `spread`, a part of its time."""
        self.mean += seconds
        self.low += seconds * (1 - min(spread, 0.9))
        self.high += seconds * (1 + spread)


@dataclass(slots=True)
class _Stream:
    """The tasks of a job as they flow through its batches."""

    left: float
    seconds: float
    """What one takes."""
    spread: float
    batches: int = 0
    since: float = 0.0
    turn: int = 0

    def pace(self) -> float:
        """The seconds in which its batches finish one task."""
        return self.seconds / self.batches

    def flow(self, now: float) -> None:
        """Let time pass until `now`."""
        if self.batches:
            self.left = max(self.left - (now - self.since) / self.pace(), 0.0)
        self.since = now


class _Run:
    """The farm run forward."""

    def __init__(self, view: FarmView, after: dict[int, Collection[int]]) -> None:
        self._given = view
        present = {row.id for row in view.jobs if row.unfinished or row.queued or row.holdings}
        self._parents = {job_id: set(parents) & present for job_id, parents in after.items()}
        self._children: dict[int, list[int]] = {}
        for job_id, parents in self._parents.items():
            for parent in parents:
                self._children.setdefault(parent, []).append(job_id)
        self._view = emptied(view, self._released)
        self._slots = sum(row.cpus for row in self._view.agents)
        self._seconds = _task_seconds(view)
        self._streams = {
            row.id: _Stream(float(row.queued), self._seconds[row.id], _relative_spread(row))
            for row in self._view.jobs
        }
        self._clock = _Clock()
        self._ends: dict[int, _Clock] = {}
        self._due: list[tuple[float, int, int]] = []
        """When something happens to a job: the time, its id, and which of its turns this was."""
        self._batches = 0
        self._differing = 0.0
        """The sum of the spreads of all batches that run."""
        self._rebalanced = 0

    def _released(self, row: JobSnapshot) -> JobSnapshot:
        """A job that only waits for others, which are done by now, isn't held."""
        parents = self._parents.get(row.id)
        return row._replace(hold=None) if parents is not None and not parents else row

    def forward(self, horizon: float, steps: int) -> None:
        """Go on from one end of a job to the next; ends that are close to each other are one step."""
        self._assign()
        for _ in range(steps):
            if not self._due:
                return
            until = self._due[0][0] + self._clock.mean * _CLOSE
            while self._due and self._due[0][0] <= until:
                time, job_id, turn = heappop(self._due)
                if turn != self._streams[job_id].turn:
                    continue
                if time > horizon:
                    return
                self._advance(time)
                self._happens(job_id)
            self._assign()

    def _advance(self, time: float) -> None:
        spread = self._differing / self._batches if self._batches else 0.0
        self._clock.advance(max(time - self._clock.mean, 0.0), spread)

    def _happens(self, job_id: int) -> None:
        """The job ends, or nears its end: it can't use as many agents as before any more."""
        stream = self._streams[job_id]
        stream.flow(self._clock.mean)
        if stream.left > _NOTHING:
            job = self._view.nodes[job_id].job
            queued = max(int(stream.left + _NOTHING) - stream.batches * job.batch, 0)
            self._view.put_job(job._replace(queued=max(min(queued, job.queued - 1), 0)))
            self._plan(job_id)
            return
        self._count(stream, 0)
        self._ends[job_id] = replace(self._clock)
        end(self._view, self._view.nodes[job_id])
        self._release_children(job_id)

    def _release_children(self, job_id: int) -> None:
        for child in self._children.get(job_id, ()):
            self._parents[child].discard(job_id)
            row = self._view.job(child)
            if row is not None and not self._parents[child]:
                self._view.put_job(row._replace(hold=None))
                self._share_anew()

    def _share_anew(self) -> None:
        """What could not start before gets its share at once: in truth, with the next tasks that end."""
        if self._rebalanced >= _REBALANCED:
            return
        self._rebalanced += 1
        for node in list(self._view.nodes.values()):
            if node.batches:
                stream = self._streams[node.job.id]
                stream.flow(self._clock.mean)
                self._count(stream, 0)
                left = -int(-stream.left // 1)
                end(self._view, node)
                self._view.put_job(node.job._replace(queued=left, holdings=(), unfinished=left))

    def _assign(self) -> None:
        grants = assign(self._view).grants
        begin(self._view, grants)
        for job_id in {grant.job_id for grant in grants}:
            self._streams[job_id].flow(self._clock.mean)
            self._count(self._streams[job_id], self._view.nodes[job_id].batches)
            self._plan(job_id)

    def _count(self, stream: _Stream, batches: int) -> None:
        """So many batches of the job run from now on; what was planned for it is off."""
        self._batches += batches - stream.batches
        self._differing += (batches - stream.batches) * stream.spread
        stream.batches = batches
        stream.turn += 1

    def _plan(self, job_id: int) -> None:
        """Enter when the job ends, or before that when it can use fewer agents: told in steps."""
        stream, job = self._streams[job_id], self._view.nodes[job_id].job
        left = 0.0
        if job.queued:
            left = float(min(job.queued // 2, self._slots) + stream.batches * job.batch)
        tasks = max(stream.left - left, 0.0)
        heappush(self._due, (self._clock.mean + tasks * stream.pace(), job_id, stream.turn))

    def expected(self, row: JobSnapshot, now: datetime) -> Expected:
        """What came of the job."""
        if row.task_seconds is None:
            return Expected(reason="no task of it was measured yet")
        end_of = self._ends.get(row.id)
        if end_of is None:
            return Expected(reason=self._why_never(row))
        late = end_of.high + row.task_seconds * _relative_spread(row)
        return Expected(
            finish=now + timedelta(seconds=end_of.mean),
            earliest=now + timedelta(seconds=end_of.low),
            latest=now + timedelta(seconds=late),
        )

    def _why_never(self, row: JobSnapshot) -> str:
        node = self._view.nodes.get(row.id)
        if node is not None and node.batches:
            return "it is done later than is looked ahead"
        if self._parents.get(row.id):
            return "it waits for jobs of which that isn't known"
        return why_waiting(self._given, [row.id])[row.id]


def _relative_spread(row: JobSnapshot) -> float:
    if row.task_spread is None or not row.task_seconds:
        return _UNKNOWN_SPREAD
    return row.task_spread / row.task_seconds


def _task_seconds(view: FarmView) -> dict[int, float]:
    """The time of a task by job; one that wasn't measured takes as long as others do on average."""
    known = [row.task_seconds for row in view.jobs if row.task_seconds is not None]
    usual = sum(known) / len(known) if known else 60.0
    return {
        row.id: max(row.task_seconds if row.task_seconds is not None else usual, 1e-3) for row in view.jobs
    }
