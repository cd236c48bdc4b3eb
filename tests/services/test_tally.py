"""People are told of a job's end in the transaction in which it ends, once for each run."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from farmgui.domain.states import AttemptState
from farmgui.models import Job, JobNotifiedUser, Notice, User
from tests.factories import FarmInMemory

Step = Callable[[FarmInMemory, int], object]


def run(farm: FarmInMemory, job: int) -> None:
    farm.run_to_end()


def fail(farm: FarmInMemory, job: int) -> None:
    farm.beat()
    farm.runner.finish(*farm.runner.tokens()[-2:], state=AttemptState.FAILED)
    farm.results.take()


def mark_done(farm: FarmInMemory, job: int) -> None:
    farm.jobs.mark_done([job])


def mark_failed(farm: FarmInMemory, job: int) -> None:
    farm.jobs.mark_failed([job])


def mark_tasks_failed(farm: FarmInMemory, job: int) -> None:
    farm.jobs.mark_failed(task_ids=[task.id for task in farm.tasks(job)])


def rerun(farm: FarmInMemory, job: int) -> None:
    farm.jobs.rerun([job])


def rerun_failed(farm: FarmInMemory, job: int) -> None:
    farm.jobs.rerun_failed([job])


def more_frames(farm: FarmInMemory, job: int) -> None:
    farm.jobs.set_frames(job, "1-3")


def pause(farm: FarmInMemory, job: int) -> None:
    farm.jobs.pause([job])


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        pytest.param([], [], id="nothing happened"),
        pytest.param([pause], [], id="paused"),
        pytest.param([run], ["success"], id="done"),
        pytest.param([fail], ["failure"], id="failed"),
        pytest.param([mark_done], ["success"], id="marked done"),
        pytest.param([pause, mark_failed], ["failure"], id="marked failed while paused"),
        pytest.param([run, mark_tasks_failed], ["success"], id="marked failed after it was told"),
        pytest.param([fail, mark_failed], ["failure"], id="told once that it failed"),
        pytest.param([run, rerun], ["success"], id="rerun"),
        pytest.param([run, rerun, run], ["success", "success"], id="run twice"),
        pytest.param([fail, rerun_failed, run], ["failure", "success"], id="failed, then done"),
        pytest.param([run, more_frames, run], ["success", "success"], id="more frames later"),
    ],
)
def test_people_are_told_once_for_each_end(farm: FarmInMemory, steps: list[Step], told: list[str]) -> None:
    job = farm.submit("1-2", requeue=0)
    with farm.database.sessions.begin() as session:
        user = User(name="ana")
        session.add(user)
        session.flush()
        session.add(JobNotifiedUser(user_id=user.id, job_id=job, on_success=True, on_failure=True))
    for step in steps:
        step(farm, job)
    with farm.database.reading() as session:
        notices = list(session.scalars(select(Notice.outcome).order_by(Notice.id)))
        stored = session.get_one(Job, job)
        assert stored.completion_notify_sent is (stored.state in ("done", "failed"))
    assert [str(outcome) for outcome in notices] == told
