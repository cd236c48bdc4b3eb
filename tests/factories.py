"""What tests make again and again: job types, specs, and a whole farm with its lead in memory."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from farmgui.domain.blocking import is_blocked, waited_for
from farmgui.domain.counts import TaskCounts
from farmgui.domain.jobtypes import JobTypeDefinition
from farmgui.domain.orders import BatchMode
from farmgui.domain.reports import Inventory
from farmgui.domain.snapshots import JobRow, TaskRow
from farmgui.domain.specs import JobSpec
from farmgui.models import Job, Task, dependencies
from farmgui.services.cleanup import Cleanup
from farmgui.services.database import open_database
from farmgui.services.dispatch import Dispatch
from farmgui.services.farm import make_farm
from farmgui.services.holdings import Holdings
from farmgui.services.jobtypes import sync
from farmgui.services.lease import Lease
from farmgui.services.results import Results
from tests.fakes import FakeRunner, an_inventory

COMMAND = JobTypeDefinition("command", arguments=("{*command}",), outputs=("{output_file}",), max_batch=50)
"""Each task runs on its own."""

RENDER = JobTypeDefinition(
    "render",
    mode=BatchMode.ONE_PROCESS,
    arguments=("true", "{scene}", "-s", "{start}", "-e", "{end}", ("-t", "{cpus}")),
    max_batch=20,
    batch_contiguous=True,
    whole_frames=True,
    cpus=-1,
)
"""One process renders a contiguous batch."""

TILED = JobTypeDefinition(
    "tiled",
    arguments=("true", "{frame}", "{tile}"),
    supports_tiling=True,
    batch_contiguous=True,
    max_batch=10,
)
"""Frames in tiles."""

ASSEMBLED = JobTypeDefinition(
    "assembled",
    arguments=("true", "{frame}", "{tile}"),
    assemble=("true", "{frame}"),
    supports_tiling=True,
    max_batch=10,
)
"""Frames in tiles that are put together when all of them are done."""

FROM_ZERO = JobTypeDefinition("from zero", arguments=("true", "{frame}"), lowest_frame=0)
"""A program that knows no negative frames."""

DEFINITIONS = (COMMAND, RENDER, TILED, ASSEMBLED, FROM_ZERO)


def a_spec(frames: str = "1-3", **values: Any) -> JobSpec:
    """A job of `true`, one task a frame."""
    known: dict[str, Any] = {"title": "job", "job_type": "command", "data": {"command": ["true", "{frame}"]}}
    return JobSpec(frames=frames, **{**known, **values})


class FarmInMemory:
    """A farm on a real SQLite file, with a lead whose agents are fakes; nothing in it runs by itself."""

    def __init__(self, folder: Path, *agents: Inventory) -> None:
        (folder / "farm.db").write_bytes(_new_database())
        self.database = open_database(f"sqlite:///{folder / 'farm.db'}")
        self.farm = make_farm(self.database, DEFINITIONS)
        self.jobs = self.farm.jobs
        self.runner = FakeRunner(*(agents or (an_inventory(),)))
        self.lease = Lease(self.database)
        self.log_folder = folder / "logs"
        self.later = timedelta()
        """By how much the lead's clock is ahead."""
        self.lead()

    def clock(self) -> datetime:
        """The lead's clock."""
        return datetime.now(UTC) + self.later

    def wait(self, seconds: float = 300) -> None:
        """Time passes for the lead, while agents tell that they are there."""
        self.later += timedelta(seconds=seconds)
        for agent_id in self.runner.agents:
            self.runner.inventory(agent_id)
        self.results.take()

    def lead(self) -> None:
        """A new lead takes over, and its agents report to it."""
        fence = self.lease.try_acquire()
        assert fence is not None
        self.holdings = Holdings()
        self.results = Results(
            self.database, self.runner, fence, lambda: None, holdings=self.holdings, clock=self.clock
        )
        self.dispatch = Dispatch(
            self.database, self.runner, fence, self.log_folder, holdings=self.holdings, clock=self.clock
        )
        self.cleanup = Cleanup(self.database)
        self.runner.open(self.results, fence)
        self.results.take()

    def submit(self, frames: str = "1-3", **values: Any) -> int:
        """Submit `a_spec`."""
        return self.farm.submit.submit(a_spec(frames, **values))

    def beat(self) -> int:
        """What the lead does when it is woken: take in, then give out."""
        started = self.dispatch.tick(results=self.results)
        self.dispatch.tell_reasons()
        return started

    def run_to_end(self, limit: int = 1000) -> int:
        """Let everything that the agents are given succeed, also later; returns the number of beats."""
        told: set[str] = set()
        for beat in range(limit):
            started = self.beat()
            fresh = False
            for agent_id in self.runner.agents:
                new = [token for token in self.runner.tokens(agent_id) if token not in told]
                told.update(new)
                if new:
                    fresh = True
                    self.runner.finish(*new, agent_id=agent_id)
            if started or fresh:
                continue
            if self.dispatch.next_time is None:
                return beat
            self.wait((self.dispatch.next_time - self.clock()).total_seconds())
        raise AssertionError("it doesn't come to an end")

    def job(self, job_id: int) -> JobRow:
        """The job as a table shows it."""
        return next(row for row in self.farm.queries.jobs() if row.id == job_id)

    def tasks(self, job_id: int) -> list[TaskRow]:
        """Its tasks."""
        return self.farm.queries.tasks([job_id])

    def states(self, job_id: int) -> str:
        """The states of its tasks by their first letters: "qqarrdf"."""
        return "".join(row.state[0] for row in self.tasks(job_id))

    def counted(self, job_id: int) -> TaskCounts:
        """The counts that the tasks themselves make, to be compared with those on the job."""
        states = [row.state.value for row in self.tasks(job_id)]
        names = ("queued", "assigned", "running", "done", "failed")
        return TaskCounts(*(states.count(name) for name in names))

    def check(self) -> None:
        """Fail unless the counts of every job agree with its tasks."""
        for row in self.farm.queries.jobs():
            assert row.counts == self.counted(row.id), f"job {row.id}"
        with self.database.reading() as session:
            marked = session.execute(
                text(
                    "SELECT j.id FROM jobs j WHERE j.num_marked_failed != (SELECT count(*) FROM tasks t "
                    "WHERE t.job_id = j.id AND t.state = 'failed' AND t.marked)"
                )
            ).all()
            assert not marked, f"marked tasks of {marked}"
            check_blocked(session)

    def close(self) -> None:
        """Check what must always hold, and close."""
        self.check()
        self.farm.close()


