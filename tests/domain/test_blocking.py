"""Which tasks wait for which other ones."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest

from farmgui.domain.blocking import holds_back, is_blocked, is_stuck, waited_for
from farmgui.domain.counts import TaskCounts, job_state
from farmgui.domain.states import JobState, TaskState

QUEUED, RUNNING, DONE, FAILED = TaskState.QUEUED, TaskState.RUNNING, TaskState.DONE, TaskState.FAILED


@dataclass(frozen=True)
class OneTask:
    frame: Decimal = Decimal(1)
    tile: int | None = None
    state: TaskState = QUEUED
    marked: bool = False
    removed: bool = False


@pytest.mark.parametrize(
    ("task", "holds"),
    [
        pytest.param(OneTask(state=QUEUED), True, id="queued"),
        pytest.param(OneTask(state=TaskState.ASSIGNED), True, id="assigned"),
        pytest.param(OneTask(state=RUNNING), True, id="running"),
        pytest.param(OneTask(state=DONE), False, id="done"),
        pytest.param(OneTask(state=DONE, marked=True), False, id="marked done"),
        pytest.param(OneTask(state=FAILED), True, id="failed"),
        pytest.param(OneTask(state=FAILED, marked=True), False, id="marked failed"),
        pytest.param(OneTask(state=RUNNING, removed=True), False, id="left the range"),
    ],
)
def test_what_holds_back(task: OneTask, holds: bool) -> None:
    assert holds_back(task) is holds
    assert is_blocked(OneTask(), [OneTask(state=DONE), task]) is holds


@pytest.mark.parametrize("state", [RUNNING, DONE, FAILED, TaskState.ASSIGNED])
def test_only_queued_tasks_are_blocked(state: TaskState) -> None:
    assert not is_blocked(OneTask(state=state), [OneTask()])


def places(tasks: list[OneTask]) -> list[tuple[int, int | None]]:
    return [(int(task.frame), task.tile) for task in tasks]


def frames(*numbers: int, tiles: int | None = None, assembled: bool = False) -> list[OneTask]:
    kinds = [None] if tiles is None else [*range(tiles), *([None] if assembled else [])]
    return [OneTask(Decimal(number), tile) for number in numbers for tile in kinds]


def test_an_assembly_waits_for_the_tiles_of_its_frame_alone() -> None:
    own = frames(1, 2, tiles=2, assembled=True)
    assert places(list(waited_for(own[2], 2, own, frames(1, 2)))) == [(1, 0), (1, 1)]


def test_a_tile_waits_for_all_of_the_parents_frame() -> None:
    own, parents = frames(1, 2, tiles=2), frames(1, 2, tiles=2, assembled=True)
    assert places(list(waited_for(own[2], 2, own, parents))) == [(2, 0), (2, 1), (2, None)]


def test_a_frame_without_tiles_waits_for_parents_not_for_its_own_job() -> None:
    own = frames(1, 2, 3)
    assert places(list(waited_for(own[2], None, own, frames(1, 2)))) == []
    assert places(list(waited_for(own[1], None, own, frames(1, 2)))) == [(2, None)]


@pytest.mark.parametrize(
    ("tasks", "stuck"),
    [
        pytest.param([OneTask(tile=0, state=FAILED), OneTask()], True, id="only the assembly is left"),
        pytest.param([OneTask(tile=0, state=FAILED), OneTask(tile=1), OneTask()], False, id="a tile is left"),
        pytest.param([OneTask(tile=0, state=FAILED), OneTask(state=RUNNING)], False, id="one is at work"),
        pytest.param([OneTask(tile=0, state=DONE), OneTask(state=DONE)], False, id="nothing is left"),
    ],
)
def test_stuck(tasks: list[OneTask], stuck: bool) -> None:
    assert is_stuck(tasks, 2) is stuck


@pytest.mark.parametrize("current", list(JobState))
def test_a_stuck_job_has_failed(current: JobState) -> None:
    assert job_state(current, TaskCounts(queued=1, done=1, failed=1), stuck=True) is JobState.FAILED
