"""What a script does to a job inside of a session is what the command of the same name does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from farmgui.domain.errors import InvalidValue
from farmgui.domain.requirements import Dependency
from farmgui.domain.states import AgentState, AttemptState, JobState
from farmgui.models import Agent, Job, JobQueue
from tests.factories import FarmInMemory
from tests.fakes import an_inventory

OUTPUT = {"output": "frame_####.png"}
"""Tiles are put together by the names of their files."""


@pytest.fixture
def farms(tmp_path: Path) -> Iterator[tuple[FarmInMemory, FarmInMemory]]:
    """Two farms on which the same things happen."""
    both = []
    for name in ("by_command", "by_script"):
        (tmp_path / name).mkdir()
        both.append(FarmInMemory(tmp_path / name))
    yield both[0], both[1]
    for farm in both:
        farm.close()


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[FarmInMemory]:
    farm = FarmInMemory(tmp_path, an_inventory("a"), an_inventory("b"))
    yield farm
    farm.close()


def stored(farm: FarmInMemory) -> dict[str, list[dict[str, Any]]]:
    """All that the methods may change; of moments only whether they are there."""
    tables = {
        "jobs": "id",
        "tasks": "job_id, frame, tile",
        "attempts": "task_id, number",
        "failed_tasks_in_agents": "task_id",
        "job_agent_failures": "job_id",
    }
    left_out = {"token", "batch", "log", "attempt_id", "waiting", "waiting_since"}
    found: dict[str, list[dict[str, Any]]] = {}
    with farm.database.reading() as session:
        for table, order in tables.items():
            rows = session.execute(text(f"SELECT * FROM {table} ORDER BY {order}")).mappings()  # noqa: S608  names of ours
            found[table] = [
                {
                    name: value is not None if name.startswith("time_") or name == "not_before" else value
                    for name, value in row.items()
                    if name not in left_out and (table, name) != ("tasks", "id")
                }
                for row in rows
            ]
    return found


def differences(
    expected: dict[str, list[dict[str, Any]]], found: dict[str, list[dict[str, Any]]]
) -> list[tuple[object, ...]]:
    """Each value that isn't as expected: its table, its row, its column, and both."""
    return [
        (table, number, name, row.get(name), other.get(name))
        for table, rows in expected.items()
        for number, (row, other) in enumerate(zip_longest(rows, found[table], fillvalue={}))
        for name in row | other
        if row.get(name) != other.get(name)
    ]


def fail(farm: FarmInMemory, *tokens: str) -> None:
    for token in tokens:
        farm.runner.finish(token, state=AttemptState.FAILED, reason="no light")
    farm.results.take()


def mixed(farm: FarmInMemory) -> int:
    """Done, failed, running, assigned, queued for another try, queued, marked failed, marked done."""
    job = farm.submit("1-8", requeue=0)
    ids = [row.id for row in farm.tasks(job)]
    farm.beat()
    done, failed = farm.runner.tokens()
    farm.runner.finish(done)
    fail(farm, failed)
    farm.jobs.change([job], {"requeue": 3})
    farm.beat()
    fail(farm, *farm.runner.tokens()[3:4])
    farm.beat()
    farm.runner.begin(farm.runner.tokens()[2])
    farm.results.take()
    farm.jobs.mark_failed(task_ids=ids[6:7])
    farm.jobs.mark_done(task_ids=ids[7:])
    return job


def finished(farm: FarmInMemory) -> int:
    job = farm.submit("1-3")
    farm.run_to_end()
    return job


def paused_by_a_person(farm: FarmInMemory) -> int:
    job = mixed(farm)
    farm.jobs.pause([job])
    return job


def paused_for_failures(farm: FarmInMemory) -> int:
    job = farm.submit("1-4", requeue=0, most_failures=1)
    farm.beat()
    fail(farm, farm.runner.tokens()[0])
    assert farm.job(job).pause_reason
    return job


def tiles(farm: FarmInMemory) -> int:
    job = farm.submit("1-2", job_type="assembled", num_tiles=2, data=OUTPUT)
    farm.run_to_end()
    return job


def failed_tiles(farm: FarmInMemory) -> int:
    job = farm.submit("1-2", job_type="assembled", num_tiles=2, data=OUTPUT, requeue=0)
    for _ in range(8):
        farm.beat()
        fail(farm, *farm.runner.tokens())
    assert farm.job(job).state is JobState.FAILED
    return job