def check_blocked(session: Session) -> None:
    """Fail unless the blocked tasks of each job, and their number, are those that the rule says."""
    parents: dict[int, list[int]] = {}
    for row in session.execute(select(dependencies).where(dependencies.c.by_frame)):
        parents.setdefault(row.childid, []).append(row.parentid)
    frames: dict[tuple[int, Decimal], list[Task]] = {}
    blocked: Counter[int] = Counter()
    for task in session.scalars(select(Task)):
        frames.setdefault((task.job_id, task.frame), []).append(task)
        blocked[task.job_id] += task.blocked
    tiles: dict[int, int | None] = {}
    for job in session.scalars(select(Job)):
        tiles[job.id] = job.num_tiles
        assert job.num_blocked == blocked[job.id], f"blocked tasks of job {job.id}"
    for (job_id, frame), own in frames.items():
        of_parents = [task for parent in parents.get(job_id, ()) for task in frames.get((parent, frame), ())]
        for task in own:
            rule = is_blocked(task, waited_for(task, tiles[job_id], own, of_parents))
            assert task.blocked == rule, f"frame {frame}, tile {task.tile} of job {job_id}"


@cache
def _new_database() -> bytes:
    """The file of a database with the job types of the tests; made once, because migrating takes a while."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "farm.db"
        database = open_database(f"sqlite:///{path}")
        sync(database, [(item, item.name) for item in DEFINITIONS])
        database.close()
        return path.read_bytes()
