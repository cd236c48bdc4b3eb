"""What is removed, what stays."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from farmgui.domain.states import AttemptState
from farmgui.models import Attempt, Job, JobNotifiedUser, Task, User
from farmgui.services.autodelete import mark_old_jobs
from farmgui.services.cleanup import Cleanup
from farmgui.services.notices import Notices
from tests.factories import FarmInMemory


def jobs(farm: FarmInMemory) -> list[int]:
    return [row.id for row in farm.farm.queries.jobs()]


def test_a_deleted_job_goes_with_all_that_is_its_own(farm: FarmInMemory) -> None:
    job, other = farm.submit("1-3", tags=("x",)), farm.submit("1")
    child = farm.submit("1", parents=(job,))
    farm.beat()
    farm.runner.finish(farm.runner.tokens()[0], state=AttemptState.FAILED)
    farm.results.take()
    farm.jobs.delete([job])
    farm.dispatch.tick()
    farm.runner.finish(*sorted(farm.runner.agents["a"].stopped), state=AttemptState.STOPPED)
    farm.results.take()
    assert farm.cleanup.run() == 1
    assert jobs(farm) == [other, child]
    assert farm.job(child).unfinished_parents == 0
    with farm.database.reading() as session:
        left = {
            table: session.scalar(text(f"SELECT count(*) FROM {table}"))  # noqa: S608  names from here
            for table in ("tasks", "failed_tasks_in_agents", "job_dependencies", "job_tag_associations")
        }
        assert job not in session.scalars(select(Attempt.job_id)).all()
    assert left == {
        "tasks": 2,
        "failed_tasks_in_agents": 0,
        "job_dependencies": 0,
        "job_tag_associations": 0,
    }


def test_a_number_is_never_given_twice(farm: FarmInMemory) -> None:
    job = farm.submit("1")
    farm.jobs.delete([job])
    farm.cleanup.run()
    assert farm.submit("1") == job + 1
    assert farm.farm.queries.farm().ever_had_a_job


def test_a_job_that_still_runs_stays(farm: FarmInMemory) -> None:
    job = farm.submit("1")
    farm.beat()
    farm.jobs.delete([job])
    assert farm.cleanup.run() == 0
    assert farm.job(job).to_be_deleted
    farm.dispatch.tick()
    farm.runner.finish(*farm.runner.agents["a"].stopped, state=AttemptState.STOPPED)
    farm.results.take()
    assert farm.cleanup.run() == 1


@pytest.mark.parametrize(
    ("seconds", "age", "state", "goes"),
    [
        pytest.param(60, 61, AttemptState.DONE, True, id="over"),
        pytest.param(60, 59, AttemptState.DONE, False, id="not yet"),
        pytest.param(60, 61, AttemptState.FAILED, False, id="failed"),
        pytest.param(None, 10**6, AttemptState.DONE, False, id="never"),
    ],
)
def test_a_done_job_is_deleted_after_its_time(
    farm: FarmInMemory, seconds: int | None, age: int, state: AttemptState, goes: bool
) -> None:
    job = farm.submit("1", autodelete_time=seconds, requeue=0)
    farm.beat()
    farm.runner.finish(*farm.runner.tokens(), state=state)
    farm.results.take()
    with farm.database.sessions.begin() as session:
        session.execute(update(Job).values(time_finished=datetime.now(UTC) - timedelta(seconds=age)))
    assert mark_old_jobs(farm.database) == goes
    farm.cleanup.run()
    assert (jobs(farm) == [job]) is not goes


def test_logs_and_the_copy_of_the_scene_go_and_frames_stay(farm: FarmInMemory, tmp_path: Path) -> None:
    scene, copy, frame = tmp_path / "s.pov", tmp_path / ".s.farmgui-0123abcd.pov", tmp_path / "s_0001.png"
    for path in (scene, copy, frame):
        path.write_text("x")
    data = {"command": ["true"], "scene": str(copy), "original_scene": str(scene), "scene_copy": True}
    first, second = farm.submit("1", data=data), farm.submit("1", data=data)
    farm.run_to_end()
    logs = [
        Path(row.log) for job in (first, second) for row in farm.farm.queries.attempts(farm.tasks(job)[0].id)
    ]
    for log in logs:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("x")
    farm.jobs.delete([first])
    farm.cleanup.run()
    assert [log.exists() for log in logs] == [False, True]
    assert copy.exists(), "the other job renders it too"
    farm.jobs.delete([second])
    farm.cleanup.run()
    assert not copy.exists()
    assert scene.exists()
    assert frame.exists()
    assert not any(farm.log_folder.iterdir())


def test_the_scene_itself_is_never_removed(farm: FarmInMemory, tmp_path: Path) -> None:
    scene = tmp_path / "s.pov"
    scene.write_text("x")
    farm.jobs.delete([farm.submit("1", data={"command": ["true"], "scene": str(scene)})])
    farm.cleanup.run()
    assert scene.exists()


def test_nor_one_that_was_named_in_the_place_of_the_copy(farm: FarmInMemory, tmp_path: Path) -> None:
    scene = tmp_path / "s_v2.pov"
    scene.write_text("x")
    data = {"command": ["true"], "scene": str(tmp_path / ".s.farmgui-0123abcd.pov"), "scene_copy": True}
    job = farm.submit("1", data=data)
    farm.jobs.change([job], {"data": {**data, "scene": str(scene)}})
    farm.jobs.delete([job])
    farm.cleanup.run()
    assert jobs(farm) == []
    assert scene.exists()


def test_a_removal_that_is_broken_off_is_ended_by_the_next(farm: FarmInMemory) -> None:
    jobs = [farm.submit("1-1200") for _ in range(2)]
    farm.jobs.delete(jobs)
    asked = iter([True, True, True, False, False])
    assert Cleanup(farm.database, lambda: next(asked)).run() == 0
    with farm.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Task)) == 1400
        assert session.scalar(select(func.count()).select_from(Job)) == 2
    # What the tasks left are is counted anew; the job is no more than a mark by now.
    assert farm.cleanup.run() == 2
    assert farm.farm.queries.jobs() == []


def test_who_wants_to_know_of_a_deletion_is_told(farm: FarmInMemory) -> None:
    job = farm.submit("1-3", title="shot_010")
    with farm.database.sessions.begin() as session:
        user = User(name="ana")
        session.add(user)
        session.flush()
        session.add(JobNotifiedUser(user_id=user.id, job_id=job, on_deletion=True))
    farm.jobs.delete([job])
    farm.cleanup.run()
    (told,) = Notices(farm.database).take_desktop("ana")
    assert told.message.subject == f"Deleted: shot_010 (job {job})"


def test_a_copy_that_a_newer_job_renders_stays(farm: FarmInMemory, tmp_path: Path) -> None:
    copy = tmp_path / ".s.farmgui-0123abcd.pov"
    copy.write_text("x")
    data = {"command": ["true"], "scene": str(copy), "scene_copy": True}
    first = farm.submit("1", data=data)
    farm.jobs.delete([first])
    late: list[int] = []

    def submit_meanwhile() -> bool:
        if not late:
            late.append(farm.submit("1", data={"command": ["true"], "scene": str(copy)}))
        return True

    assert Cleanup(farm.database, submit_meanwhile).run() == 1
    assert copy.exists()


def test_the_transactions_of_a_removal_are_short(farm: FarmInMemory) -> None:
    job = farm.submit("1-5000")
    farm.jobs.delete([job])
    longest, began = 0.0, time.perf_counter()

    def between() -> bool:
        nonlocal longest, began
        longest, began = max(longest, time.perf_counter() - began), time.perf_counter()
        return True

    assert Cleanup(farm.database, between).run() == 1
    assert longest < 0.25, "some 10 ms on a machine with nothing else to do"
