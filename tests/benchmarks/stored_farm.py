"""A farm of any size, written straight into a database: submitting a million tasks isn't measured here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from farmgui.domain.jobtypes import JobTypeDefinition
from farmgui.domain.reports import Inventory
from farmgui.models import Job, JobQueue, JobTypeVersion, User
from farmgui.services.database import open_database
from farmgui.services.jobtypes import sync

TYPE: Final = JobTypeDefinition("command", arguments=("true", "{frame}"), max_batch=50)


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is of everything."""

    agents: int
    jobs: int
    queues: int
    tasks: int

    @property
    def frames(self) -> int:
        """The tasks of each job."""
        return self.tasks // self.jobs


EVERYDAY: Final = Size(agents=40, jobs=300, queues=8, tasks=60_000)
LARGE: Final = Size(agents=1_000, jobs=10_000, queues=200, tasks=1_000_000)


def inventories(size: Size) -> list[Inventory]:
    """What the agents tell of themselves: eight cores each."""
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


def store(path: Path, size: Size) -> None:
    """Make the database at `path` with jobs of one core a task, all queued, in queues below one root."""
    database = open_database(f"sqlite:///{path}")
    try:
        sync(database, [(TYPE, TYPE.name)])
        with database.sessions.begin() as session:
            _store_jobs(session, size)
            session.execute(
                text(
                    "WITH RECURSIVE frames (number) AS "
                    "(SELECT 1 UNION ALL SELECT number + 1 FROM frames WHERE number < :frames) "
                    "INSERT INTO tasks (job_id, position, priority, frame, state, progress, attempts, "
                    "failures, marked, removed, blocked) "
                    "SELECT jobs.id, number - 1, 0, number * 10000, 'queued', 0.0, 0, 0, 0, 0, 0 "
                    "FROM jobs JOIN frames"
                ),
                {"frames": size.frames},
            )
    finally:
        database.close()


def _store_jobs(session: Session, size: Size) -> None:
    version = session.query(JobTypeVersion).one().id
    users = [User(name=name) for name in ("ana", "ben", "carla", "dan")]
    session.add_all(users)
    queues = [JobQueue(name=f"queue{number:03}") for number in range(size.queues)]
    for queue in queues:
        queue.fullpath = f"/{queue.name}"
    session.add_all(queues)
    session.flush()
    session.execute(
        Job.__table__.insert(),
        [
            {
                "title": f"shot {number:05} comp",
                "jobtype_version_id": version,
                "job_queue_id": queues[number % len(queues)].id,
                "user_id": users[number % len(users)].id,
                "priority": number % 5 * 10,
                "frames": f"1-{size.frames}",
                "cpus": 1,
                "ram": 500,
                "num_queued": size.frames,
                "data": {},
                "time_submitted": datetime.now(UTC),
            }
            for number in range(size.jobs)
        ],
    )
    session.execute(text("UPDATE farm SET jobs_submitted = :jobs"), {"jobs": size.jobs})
