"""What is taken in, and what is refused without leaving anything behind."""

from __future__ import annotations

import stat
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from farmgui.domain.errors import FarmError, InvalidValue
from farmgui.domain.states import JobState
from farmgui.models import Job, JobQueue, Tag, Task, User
from tests.factories import FarmInMemory, a_spec


def stored(farm: FarmInMemory) -> list[int]:
    """How many rows there are of all that a submission makes."""
    with farm.database.reading() as session:
        return [
            session.scalar(select(func.count()).select_from(model)) or 0
            for model in (Job, Task, JobQueue, User, Tag)
        ]


def test_a_job_is_stored_whole(farm: FarmInMemory) -> None:
    parent = farm.submit("1")
    job = farm.submit(
        "1-9x4",
        title="shot",
        user="ada",
        queue="/film/shot",
        priority=5,
        weight=3,
        cpus=2,
        ram=64,
        ram_warning=100,
        ram_max=200,
        minimum_agents=1,
        maximum_agents=4,
        batch=2,
        requeue=-1,
        autodelete_time=60,
        notes="for Monday",
        output_link="file:///out",
        parents=(parent,),
        tags=("night", "night", "final"),
    )
    row = farm.job(job)
    assert (row.title, row.user, row.queue, row.job_type) == ("shot", "ada", "/film/shot", "command")
    assert (row.priority, row.weight, row.cpus, row.ram, row.ram_warning, row.ram_max) == (
        5,
        3,
        2,
        64,
        100,
        200,
    )
    assert (row.minimum_agents, row.maximum_agents, row.batch, row.requeue) == (1, 4, 2, -1)
    assert (row.autodelete_time, row.notes, row.output_link) == (60, "for Monday", "file:///out")
    assert (row.frames, row.by, row.counts.queued, row.unfinished_parents) == ("1-9x4", Decimal(4), 3, 1)
    assert farm.farm.queries.job_data(job) == {"command": ["true", "{frame}"]}
    assert [queue.path for queue in farm.farm.queries.queues()] == ["/film", "/film/shot"]


@pytest.mark.parametrize(
    ("frames", "values", "expected"),
    [
        pytest.param("3-1", {}, [("3", None), ("2", None), ("1", None)], id="in the order asked for"),
        pytest.param("1-2x0.5", {}, [("1", None), ("1.5", None), ("2", None)], id="fractions"),
        pytest.param("-1-0", {}, [("-1", None), ("0", None)], id="below zero"),
        pytest.param(
            "1-2",
            {"job_type": "tiled", "num_tiles": 2},
            [("1", 0), ("1", 1), ("2", 0), ("2", 1)],
            id="tiles",
        ),
        pytest.param("1", {"job_type": "tiled", "num_tiles": 1}, [("1", 0)], id="one tile"),
    ],
)
def test_the_tasks_are_the_frames(
    farm: FarmInMemory, frames: str, values: dict[str, Any], expected: list[tuple[str, int | None]]
) -> None:
    job = farm.submit(frames, **values)
    assert [(str(row.frame), row.tile) for row in farm.tasks(job)] == expected


