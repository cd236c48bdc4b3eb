"""Why a job may not start whatever agents do, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from farmgui.domain.retries import retry_reason
from farmgui.domain.states import JobState
from farmgui.services.bulk import moment


class Parent(NamedTuple):
    """A job that holds back those that wait for it."""

    id: int
    title: str
    failed: bool

    def __str__(self) -> str:
        return f"#{self.id} {self.title}"


def hold(row: Any, parents: Sequence[Parent], time: datetime) -> str | None:
    """What holds the whole job back at `time`: what a person did, its parents, or the hour; None: nothing."""
    if row.to_be_deleted:
        return "is being deleted"
    if row.hidden:
        return "hidden"
    if row.state is JobState.PAUSED:
        return "paused"
    if parents:
        failed = [parent for parent in parents if parent.failed]
        if failed:
            return f"a job that it depends on failed: {_listed(failed)}"
        return f"waits for {_listed(parents)}"
    if row.start_after is not None and row.start_after > time:
        return f"starts after {clock(row.start_after, time)}"
    return None


def none_startable(row: Any, retry: str | None, frame_parents: Sequence[Parent]) -> str | None:
    """Why of the tasks that are queued none may start; None where none is queued.

    `retry` is when the first failed task is tried again, as it is stored.
    """
    if not row.num_queued:
        return None
    if retry is not None:
        return retry_reason(moment(retry).astimezone())
    failed = [parent for parent in frame_parents if parent.failed]
    if failed:
        return f"frames that it depends on failed: {_listed(failed)}"
    if frame_parents:
        return f"waits for frames of {_listed(frame_parents)}"
    return "waits for other tasks of its own"


def clock(time: datetime, now: datetime) -> str:
    """A moment in local time: the hour, with the date where it isn't today."""
    local = time.astimezone()
    if local.date() == now.astimezone().date():
        return f"{local:%H:%M}"
    return f"{local:%Y-%m-%d %H:%M}"


def _listed(parents: Sequence[Parent]) -> str:
    """The first one, and how many more."""
    more = len(parents) - 1
    if not more:
        return str(parents[0])
    return f"{parents[0]} and {more} more {'job' if more == 1 else 'jobs'}"
