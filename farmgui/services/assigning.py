"""Writes what was granted: attempts under tokens of their own, their tasks moved and counted."""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy.orm import Session

from farmgui.domain.allocations import share_of
from farmgui.domain.errors import FarmError
from farmgui.domain.frames import frame_text
from farmgui.domain.orders import BatchOrder
from farmgui.domain.states import TaskState
from farmgui.scheduler.farm import Grant
from farmgui.services.agent_words import AgentWords, own_words
from farmgui.services.bulk import Driver, listed, stored_time
from farmgui.services.holdings import OpenBatch, open_batch
from farmgui.services.lead_sights import LeadSights, Pair
from farmgui.services.orders import OrderedJob, OrderedTask, Orders, taken
from farmgui.services.supply import Candidate, Supply, first_offered
from farmgui.services.tally import Tally

_AGENTS: Final = (
    "SELECT id, incarnation, cpus, ram, cpu_allocation, ram_allocation, "
    "joined, os_class, log_folder, python, assemble_tiles FROM agents "
    "WHERE state != 'offline' AND enabled AND id IN (SELECT value FROM json_each(?))"
)
# Nobody else adds attempts while this transaction writes, so their numbers are known beforehand.
_LAST_ATTEMPT: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'attempts'"
_ADD_ATTEMPTS: Final = (
    "INSERT INTO attempts (id, token, batch, task_id, job_id, number, agent_id, incarnation, fence, state, "
    "cpus, ram, gpus, log, time_assigned) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'assigned', ?, ?, ?, ?, ?)"
)
_ASSIGN_TASKS: Final = (
    "UPDATE tasks SET state = 'assigned', agent_id = ?, attempts = ?, attempt_id = ?, not_before = NULL, "
    "progress = 0.0, warning = NULL, time_started = NULL, time_finished = NULL, reserve = NULL WHERE id = ?"
)
_FAIL_TASKS: Final = (
    "UPDATE tasks SET state = 'failed', last_error = ?, time_finished = ?, not_before = NULL WHERE id = ?"
)

Eligible = Callable[[int], Collection[str]]
"""The agents that could run a job, at work or not, there or expected."""


class _Agent(NamedTuple):
    """An agent that may get work, with what of it may be used."""

    id: str
    incarnation: str
    cpus: int
    ram: int
    joined: int
    logs: str
    """What the paths of its logs begin with."""
    separator: str
    """Of its paths."""


class _Asked(NamedTuple):
    """A batch that is to be made."""

    job: OrderedJob
    agent: _Agent
    limit: int
    """The most tasks that it may have."""


@dataclass(slots=True)
class Written:
    """What became of grants."""

    orders: list[tuple[str, BatchOrder]] = field(default_factory=list)
    """To be sent once it is committed, each with its agent."""
    opened: list[tuple[str, OpenBatch]] = field(default_factory=list)
    """The batches by name; to be told to the holdings once it is committed."""
    refused: set[tuple[int, str]] = field(default_factory=set)
    """Jobs and agents where no queued task is left that may run there."""
    unseen: list[Pair] = field(default_factory=list)
    """Jobs, and agents of which it isn't known that they see what they have to."""