@pytest.mark.parametrize(
    ("values", "words"),
    [
        pytest.param({"job_type": "nope"}, 'no job type "nope"', id="unknown type"),
        pytest.param({"title": ""}, "title", id="no title"),
        pytest.param({"title": "x" * 256}, "title", id="long title"),
        pytest.param({"frames": ""}, "No frames", id="no frames"),
        pytest.param({"frames": "a-b"}, "no frame range", id="no frame range"),
        pytest.param({"frames": "1-1000001"}, "more than 1,000,000", id="too many frames"),
        pytest.param(
            {"job_type": "tiled", "frames": "1-100000", "num_tiles": 11},
            "more than 1,000,000",
            id="many tiles",
        ),
        pytest.param({"num_tiles": 2}, "can't render in tiles", id="no tiles there"),
        pytest.param({"job_type": "render", "frames": "1-2x0.5"}, "fractional", id="whole frames only"),
        pytest.param({"frames": "1-2x0.00001"}, "four digits", id="too fine"),
        pytest.param({"priority": 1001}, "Priority", id="priority"),
        pytest.param({"cpus": 0.5}, "CPUs", id="cpus"),
        pytest.param({"batch": 0}, "Batch", id="batch"),
        pytest.param({"requeue": -2}, "Requeue", id="requeue"),
        pytest.param({"parents": (77,)}, "no job 77", id="no such parent"),
        pytest.param({"data": {"command": ["no-such-program"]}}, "not found on PATH", id="no such program"),
        pytest.param({"data": {"command": ["/no/such/program"]}}, "isn't there", id="no such path"),
        pytest.param({"data": {"command": []}}, "No command", id="no command"),
        pytest.param({"data": {"command": ["true", "{frme}"]}}, "placeholder", id="unknown placeholder"),
        pytest.param({"data": {"command": ["true", "{frame:q}"]}}, "filled in", id="bad format"),
        pytest.param({"data": {"command": ["true", "{"]}}, "can't be read", id="open brace"),
        pytest.param({"data": {"command": ["true"], "cwd": "/no/such"}}, "isn't there", id="no such folder"),
        pytest.param({"data": {"command": ["true"], "x": object()}}, "JSON", id="no JSON"),
        pytest.param({"environ": {"A=B": "c"}}, "environment variable", id="bad environment"),
        pytest.param({"job_type": "render"}, "placeholder", id="a value of the type is missing"),
    ],
)
def test_what_cannot_be_run_is_refused_and_leaves_nothing(
    farm: FarmInMemory, values: dict[str, Any], words: str
) -> None:
    before = stored(farm)
    with pytest.raises(FarmError, match=words):
        farm.submit(**{"queue": "/new", "user": "new", "tags": ("new",), **values})
    assert stored(farm) == before


def test_a_file_that_may_not_be_executed_is_told(farm: FarmInMemory, tmp_path: Path) -> None:
    script = tmp_path / "draw.sh"
    script.write_text("#!/bin/sh\n")
    spec = a_spec("1", data={"command": ["./draw.sh"], "cwd": str(tmp_path)})
    with pytest.raises(FarmError, match="may not be executed"):
        farm.farm.submit.submit(spec)
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    farm.farm.submit.submit(spec)


def test_only_missing_frames(farm: FarmInMemory, tmp_path: Path) -> None:
    output = str(tmp_path / "shot_####.png")
    for frame, text in ((1, "picture"), (2, ""), (4, "picture")):
        (tmp_path / f"shot_{frame:04d}.png").write_text(text)
    values = {"data": {"command": ["true"], "output": output}, "only_missing": True}
    job = farm.submit("1-5", **values)
    assert [int(row.frame) for row in farm.tasks(job)] == [2, 3, 5]
    with pytest.raises(FarmError, match="nothing is missing"):
        farm.submit("1,4", **values)


def test_a_type_without_files_misses_all(farm: FarmInMemory) -> None:
    assert farm.job(farm.submit("1-3", only_missing=True)).counts.queued == 3


def test_the_user_is_who_runs_the_program(farm: FarmInMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "grace")
    assert farm.job(farm.submit()).user == "grace"


def test_a_paused_one_waits_for_the_wrangler(farm: FarmInMemory) -> None:
    job = farm.submit(paused=True)
    assert farm.job(job).state is JobState.PAUSED
    assert farm.beat() == 0


def test_resources_are_those_of_the_type_where_none_are_given(farm: FarmInMemory) -> None:
    row = farm.job(farm.submit(job_type="render", data={"scene": "x"}))
    assert (row.cpus, row.ram, row.batch) == (-1, 32, 1)


def test_a_hundred_thousand_frames(farm: FarmInMemory) -> None:
    job = farm.submit("1-100000", paused=True)
    assert farm.job(job).counts.queued == 100_000
    assert farm.jobs.mark_done([job]) == 100_000
    assert farm.jobs.delete([job]) == 1
    assert farm.cleanup.run() == 1
    assert stored(farm)[:2] == [0, 0]


@pytest.mark.parametrize("frames", ["99999999999999999999", "-99999999999999999999", "1,2000000000.5"])
def test_frames_that_no_database_holds_are_refused(farm: FarmInMemory, frames: str) -> None:
    with pytest.raises(InvalidValue, match="beyond"):
        farm.submit(frames)