def with_children(farm: FarmInMemory) -> int:
    job = farm.submit("1-3")
    child = farm.submit("2-4", parents=(Dependency(job, by_frame=True),))
    farm.submit("1", parents=(child,))
    farm.run_to_end()
    return job


SCENES = [mixed, finished, paused_by_a_person, paused_for_failures, tiles, failed_tiles, with_children]

Command = Callable[[FarmInMemory, int], object]
Method = Callable[[Job], object]

PAIRS: list[Any] = [
    pytest.param(lambda f, j: f.jobs.rerun([j]), lambda job: job.rerun(), id="rerun"),
    pytest.param(lambda f, j: f.jobs.rerun_failed([j]), lambda job: job.rerun_failed(), id="rerun failed"),
    pytest.param(
        lambda f, j: f.jobs.rerun([j], dependants=True),
        lambda job: job.rerun(dependants=True),
        id="rerun with dependants",
    ),
    pytest.param(
        lambda f, j: f.jobs.set_frames(j, "2-5"), lambda job: job.alter_frame_range(2, 5), id="other frames"
    ),
    pytest.param(
        lambda f, j: f.jobs.set_frames(j, "1-3x0.5"),
        lambda job: job.alter_frame_range(1, 3, 0.5),
        id="fractional frames",
    ),
    pytest.param(
        lambda f, j: f.jobs.set_frames(j, "1-8"),
        lambda job: job.alter_frame_range("1", "8", "1"),
        id="same frames",
    ),
    pytest.param(
        lambda f, j: f.jobs.set_frames(j, "9,4-1"), lambda job: job.alter_frames("9,4-1"), id="sparse frames"
    ),
    pytest.param(lambda f, j: f.jobs.change([j], {}), lambda job: job.update_state(), id="nothing"),
]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
@pytest.mark.parametrize(("command", "method"), PAIRS)
def test_a_script_does_what_the_command_does(
    farms: tuple[FarmInMemory, FarmInMemory],
    scene: Callable[[FarmInMemory], int],
    command: Command,
    method: Method,
) -> None:
    by_command, by_script = farms
    job = scene(by_command)
    assert scene(by_script) == job
    assert stored(by_command) == stored(by_script)
    told = command(by_command, job)
    with by_script.database.sessions.begin() as session:
        told_by_script = method(session.get_one(Job, job))
    expected, found = stored(by_command), stored(by_script)
    assert differences(expected, found) == []
    if told_by_script is not None:
        assert told_by_script == told


