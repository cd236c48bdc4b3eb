"""The queued tasks of the jobs that get agents, in the order in which they are offered."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from farmgui.domain.batches import pick
from farmgui.services.bulk import Driver, listed, stored_frame
from farmgui.services.orders import OrderedJob

_CANDIDATE: Final = (
    "tasks.id, frame, tile, attempts, EXISTS (SELECT 1 FROM failed_tasks_in_agents WHERE task_id = tasks.id)"
)
_OFFERED: Final = "state = 'queued' AND NOT blocked AND (not_before IS NULL OR not_before <= ?)"
_QUEUED: Final = (
    f"SELECT {_CANDIDATE} FROM tasks WHERE job_id = ? AND {_OFFERED} "  # noqa: S608  our own words
    "ORDER BY position LIMIT ? OFFSET ?"
)
_FIRST: Final = (
    f"SELECT tasks.job_id, {_CANDIDATE} FROM json_each(?) AS wanted "  # noqa: S608  as above
    "CROSS JOIN tasks ON tasks.id IN (SELECT id FROM tasks AS own WHERE own.job_id = wanted.value "
    f"AND {_OFFERED} ORDER BY own.position LIMIT ?) ORDER BY wanted.key, position"
)
_FAILED_ON: Final = (
    "SELECT task_id, agent_id FROM failed_tasks_in_agents WHERE task_id IN (SELECT value FROM json_each(?))"
)
_MORE: Final = 100
"""Tasks read at once where those that were expected to do are passed over."""


class Candidate(NamedTuple):
    """A task that may be given to an agent."""

    id: int
    frame: Decimal
    tile: int | None
    attempts: int
    failed: int
    """Whether there are agents on which it failed."""


def first_offered(driver: Driver, most: Mapping[int, int], now: str) -> dict[int, list[Candidate]]:
    """The first tasks of several jobs that may start, as many of each as `most` says."""
    jobs: dict[int, list[int]] = {}
    for job_id, number in most.items():
        jobs.setdefault(number, []).append(job_id)
    found: dict[int, list[Candidate]] = {job_id: [] for job_id in most}
    for number, ids in jobs.items():
        for job_id, *row in driver.rows(_FIRST, (listed(ids), now, number)):
            found[job_id].append(_candidate(*row))
    return found


def _candidate(task_id: int, frame: int, tile: int | None, attempts: int, failed: int) -> Candidate:
    return Candidate(task_id, stored_frame(frame), tile, attempts, failed)


class Supply:
    """The tasks of one job that may start; `first` are those that were read, of `most` that were asked for.

    A contiguous batch takes one of so many tasks in a row as its job is wide: one tile of each frame. To be
    used while the tasks that are stored don't change.
    """

    __slots__ = ("_driver", "_eligible", "_exhausted", "_failed_on", "_job", "_now", "_read", "_tasks")

    def __init__(
        self,
        driver: Driver,
        job: OrderedJob,
        first: Sequence[Candidate],
        most: int,
        now: str,
        eligible: Callable[[int], Collection[str]],
    ) -> None:
        self._driver = driver
        self._job = job
        self._now = now
        self._eligible = eligible
        self._tasks: deque[Candidate] = deque()
        self._read = 0
        self._failed_on: dict[int, set[str]] = {}
        self._add(first, most)

    def take(self, limit: int, agent_id: str) -> list[Candidate]:
        """The next tasks for that agent, up to `limit` of them; they are gone from the supply."""
        if limit == 1 and not self._failed_on and self._tasks:
            return [self._tasks.popleft()]
        drawn: list[Candidate] = []
        offered: list[Candidate] = []
        while len(offered) < limit * self._job.width:
            task = self._next()
            if task is None:
                break
            drawn.append(task)
            if not self._may_not(task, agent_id):
                offered.append(task)
        picked = pick(offered, limit, self._job.by, contiguous=self._job.contiguous)
        gone = {task.id for task in picked}
        self._tasks.extendleft(task for task in reversed(drawn) if task.id not in gone)
        return picked

    def _may_not(self, task: Candidate, agent_id: str) -> bool:
        """Whether it failed there, and another agent that could run it is there or expected (9.1 rule 8)."""
        failed_on = self._failed_on.get(task.id)
        return (
            failed_on is not None
            and agent_id in failed_on
            and any(other not in failed_on for other in self._eligible(self._job.id))
        )

    def _next(self) -> Candidate | None:
        if not self._tasks:
            self._fetch(_MORE)
        return self._tasks.popleft() if self._tasks else None

    def _fetch(self, most: int) -> None:
        if not self._exhausted:
            rows = self._driver.rows(_QUEUED, (self._job.id, self._now, most, self._read))
            self._add([_candidate(*row) for row in rows], most)

    def _add(self, fresh: Sequence[Candidate], most: int) -> None:
        self._read += len(fresh)
        self._exhausted = len(fresh) < most
        self._tasks.extend(fresh)
        failed = [task.id for task in fresh if task.failed]
        if failed:
            for task_id, agent_id in self._driver.rows(_FAILED_ON, (listed(failed),)):
                self._failed_on.setdefault(task_id, set()).add(agent_id)