class Assigning:
    """Grants become attempts, in the transaction of `session`."""

    def __init__(
        self,
        session: Session,
        tally: Tally,
        orders: Orders,
        eligible: Eligible,
        log_folder: Path,
        fence: int,
        time: datetime,
        sights: LeadSights,
    ) -> None:
        self._session = session
        self._driver = Driver(session)
        self._tally = tally
        self._orders = orders
        self._words = AgentWords(session)
        self._eligible = eligible
        self._log_folder = f"{log_folder}{os.sep}"
        self._fence = fence
        self._time = time
        self._now = stored_time(time)
        self._sights = sights
        self._attempts: list[tuple[Any, ...]] = []
        self._assigned: list[tuple[str, int, int, int]] = []
        self._failed: list[tuple[str, str, int]] = []
        self._number = 0
        self._tokens = _tokens(time)
        self._written = Written()

    def write(self, grants: Sequence[Grant]) -> Written:
        """Store the attempts of `grants`.

        A grant for a job or an agent that may no longer get work comes to nothing; so does one for an agent
        that joined and isn't known to see the job's files.
        """
        jobs = self._orders.jobs(self._session, {grant.job_id for grant in grants})
        agents = self._agents({grant.agent_id for grant in grants})
        asked = [
            # A contiguous batch may have left tasks behind that the decision counted as given.
            _Asked(job, agent, job.most if job.contiguous else grant.tasks)
            for grant in grants
            if (job := jobs.get(grant.job_id))
            and job.may_start
            and (agent := agents.get(grant.agent_id))
            and (not agent.joined or self._sees(agent, job))
        ]
        supplies = self._supplies(asked)
        self._number = self._driver.value(_LAST_ATTEMPT) or 0
        for job, agent, limit in asked:
            picked = supplies[job.id].take(limit, agent.id)
            if picked:
                self._batch(job, agent, picked)
            else:
                self._written.refused.add((job.id, agent.id))
        self._driver.many(_ADD_ATTEMPTS, self._attempts)
        self._driver.many(_ASSIGN_TASKS, self._assigned)
        self._driver.many(_FAIL_TASKS, self._failed)
        return self._written

    def _agents(self, ids: Collection[str]) -> dict[str, _Agent]:
        found = {}
        for row in self._driver.rows(_AGENTS, (listed(ids),)):
            agent_id, incarnation, cpus, ram, of_cpus, of_ram, joined, os_class, log_folder, *own = row
            logs, separator = self._log_folder, os.sep
            if joined and log_folder:
                separator = "\\" if os_class == "windows" else "/"
                logs = f"{log_folder.rstrip(separator)}{separator}"
            self._words.know(agent_id, own_words(joined, *own))
            found[agent_id] = _Agent(
                agent_id,
                incarnation,
                share_of(cpus, of_cpus, least=1),
                share_of(ram, of_ram),
                joined,
                logs,
                separator,
            )
        return found

    def _sees(self, agent: _Agent, job: OrderedJob) -> bool:
        """Whether the agent, which joined, is known to see the job's files; else it is to be asked."""
        question = job.question
        if question is None or self._sights.knows(agent.id, agent.incarnation, question, self._time):
            return True
        self._written.unseen.append((job.id, agent.id, question))
        return False

    def _supplies(self, asked: Sequence[_Asked]) -> dict[int, Supply]:
        """Read as many tasks of each job as all its batches can take."""
        jobs: dict[int, OrderedJob] = {}
        most: dict[int, int] = {}
        for job, _, limit in asked:
            jobs[job.id] = job
            most[job.id] = most.get(job.id, 0) + limit * job.width
        first = first_offered(self._driver, most, self._now)
        return {
            job_id: Supply(self._driver, job, first[job_id], most[job_id], self._now, self._eligible)
            for job_id, job in jobs.items()
        }

    def _batch(self, job: OrderedJob, agent: _Agent, picked: Sequence[Candidate]) -> None:
        batch = next(self._tokens)
        folder = f"{agent.logs}{job.id}{agent.separator}"
        tasks = [
            OrderedTask(f"{batch}.{number}", task.frame, task.tile, f"{folder}{_log_name(task)}")
            for number, task in enumerate(picked, 1)
        ]
        cpus, ram = taken(job.cpus, job.ram, agent.cpus, agent.ram)
        try:
            order = self._words.told(agent.id, self._orders.make(job, batch, tasks, cpus=cpus, ram=ram))
        except FarmError as error:
            self._fail(job.id, picked, str(error))
            return
        asked = (job.cpus, job.ram, job.gpus)
        opened = open_batch(agent.id, job.id, asked, agent.cpus, self._now)
        shared = (agent.id, agent.incarnation, self._fence, *asked)
        for task, ordered in zip(picked, tasks, strict=True):
            self._number += 1
            token, number = ordered.token, task.attempts + 1
            opened.tokens.add(token)
            self._attempts.append(
                (self._number, token, batch, task.id, job.id, number, *shared, ordered.log, self._now)
            )
            self._assigned.append((agent.id, number, self._number, task.id))
        self._tally.move(job.id, TaskState.QUEUED, TaskState.ASSIGNED, len(picked))
        self._written.orders.append((agent.id, order))
        self._written.opened.append((batch, opened))

    def _fail(self, job_id: int, picked: Sequence[Candidate], error: str) -> None:
        """Give up tasks whose command can't be made: no agent could run them."""
        self._failed += [(error, self._now, task.id) for task in picked]
        self._tally.move(job_id, TaskState.QUEUED, TaskState.FAILED, len(picked))
        self._tally.error(job_id, error)


def _tokens(time: datetime) -> Iterator[str]:
    """Names for the batches of one transaction that no others have.

    They begin with the time and differ in their ends only: such names stand side by side in the index, which
    is much quicker.
    """
    moment = int(time.timestamp() * 1000).to_bytes(6, "big")
    beginning = urlsafe_b64encode(moment + os.urandom(8)).decode()[:18]
    for number in range(1 << 16):
        yield f"{beginning}{number:04x}"


def _log_name(task: Candidate) -> str:
    """Frame, tile, the task's number and its attempt's: no two attempts ever share a name."""
    tile = "" if task.tile is None else f"_{task.tile}"
    return f"{frame_text(task.frame)}{tile}-{task.id}-{task.attempts + 1}.log"