class TestAgents:
    def test_usable_agents_with_tasks_are_counted_once_and_kept(self, farm: FarmInMemory) -> None:
        queue = farm.farm.queues.create("/film/shot")
        job = farm.submit("1-4", queue="/film/shot")
        with farm.database.sessions.begin() as session:
            assert session.get_one(Job, job).num_assigned_agents() == 0
        farm.beat()
        with farm.database.sessions.begin() as session:
            one, shot = session.get_one(Job, job), session.get_one(JobQueue, queue)
            assert shot.parent is not None
            assert [one.num_assigned_agents(), shot.num_assigned_agents()] == [2, 2]
            assert shot.parent.num_assigned_agents() == 2
            session.get_one(Agent, "a").enabled = False
            assert one.num_assigned_agents() == 2
            one.clear_assigned_counts()
            assert [one.num_assigned_agents(), shot.parent.num_assigned_agents()] == [1, 1]
            session.get_one(Agent, "b").state = AgentState.OFFLINE
            one.clear_assigned_counts()
            assert [one.num_assigned_agents(), shot.num_assigned_agents()] == [0, 0]
            assert not session.get_one(Agent, "b").is_usable()

    @pytest.mark.parametrize(
        ("job_type", "frames", "batch", "expected"),
        [
            pytest.param("command", "1-10", 4, [1, 2, 3, 4], id="the first"),
            pytest.param("command", "1-10", 1, [1], id="one"),
            pytest.param("command", "10-1", 2, [10, 9], id="in the order asked for"),
            pytest.param("command", "1-100", 100, list(range(1, 51)), id="the job type's most"),
            pytest.param("command", "1,2,9", 3, [1, 2, 9], id="not contiguous"),
            pytest.param("render", "1,2,9,3", 4, [1, 2, 3], id="contiguous"),
            pytest.param("render", "1-9x2", 5, [1, 3, 5, 7, 9], id="contiguous by the step"),
        ],
    )
    def test_a_batch(
        self, farm: FarmInMemory, job_type: str, frames: str, batch: int, expected: list[int]
    ) -> None:
        data = {"command": ["true"], "scene": "x"}
        job = farm.submit(frames, job_type=job_type, batch=batch, data=data)
        assert self.batch(farm, job) == expected

    def test_a_batch_of_tiles_is_the_same_tile_of_frames_in_a_row(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-3", job_type="tiled", num_tiles=2, batch=4)
        with farm.database.reading() as session:
            tasks = session.get_one(Job, job).get_batch(session.get_one(Agent, "a"))
            assert [(int(task.frame), task.tile) for task in tasks] == [(1, 0), (2, 0), (3, 0)]

    def test_what_failed_on_an_agent_comes_last_there(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-3", batch=4)
        tasks = [row.id for row in farm.tasks(job)]
        farm.jobs.avoid_agents(tasks[:1], ["a"])
        assert self.batch(farm, job) == [2, 3]
        assert self.batch(farm, job, "b") == [1, 2, 3]
        farm.jobs.mark_done(task_ids=tasks[1:])
        assert self.batch(farm, job) == [1]

    def test_what_waits_is_in_no_batch(self, farm: FarmInMemory) -> None:
        parent = farm.submit("1-2")
        job = farm.submit("1-3", batch=4, parents=(Dependency(parent, by_frame=True),))
        assert self.batch(farm, job) == [3]
        with farm.database.reading() as session:
            assert session.get_one(Job, job).can_use_more_agents()
        farm.jobs.mark_done(task_ids=[farm.tasks(job)[2].id])
        with farm.database.reading() as session:
            assert not session.get_one(Job, job).can_use_more_agents()

    def test_what_is_tried_again_later_is_in_no_batch(self, farm: FarmInMemory) -> None:
        job = farm.submit("1")
        farm.beat()
        for agent in "ab":
            farm.runner.finish(*farm.runner.tokens(agent), agent_id=agent, state=AttemptState.FAILED)
        farm.results.take()
        assert self.batch(farm, job) == []
        with farm.database.sessions.begin() as session:
            session.execute(text("UPDATE tasks SET not_before = NULL"))
        assert len(self.batch(farm, job)) == 1

    def batch(self, farm: FarmInMemory, job: int, agent: str = "a") -> list[int]:
        with farm.database.reading() as session:
            tasks = session.get_one(Job, job).get_batch(session.get_one(Agent, agent))
            return [int(task.frame) for task in tasks]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        pytest.param((5, 1), "end is before the start", id="backwards"),
        pytest.param((1, 5, 0), "above 0", id="no step"),
        pytest.param((1, 5, -1), "above 0", id="a step back"),
        pytest.param(("one", 5), "no numbers", id="no number"),
        pytest.param((1, float("inf")), "no numbers", id="no end"),
        pytest.param((1, 10_000_000), "1,000,000", id="too many"),
    ],
)
def test_a_range_that_makes_no_sense_changes_nothing(
    farm: FarmInMemory, values: tuple[object, ...], words: str
) -> None:
    job = farm.submit("1-3")
    before = stored(farm)
    with pytest.raises(InvalidValue, match=words), farm.database.sessions.begin() as session:
        session.get_one(Job, job).alter_frame_range(*values)
    assert stored(farm) == before


def test_telling_a_job_reads_nothing(farm: FarmInMemory) -> None:
    job = farm.submit("1")
    with farm.database.reading() as session:
        found = session.get_one(Job, job)
        assert repr(found) == f"Job(id={job}, title='job', state=<JobState.QUEUED: 'queued'>)"
    assert repr(Job()) == "Job()"


def test_a_job_as_plain_values(farm: FarmInMemory) -> None:
    parent = farm.submit("1")
    job = farm.submit("1-3", queue="/film", group="Act one", user="ana", tags=("night",), parents=(parent,))
    with farm.database.reading() as session:
        told, above = (session.get_one(Job, number).to_dict() for number in (job, parent))
    assert (told["id"], told["state"], told["queue"], told["group"]) == (job, "queued", "/film", "Act one")
    assert (told["user"], told["tags"], told["parents"], told["children"]) == ("ana", ["night"], [parent], [])
    assert (told["jobtype"], told["jobtype_version"], above["children"]) == ("command", 1, [job])
    assert isinstance(told["time_submitted"], datetime)
