"""Which tasks make a batch: the observed results of PyFarm 2.5."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest

from farmgui.scheduler.batching import pick


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
