"""Writes what was granted: attempts under tokens of their own, their tasks moved and counted."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from secrets import token_urlsafe
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Executable, bindparam, exists, func, insert, select, update
from sqlalchemy.orm import Session

from farmgui.domain.errors import FarmError
from farmgui.domain.frames import frame_text
from farmgui.domain.orders import BatchOrder
from farmgui.domain.states import AgentState, AttemptState, TaskState
from farmgui.models import failed_on
from farmgui.scheduler.batching import pick
from farmgui.scheduler.snapshot import Grant
from farmgui.services.bulk import AGENTS, ATTEMPTS, TASKS, for_each
from farmgui.services.orders import OrderedJob, OrderedTask, Orders, taken
from farmgui.services.tally import Tally

_ADD_ATTEMPTS: Final = insert(ATTEMPTS).returning(ATTEMPTS.c.id, sort_by_parameter_order=True)
_ASSIGN_TASKS: Final = (
    update(TASKS)
    .where(TASKS.c.id == bindparam("key"))
    .values(
        state=TaskState.ASSIGNED,
        agent_id=bindparam("agent"),
        attempts=bindparam("number"),
        attempt_id=bindparam("attempt"),
        progress=0.0,
        warning=None,
        time_started=None,
        time_finished=None,
    )
)
_FAIL_TASKS: Final = (
    update(TASKS)
    .where(TASKS.c.id == bindparam("key"))
    .values(state=TaskState.FAILED, last_error=bindparam("error"), time_finished=bindparam("time"))
)
_AGENTS: Final = select(*(AGENTS.c[name] for name in ("id", "incarnation", "cpus", "ram"))).where(
    AGENTS.c.state != AgentState.OFFLINE, AGENTS.c.enabled
)
_QUEUED: Final = (
    select(*(TASKS.c[name] for name in ("id", "frame", "tile", "attempts", "failures")))
    .where(TASKS.c.job_id == bindparam("job"), TASKS.c.state == TaskState.QUEUED)
    .order_by(TASKS.c.position)
    .limit(bindparam("most"))
)


class _Candidate(NamedTuple):
    id: int
    frame: Decimal
    tile: int | None
    attempts: int
    failures: int


@dataclass(frozen=True, slots=True)
class _Batch:
    """One batch under way: its order, and its rows without their ids."""

    order: BatchOrder
    agent_id: str
    attempts: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the grants."""

    orders: list[tuple[str, BatchOrder]]
    """To be sent once it is committed, each with its agent."""
    refused: frozenset[tuple[int, str]]
    """Jobs and agents where no queued task is left that may run there."""


