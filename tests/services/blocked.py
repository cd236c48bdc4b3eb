"""What tests of blocked tasks do again and again."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select

from farmgui.domain.reports import Finished
from farmgui.domain.states import AttemptState, TaskState
from farmgui.models import Attempt, Task, dependencies
from farmgui.services import blocking
from farmgui.services.tally import Tally
from tests.factories import FarmInMemory
from tests.fakes import NOW

DONE, FAILED = AttemptState.DONE, AttemptState.FAILED
ASSEMBLED: dict[str, Any] = {
    "job_type": "assembled",
    "num_tiles": 2,
    "data": {"output": "/tmp/a_####", "extension": ".png"},
}


def depend(farm: FarmInMemory, child: int, parent: int) -> None:
    """Have each frame of `child` wait for the same one of `parent`."""
    with farm.database.sessions.begin() as session:
        session.execute(insert(dependencies), {"childid": child, "parentid": parent, "by_frame": True})
    recompute(farm, child)


def recompute(farm: FarmInMemory, *jobs: int) -> None:
    with farm.database.sessions.begin() as session:
        tally = Tally()
        blocking.recompute(session, tally, jobs)
        tally.settle(session, datetime.now(UTC))


def picture(farm: FarmInMemory, job: int) -> str:
    """The states of its tasks in the order of the range, "b" for a queued one that is blocked."""
    with farm.database.reading() as session:
        rows = session.execute(
            select(Task.state, Task.blocked).where(Task.job_id == job).order_by(Task.position)
        ).all()
    return "".join("b" if row.blocked else row.state[0] for row in rows)


def ids(farm: FarmInMemory, job: int, *places: int) -> list[int]:
    tasks = farm.tasks(job)
    return [tasks[place].id for place in places]


def run(farm: FarmInMemory, job: int, *places: int, state: AttemptState = DONE) -> None:
    """Have an agent end these tasks so."""
    run_tasks(farm, ids(farm, job, *places), state=state)


def run_tasks(farm: FarmInMemory, tasks: list[int], *, state: AttemptState = DONE) -> None:
    """The same by their numbers."""
    tokens = [give(farm, task) for task in tasks]
    farm.results.happened("a", [Finished(token, state, NOW, NOW + 1, reason="fault") for token in tokens])
    farm.results.take()


def give(farm: FarmInMemory, task_id: int) -> str:
    """Assign a task to the agent "a", as the lead does."""
    token = f"of-{task_id}-{time.monotonic_ns()}"
    with farm.database.sessions.begin() as session:
        task = session.get_one(Task, task_id)
        assert task.state is TaskState.QUEUED
        session.add(
            Attempt(
                token=token, batch=token, task_id=task_id, job_id=task.job_id, number=task.attempts + 1,
                agent_id="a", incarnation="a-1", fence=1, cpus=1, ram=0, log=f"/{token}",
                time_assigned=datetime.now(UTC),
            )
        )  # fmt: skip
        task.state = TaskState.ASSIGNED
        task.attempts += 1
        session.flush()
        tally = Tally()
        tally.move(task.job_id, TaskState.QUEUED, TaskState.ASSIGNED)
        tally.settle(session, datetime.now(UTC))
    return token
