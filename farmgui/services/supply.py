"""The queued tasks of the jobs that get agents, in the order in which they are offered."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from farmgui.domain.batches import pick
from farmgui.services.bulk import Driver, listed, stored_frame, stored_time

_QUEUED: Final = (
    "SELECT id, frame, tile, attempts, "
    "EXISTS (SELECT 1 FROM failed_tasks_in_agents WHERE task_id = tasks.id) FROM tasks "
    "WHERE job_id = ? AND state = 'queued' AND NOT blocked AND (not_before IS NULL OR not_before <= ?) "
    "ORDER BY position LIMIT ? OFFSET ?"
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


class Supply:
    """The tasks of one job that may start; `most` are read at first, more as they are asked for.

    A contiguous batch takes one of `width` tasks in a row: one tile of each frame. To be used while the tasks
    that are stored don't change.
    """

    def __init__(
        self,
        driver: Driver,
        job_id: int,
        most: int,
        time: datetime,
        by: Decimal,
        *,
        width: int,
        contiguous: bool,
        eligible: Callable[[], Collection[str]],
    ) -> None:
        self._driver = driver
        self._job_id = job_id
        self._time = stored_time(time)
        self._by = by
        self._width = width
        self._contiguous = contiguous
        self._eligible = eligible
        self._tasks: deque[Candidate] = deque()
        self._read = 0
        self._exhausted = False
        self._failed_on: dict[int, set[str]] = {}
        self._fetch(most)

    def take(self, limit: int, agent_id: str) -> list[Candidate]:
        """The next tasks for that agent, up to `limit` of them; they are gone from the supply."""
        if limit == 1 and not self._failed_on and self._tasks:
            return [self._tasks.popleft()]
        drawn: list[Candidate] = []
        offered: list[Candidate] = []
        while len(offered) < limit * self._width:
            task = self._next()
            if task is None:
                break
            drawn.append(task)
            if not self._may_not(task, agent_id):
                offered.append(task)
        picked = pick(offered, limit, self._by, contiguous=self._contiguous)
        gone = {task.id for task in picked}
        self._tasks.extendleft(task for task in reversed(drawn) if task.id not in gone)
        return picked

    def _may_not(self, task: Candidate, agent_id: str) -> bool:
        """Whether it failed there, and another agent that could run it is there or expected (9.1 rule 8)."""
        failed_on = self._failed_on.get(task.id)
        return (
            failed_on is not None
            and agent_id in failed_on
            and any(other not in failed_on for other in self._eligible())
        )

    def _next(self) -> Candidate | None:
        if not self._tasks:
            self._fetch(_MORE)
        return self._tasks.popleft() if self._tasks else None

    def _fetch(self, most: int) -> None:
        if self._exhausted:
            return
        rows = self._driver.rows(_QUEUED, (self._job_id, self._time, most, self._read))
        self._read += len(rows)
        self._exhausted = len(rows) < most
        fresh = [Candidate(row[0], stored_frame(row[1]), *row[2:]) for row in rows]
        self._tasks.extend(fresh)
        failed = [task.id for task in fresh if task.failed]
        if failed:
            for task_id, agent_id in self._driver.rows(_FAILED_ON, (listed(failed),)):
                self._failed_on.setdefault(task_id, set()).add(agent_id)
