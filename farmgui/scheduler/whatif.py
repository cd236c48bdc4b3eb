"""What a change of jobs, queues or limits would do before it is saved: the same policy on a changed copy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from farmgui.domain.explanations import Expected
from farmgui.scheduler.decide import assign
from farmgui.scheduler.farm import JobSnapshot, LimitSnapshot, QueueSnapshot
from farmgui.scheduler.forecast import forecast
from farmgui.scheduler.nodes import JobNode
from farmgui.scheduler.steady import shared
from farmgui.scheduler.view import FarmView


@dataclass(frozen=True, slots=True)
class Changes:
    """Rows as they would be, by id or name; what isn't named stays."""

    jobs: Mapping[int, JobSnapshot] = field(default_factory=dict)
    queues: Mapping[int, QueueSnapshot] = field(default_factory=dict)
    limits: Mapping[str, LimitSnapshot] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a job has when the farm has settled, and what it is given at once."""

    cpus: int = 0
    agents: int = 0
    starts: int = 0
    """Batches that start at once."""
    expected: Expected | None = None
    """Where a time was given to reckon from."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A job for which a change makes one."""

    job_id: int
    before: Outlook
    after: Outlook


def what_if(
    view: FarmView,
    changes: Changes,
    now: datetime | None = None,
    after: Mapping[int, Collection[int]] | None = None,
) -> tuple[Difference, ...]:
    """Each job whose share, start or expected finish would differ; those that gain most come first.

    The share is what a job has when all that runs now has ended: nothing is ended by a change. Without
    `now`, finishes are not reckoned; `after` is what `forecast` takes. A finish that moves by less than a
    minute, or a fiftieth of the time until then, is no difference.
    """
    old = _outlooks(view, now, after)
    new = _outlooks(_changed(view, changes), now, after)
    none = Outlook()
    differences = [
        Difference(job_id, old.get(job_id, none), new.get(job_id, none))
        for job_id in sorted(old.keys() | new.keys())
    ]
    return tuple(
        sorted(
            (each for each in differences if _differs(each.before, each.after, now)),
            key=lambda each: each.before.cpus - each.after.cpus,
        )
    )


def _differs(before: Outlook, after: Outlook, now: datetime | None) -> bool:
    if replace(before, expected=None) != replace(after, expected=None):
        return True
    old = before.expected.finish if before.expected is not None else None
    new = after.expected.finish if after.expected is not None else None
    if old is None or new is None or now is None:
        return old != new
    return abs(old - new) > max(timedelta(minutes=1), (old - now) / 50)


def _changed(view: FarmView, changes: Changes) -> FarmView:
    jobs = {row.id: row for row in view.jobs} | dict(changes.jobs)
    queues = {row.id: row for row in view.queue_snapshots} | dict(changes.queues)
    limits = {row.name: row for row in view.limits} | dict(changes.limits)
    return FarmView.of(jobs.values(), view.agents, queues.values(), limits.values(), view.names)


def _outlooks(
    view: FarmView, now: datetime | None, after: Mapping[int, Collection[int]] | None
) -> dict[int, Outlook]:
    starts = Counter(grant.job_id for grant in assign(view).grants)
    expected = {} if now is None else forecast(view, now, after)
    nodes = shared(view).nodes
    return {job_id: _outlook(node, starts[job_id], expected.get(job_id)) for job_id, node in nodes.items()}


def _outlook(node: JobNode, starts: int, expected: Expected | None) -> Outlook:
    return Outlook(node.load, node.mask.bit_count(), starts, expected)