class Assigning:
    """Grants become attempts, in the transaction of `session`."""

    def __init__(
        self, session: Session, tally: Tally, orders: Orders, log_folder: Path, fence: int, time: datetime
    ) -> None:
        self._session = session
        self._connection = session.connection()
        self._tally = tally
        self._orders = orders
        self._log_folder = log_folder
        self._fence = fence
        self._time = time
        self._taken: set[int] = set()
        self._supply: dict[int, list[_Candidate]] = {}

    def write(self, grants: Sequence[Grant]) -> Written:
        """Store the attempts of `grants`.

        A grant for a job or an agent that may no longer get work comes to nothing.
        """
        jobs = self._orders.jobs(self._session, {grant.job_id for grant in grants})
        agents = {agent.id: agent for agent in self._connection.execute(_AGENTS)}
        grants = [
            grant
            for grant in grants
            if grant.agent_id in agents and grant.job_id in jobs and jobs[grant.job_id].may_start
        ]
        self._fill_supply(grants, jobs)
        batches: list[_Batch] = []
        refused = set()
        for grant in grants:
            picked = self._pick(grant, jobs[grant.job_id], list(agents))
            if not picked:
                refused.add((grant.job_id, grant.agent_id))
                continue
            batch = self._batch(jobs[grant.job_id], agents[grant.agent_id], picked)
            batches += [batch] if batch else []
        self._store(batches)
        return Written([(batch.agent_id, batch.order) for batch in batches], frozenset(refused))

    def _pick(self, grant: Grant, job: OrderedJob, agents: list[str]) -> list[_Candidate]:
        """The next tasks of the job for that agent, in the order of its frame range."""
        # A contiguous batch may have left tasks behind that the decision counted as given.
        limit = job.most if job.contiguous else grant.tasks
        free = self._supply[job.id]
        if len(agents) > 1 and any(task.failures for task in free):
            most = len(self._taken) + limit * job.width
            offered = self._queued(_QUEUED.where(~_set_aside(grant.agent_id, agents)), job.id, most)
            free = [task for task in offered if task.id not in self._taken]
        picked = pick(free, limit, job.by, contiguous=job.contiguous)
        ids = {task.id for task in picked}
        self._taken |= ids
        self._supply[job.id] = [task for task in self._supply[job.id] if task.id not in ids]
        return picked

    def _fill_supply(self, grants: Sequence[Grant], jobs: Mapping[int, OrderedJob]) -> None:
        """Read as many tasks of each job as all its grants can take."""
        most: Counter[int] = Counter()
        for grant in grants:
            job = jobs[grant.job_id]
            most[job.id] += (job.most if job.contiguous else grant.tasks) * job.width
        self._supply = {job_id: self._queued(_QUEUED, job_id, limit) for job_id, limit in most.items()}

    def _queued(self, query: Executable, job_id: int, most: int) -> list[_Candidate]:
        rows = self._connection.execute(query, {"job": job_id, "most": most})
        return [_Candidate(*row) for row in rows]

    def _batch(self, job: OrderedJob, agent: Any, picked: Sequence[_Candidate]) -> _Batch | None:
        batch = token_urlsafe(16)
        folder = self._log_folder / str(job.id)
        tasks = [
            OrderedTask(f"{batch}.{number}", task.frame, task.tile, f"{folder}{os.sep}{_log_name(task)}")
            for number, task in enumerate(picked, 1)
        ]
        cpus, ram = taken(job.cpus, job.ram, agent.cpus, agent.ram)
        try:
            order = self._orders.make(job, batch, tasks, cpus=cpus, ram=ram)
        except FarmError as error:
            self._fail(job.id, picked, str(error))
            return None
        attempts = [
            {
                "token": ordered.token,
                "batch": batch,
                "task_id": task.id,
                "job_id": job.id,
                "number": task.attempts + 1,
                "agent_id": agent.id,
                "incarnation": agent.incarnation,
                "fence": self._fence,
                "state": AttemptState.ASSIGNED,
                "cpus": job.cpus,
                "ram": job.ram,
                "log": ordered.log,
                "time_assigned": self._time,
            }
            for task, ordered in zip(picked, tasks, strict=True)
        ]
        self._tally.move(job.id, TaskState.QUEUED, TaskState.ASSIGNED, len(picked))
        return _Batch(order, agent.id, attempts)

    def _fail(self, job_id: int, picked: Sequence[_Candidate], error: str) -> None:
        """Give up tasks whose command can't be made: no agent could run them."""
        rows = [{"key": task.id, "error": error, "time": self._time} for task in picked]
        for_each(self._session, _FAIL_TASKS, rows)
        self._tally.move(job_id, TaskState.QUEUED, TaskState.FAILED, len(picked))
        self._tally.error(job_id, error)

    def _store(self, batches: Sequence[_Batch]) -> None:
        attempts = [row for batch in batches for row in batch.attempts]
        if not attempts:
            return
        ids = self._connection.execute(_ADD_ATTEMPTS, attempts).scalars()
        rows = [
            {"key": row["task_id"], "agent": row["agent_id"], "number": row["number"], "attempt": attempt_id}
            for row, attempt_id in zip(attempts, ids, strict=True)
        ]
        for_each(self._session, _ASSIGN_TASKS, rows)


def _log_name(task: _Candidate) -> str:
    """Frame, tile, the task's number and its attempt's: no two attempts ever share a name."""
    tile = "" if task.tile is None else f"_{task.tile}"
    return f"{frame_text(task.frame)}{tile}-{task.id}-{task.attempts + 1}.log"


def _set_aside(agent_id: str, agents: Sequence[str]) -> ColumnElement[bool]:
    """Tasks that failed on that agent, while another one is left to try (PyFarm 9.1 rule 8)."""
    here = exists().where(failed_on.c.task_id == TASKS.c.id, failed_on.c.agent_id == agent_id)
    failed = (
        select(func.count())
        .select_from(failed_on)
        .where(failed_on.c.task_id == TASKS.c.id, failed_on.c.agent_id.in_(agents))
        .scalar_subquery()
    )
    return (TASKS.c.failures > 0) & here & (failed < len(agents))
