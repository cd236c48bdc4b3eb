"""When each job is expected to be done: the same policy, run forward with the task times measured so far."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from farmgui.domain.explanations import Expected
from farmgui.scheduler.decide import assign
from farmgui.scheduler.farm import JobSnapshot
from farmgui.scheduler.nodes import JobNode
from farmgui.scheduler.reasons import why_waiting
from farmgui.scheduler.steady import begin, emptied, end
from farmgui.scheduler.view import FarmView

HORIZON: Final = timedelta(days=60)
"""What lies farther ahead is not told."""
_UNKNOWN_SPREAD: Final = 0.25
"""How far tasks are taken to differ, as a part of their time, where it wasn't measured."""
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


class _Run:
    """The farm run forward."""

    def __init__(self, view: FarmView, after: dict[int, Collection[int]]) -> None:
        self._given = view
        present = {row.id for row in view.jobs if row.unfinished or row.queued or row.holdings}
        self._parents = {job_id: set(parents) & present for job_id, parents in after.items()}
        self._view = emptied(view, self._released)
        self._left = {row.id: float(row.queued) for row in self._view.jobs}
        self._seconds = _task_seconds(view)
        self._slots = sum(row.cpus for row in self._view.agents)
        self._clock = _Clock()
        self._ends: dict[int, _Clock] = {}
        self._rebalanced = 0

    def _released(self, row: JobSnapshot) -> JobSnapshot:
        """A job that only waits for others, which are done by now, isn't held."""
        parents = self._parents.get(row.id)
        return replace(row, hold=None) if parents is not None and not parents else row

    def forward(self, horizon: float, steps: int) -> None:
        """Go on from one end of a job to the next."""
        begin(self._view, assign(self._view).grants)
        for _ in range(steps):
            running = [node for node in self._view.nodes.values() if node.batches]
            if not running:
                return
            times = {node.job.id: self._left[node.job.id] * self._pace(node) for node in running}
            step = min(times.values())
            if self._clock.mean + step > horizon:
                return
            self._clock.advance(step, self._spread(running))
            done = [node for node in running if times[node.job.id] <= step * (1 + 1e-9)]
            for node in running:
                self._work(node, step)
            self._finish(done)

    def _pace(self, node: JobNode) -> float:
        """The seconds in which the batches that run of the job finish one task."""
        return self._seconds[node.job.id] / node.batches

    def _spread(self, running: list[JobNode]) -> float:
        """How far the tasks that run differ from their mean, as a part of it."""
        batches = sum(node.batches for node in running)
        return sum(node.batches * _relative_spread(node.job) for node in running) / batches

    def _work(self, node: JobNode, seconds: float) -> None:
        job = node.job
        left = self._left[job.id] = max(self._left[job.id] - seconds / self._pace(node), 0.0)
        queued = max(int(left) - node.batches * job.batch, 0)
        if queued <= min(job.queued // 2, self._slots) and queued < job.queued:
            # Near its end a job can't use as many agents as before; told in steps, for the time it takes.
            self._view.put_job(replace(job, queued=queued))

    def _finish(self, done: list[JobNode]) -> None:
        ids = {node.job.id for node in done}
        for job_id in ids:
            self._ends[job_id] = replace(self._clock)
            end(self._view, self._view.nodes[job_id])
        freed = [job_id for job_id, parents in self._parents.items() if parents & ids]
        for job_id in freed:
            self._parents[job_id] -= ids
            row = self._view.job(job_id)
            if row is not None and not self._parents[job_id]:
                self._view.put_job(replace(row, hold=None))
        if freed and self._rebalanced < _REBALANCED:
            # In truth the next tasks that end give them their share.
            self._rebalanced += 1
            self._share_anew()
        begin(self._view, assign(self._view).grants)

    def _share_anew(self) -> None:
        for node in list(self._view.nodes.values()):
            left = -int(-self._left[node.job.id] // 1)
            if node.job.holdings:
                end(self._view, node)
            self._view.put_job(replace(node.job, queued=left, holdings=(), unfinished=left))

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
