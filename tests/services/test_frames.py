"""Ranges that are submitted and changed, and the order in which their frames are given out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from farmgui.domain.errors import InvalidValue
from farmgui.domain.states import JobState
from farmgui.models import Task
from tests.factories import FarmInMemory


def given_out(farm: FarmInMemory) -> str:
    """The frames in the order in which the agent is given them, all of them succeeding."""
    farm.run_to_end()
    return " ".join(task.frame for batch in farm.runner.agents["a"].batches for task in batch.tasks)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("1-10", "1 2 3 4 5 6 7 8 9 10", id="range"),
        pytest.param("1-10x2", "1 3 5 7 9", id="step"),
        pytest.param("1-10y3", "2 3 5 6 8 9", id="filled"),
        pytest.param("1-10:4", "1 5 9 4 7 10 3 2 6 8", id="staggered"),
        pytest.param("-5--1", "-5 -4 -3 -2 -1", id="negative"),
        pytest.param("10-1", "10 9 8 7 6 5 4 3 2 1", id="backwards"),
        pytest.param("10-1x-2", "10 8 6 4 2", id="backwards in steps"),
        pytest.param("1,3,5-9", "1 3 5 6 7 8 9", id="pieces"),
        pytest.param("1-3,2-5", "1 2 3 4 5", id="each once"),
        pytest.param("1-2x0.5", "1 1.5 2", id="fractional"),
    ],
)
def test_frames_are_given_out_in_the_order_asked_for(farm: FarmInMemory, text: str, expected: str) -> None:
    farm.submit(text)
    assert given_out(farm) == expected


@pytest.mark.parametrize(
    ("preview", "expected"),
    [
        pytest.param(None, "1 2 3 4 5 6 7 8 9 10", id="none"),
        pytest.param(0, "1 10 2 3 4 5 6 7 8 9", id="first and last"),
        pytest.param(4, "1 10 5 9 2 3 4 6 7 8", id="every fourth"),
    ],
)
def test_preview_frames_come_first(farm: FarmInMemory, preview: int | None, expected: str) -> None:
    farm.submit("1-10", preview=preview)
    assert given_out(farm) == expected


Change = Callable[[FarmInMemory, int], object]


def task_ids(farm: FarmInMemory, job: int, *frames: int) -> list[int]:
    return [task.id for task in farm.tasks(job) if task.frame in frames]


def set_preview(value: int | None) -> Change:
    return lambda farm, job: farm.jobs.change([job], {"preview": value})


def set_priority(value: int, *frames: int) -> Change:
    return lambda farm, job: farm.jobs.set_task_priority(task_ids(farm, job, *frames), value)


def set_frames(text: str) -> Change:
    return lambda farm, job: farm.jobs.set_frames(job, text)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param([set_preview(0)], "1 6 2 3 4 5", id="preview"),
        pytest.param([set_preview(2), set_preview(None)], "1 2 3 4 5 6", id="no preview after all"),
        pytest.param([set_priority(5, 4, 2)], "2 4 1 3 5 6", id="some first"),
        pytest.param([set_priority(-5, 1)], "2 3 4 5 6 1", id="one last"),
        pytest.param([set_priority(1, 3), set_preview(0)], "3 1 6 2 4 5", id="priority, then preview"),
        pytest.param(
            [set_priority(1, 3), set_frames("6-1")], "3 6 5 4 2 1", id="priority, then another order"
        ),
        pytest.param([set_preview(0), set_frames("2-5")], "2 5 3 4", id="preview, then another range"),
        pytest.param([set_priority(1, 3), set_frames("1-2"), set_frames("1-3")], "1 2 3", id="a new task"),
    ],
)
def test_what_is_changed_places_the_tasks_anew(
    farm: FarmInMemory, changes: list[Change], expected: str
) -> None:
    job = farm.submit("1-6")
    for change in changes:
        change(farm, job)
    assert given_out(farm) == expected


class TestAnotherRange:
    def test_what_is_there_is_kept(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-4", requeue=0)
        farm.jobs.mark_done(task_ids=task_ids(farm, job, 2))
        before = {task.frame: task.id for task in farm.tasks(job)}
        farm.jobs.set_frames(job, "2-6")
        after = {task.frame: task.id for task in farm.tasks(job)}
        assert [after[frame] for frame in (2, 3, 4)] == [before[frame] for frame in (2, 3, 4)]
        assert farm.states(job) == "dqqqq"

    def test_the_same_range_again_changes_nothing(self, farm: FarmInMemory) -> None:
        """PyFarm deletes all but one tile of each frame here (9.1, rule 3)."""
        job = farm.submit("1-3", job_type="tiled", num_tiles=3)
        before = [task.id for task in farm.tasks(job)]
        assert farm.jobs.set_frames(job, "1-3") == 0
        assert [task.id for task in farm.tasks(job)] == before
        assert len(before) == 9, "every tile is a task (rule 2)"

    @pytest.mark.parametrize("text", ["1-9", "2-3", "3-1"])
    def test_a_paused_job_stays_paused(self, farm: FarmInMemory, text: str) -> None:
        job = farm.submit("1-3", paused=True)
        farm.jobs.set_frames(job, text)
        assert farm.job(job).state is JobState.PAUSED

    def test_a_running_job_goes_on(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-3")
        farm.beat()
        farm.jobs.set_frames(job, "1-9")
        assert farm.job(job).state is JobState.RUNNING

    def test_a_frame_that_runs_is_stopped_and_goes_when_it_has_ended(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-3")
        farm.beat()
        farm.jobs.set_frames(job, "2-3")
        farm.beat()
        assert farm.runner.agents["a"].stopped == {farm.runner.tokens()[0]}
        with farm.database.reading() as session:
            first, *_, last = session.scalars(select(Task).where(Task.job_id == job).order_by(Task.position))
            assert (first.frame, last.frame, last.removed) == (2, 1, True), "it comes after all that stay"
        farm.runner.finish(farm.runner.tokens()[0])
        farm.results.take()
        assert [task.frame for task in farm.tasks(job)] == [2, 3]

    @pytest.mark.parametrize(
        ("values", "text", "words"),
        [
            pytest.param(
                {"job_type": "render", "data": {"scene": "s"}}, "1-2x0.5", "fractional frames", id="half"
            ),
            pytest.param({"job_type": "from zero"}, "-2-5", "frames below 0", id="negative"),
            pytest.param({}, "1-10x0", "no frame range", id="step 0"),
        ],
    )
    def test_frames_that_the_job_type_does_not_know_are_refused(
        self, farm: FarmInMemory, values: dict[str, Any], text: str, words: str
    ) -> None:
        job = farm.submit("1-3", **values)
        with pytest.raises(InvalidValue, match=words):
            farm.jobs.set_frames(job, text)
        with pytest.raises(InvalidValue, match=words):
            farm.submit(text, **values)
        assert len(farm.tasks(job)) == 3
