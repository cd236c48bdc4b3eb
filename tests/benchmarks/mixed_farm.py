"""A farm of any size in a database, as studios have them: mixed needs, priorities, weights and maximums.

It is written with statements for many rows: what a submission takes isn't measured here.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from farmgui.domain.jobtypes import JobTypeDefinition
from farmgui.domain.reports import Inventory
from farmgui.domain.states import AgentState
from farmgui.models import Agent, Job, JobQueue, dependencies
from farmgui.models.task import RESERVE
from farmgui.services.database import open_database
from farmgui.services.jobtypes import sync

TYPE: Final = JobTypeDefinition(
    "render", arguments=("true", "-f", "{frame}", "-o", "{output_file}"), outputs=("{output_file}",)
)
CPUS: Final = (1, 1, 1, 2, 2, 4)
"""Of six jobs three ask for one core, two for two, one for four."""

SAME: Final = {"priority": 0, "weight": 10, "cpus": 1, "ram": 500, "maximum_agents": None}


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is of everything."""

    agents: int
    jobs: int
    queues: int
    tasks_each: int
    batch: int = 1

    def __str__(self) -> str:
        tasks = self.jobs * self.tasks_each
        return f"{self.agents:,} agents, {self.jobs:,} jobs in {self.queues:,} queues, {tasks:,} tasks"


EVERYDAY: Final = Size(agents=40, jobs=300, queues=20, tasks_each=200)
LARGE: Final = Size(agents=1_000, jobs=10_000, queues=200, tasks_each=100)


def inventories(size: Size) -> list[Inventory]:
    """What the agents that are stored tell of themselves."""
    return [
        Inventory(
            agent_id=f"agent-{number:04}",
            incarnation=f"agent-{number:04}-1",
            hostname=f"farm{number:04}",
            os="Linux",
            version="1",
            cpus=8,
            ram=32_000,
            free_ram=30_000,
            pid=1,
        )
        for number in range(size.agents)
    ]


def store(path: Path, size: Size, *, same: bool = False) -> None:
    """Make the database at `path`, the same each time; with `same`, all jobs ask for the same, one core."""
    database = open_database(f"sqlite:///{path}")
    try:
        sync(database, [(TYPE, TYPE.name)])
        chance = random.Random(1)  # noqa: S311  the same each time
        with database.sessions.begin() as session:
            _agents(session, size)
            _queues(session, size, chance)
            rows = [_job(number, size, chance) for number in range(size.jobs)]
            if same:
                rows = [row | SAME for row in rows]
            session.execute(insert(Job), rows)
            _tasks(session, size.tasks_each)
    finally:
        database.close()


def block(path: Path, jobs: int) -> None:
    """Add jobs of one task each that wait for the first job."""
    database = open_database(f"sqlite:///{path}")
    try:
        with database.sessions.begin() as session:
            first = session.scalar(text("SELECT max(id) + 1 FROM jobs"))
            size = Size(0, jobs, 1, 1)
            chance = random.Random(2)  # noqa: S311  the same each time
            rows = [_job(number, size, chance) | {"id": first + number} for number in range(jobs)]
            session.execute(insert(Job), rows)
            edges = [{"childid": first + number, "parentid": 1, "by_frame": False} for number in range(jobs)]
            session.execute(insert(dependencies), edges)
            _tasks(session, 1, first)
    finally:
        database.close()


def _agents(session: Session, size: Size) -> None:
    # They are heard of as long as is measured.
    heard = datetime.now(UTC) + timedelta(hours=12)
    rows = [
        {
            "id": f"agent-{number:04}",
            "hostname": f"farm{number:04}",
            "state": AgentState.ONLINE,
            "incarnation": f"agent-{number:04}-1",
            "cpus": 8,
            "ram": 32_000,
            "free_ram": 30_000,
            "last_heard_from": heard,
        }
        for number in range(size.agents)
    ]
    if rows:
        session.execute(insert(Agent), rows)


def _queues(session: Session, size: Size, chance: random.Random) -> None:
    """One show for ten sequences; one of ten sequences has a maximum, one of twenty a minimum."""
    shows = max(1, size.queues // 10)
    for number in range(size.queues):
        show = number < shows
        parent = None if show else number % shows + 1
        name = f"show{number:02}" if show else f"seq{number:03}"
        queue = JobQueue(
            id=number + 1,
            parent_jobqueue_id=parent,
            name=name,
            fullpath=f"/{name}" if show else f"/show{number % shows:02}/{name}",
            weight=chance.choice((5, 10, 20)),
            priority=0 if show else chance.choice((0, 0, 0, 10)),
            maximum_agents=60 if not show and number % 10 == 1 else None,
            minimum_agents=2 if not show and number % 20 == 5 else None,
        )
        session.add(queue)
        session.flush()


def _job(number: int, size: Size, chance: random.Random) -> dict[str, Any]:
    return {
        "title": f"shot {number:05} comp",
        "jobtype_version_id": 1,
        "job_queue_id": 1 + number % size.queues,
        "priority": chance.choice((0, 10, 20, 30)),
        "weight": chance.choice((5, 10, 20)),
        "frames": f"1-{size.tasks_each}",
        "cpus": chance.choice(CPUS),
        "ram": chance.choice((500, 1_000, 2_000)),
        "batch": size.batch,
        "maximum_agents": 40 if number % 20 == 0 else None,
        "num_queued": size.tasks_each,
        "data": {"output": f"/frames/{number}/out_####", "extension": ".exr"},
    }


def _tasks(session: Session, each: int, first_job: int = 1) -> None:
    session.execute(
        text(
            "WITH RECURSIVE frames (number) AS "
            "(SELECT 1 UNION ALL SELECT number + 1 FROM frames WHERE number < :frames) "
            "INSERT INTO tasks (job_id, position, priority, frame, state, progress, attempts, failures, "
            "marked, removed, blocked, reserve) "
            "SELECT jobs.id, number - 1, 0, number * 10000, 'queued', 0.0, 0, 0, 0, 0, 0, zeroblob(:reserve) "
            "FROM jobs JOIN frames WHERE jobs.id >= :first"
        ),
        {"frames": each, "first": first_job, "reserve": RESERVE},
    )
