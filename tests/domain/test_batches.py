"""Which tasks make a batch: the observed results of PyFarm 2.5."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest

from farmgui.domain.batches import batch_limit, can_use_more_agents, pick


@dataclass(frozen=True)
class Task:
    frame: Decimal
    tile: int | None = None


def tasks(*frames: str) -> list[Task]:
    return [Task(Decimal(frame)) for frame in frames]


@pytest.mark.parametrize(
    ("frames", "limit", "by", "contiguous", "expected"),
    [
        pytest.param("1 2 3 4 5", 4, "1", True, "1 2 3 4", id="limit"),
        pytest.param("1 2 4 5", 4, "1", True, "1 2", id="a gap ends a contiguous batch"),
        pytest.param("1 2 4 5", 4, "1", False, "1 2 4 5", id="not otherwise"),
        pytest.param("1 3 5 7 9", 5, "2", True, "1 3 5 7 9", id="contiguous by the step"),
        pytest.param("1 1.5 2", 3, "0.5", True, "1 1.5 2", id="fractional"),
        pytest.param("", 3, "1", True, "", id="nothing queued"),
    ],
)
def test_pick(frames: str, limit: int, by: str, contiguous: bool, expected: str) -> None:
    picked = pick(tasks(*frames.split()), limit, Decimal(by), contiguous=contiguous)
    assert picked == tasks(*expected.split())


def test_a_contiguous_batch_holds_one_tile_of_consecutive_frames() -> None:
    tiled = [Task(Decimal(frame), tile) for frame in (1, 2, 3) for tile in (0, 1)]
    picked = pick(tiled, 4, Decimal(1), contiguous=True)
    assert [(int(task.frame), task.tile) for task in picked] == [(1, 0), (2, 0), (3, 0)]


@pytest.mark.parametrize(
    ("batch", "most", "expected"),
    [
        pytest.param(4, None, 4, id="of any length"),
        pytest.param(4, 10, 4, id="the job's"),
        pytest.param(4, 1, 1, id="the job type's"),
    ],
)
def test_the_most_tasks_of_a_batch(batch: int, most: int | None, expected: int) -> None:
    assert batch_limit(batch, most) == expected


@pytest.mark.parametrize(
    ("queued", "blocked", "expected"),
    [
        pytest.param(0, 0, False, id="nothing queued"),
        pytest.param(3, 2, True, id="one waits for an agent only"),
        pytest.param(2, 2, False, id="all wait for other tasks"),
    ],
)
def test_whether_a_job_can_use_an_agent_more(queued: int, blocked: int, expected: bool) -> None:
    assert can_use_more_agents(queued, blocked) is expected
