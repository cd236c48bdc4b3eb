"""The order in which tasks are offered: priority, then preview, then the range as it was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmgui.domain.frames import parse_frames
from farmgui.domain.offering import LAST, place_of, positions


def offered(frames: Sequence[Decimal], preview: int | None, priorities: Sequence[int]) -> list[str]:
    """The frames in the order in which they are offered."""
    order = positions(frames, preview, priorities)
    return [str(frame) for _, frame in sorted(zip(order, frames, strict=True))]


@pytest.mark.parametrize(
    ("text", "preview", "priority", "expected"),
    [
        pytest.param("1-5", None, {}, "1 2 3 4 5", id="as asked for"),
        pytest.param("5-1", None, {}, "5 4 3 2 1", id="backwards as asked for"),
        pytest.param("3,1,2", None, {}, "3 1 2", id="in any order"),
        pytest.param("1-5", 0, {}, "1 5 2 3 4", id="first and last"),
        pytest.param("1-10", 4, {}, "1 10 5 9 2 3 4 6 7 8", id="every fourth"),
        pytest.param("1-9", 4, {}, "1 9 5 2 3 4 6 7 8", id="the last is a fourth one"),
        pytest.param("1-4", 1, {}, "1 4 2 3", id="every one"),
        pytest.param("1-5", 100, {}, "1 5 2 3 4", id="farther apart than there are frames"),
        pytest.param("7", 0, {}, "7", id="one frame is first and last"),
        pytest.param("10-1x-3", 2, {}, "10 1 4 7", id="counted in frames, not in numbers"),
        pytest.param("1-5", None, {4: 1, 2: -1}, "4 1 3 5 2", id="higher priorities first"),
        pytest.param("1-5", 0, {3: 1000, 1: -1000}, "3 5 2 4 1", id="priority before preview"),
    ],
)
def test_order(text: str, preview: int | None, priority: dict[int, int], expected: str) -> None:
    frames = parse_frames(text)
    priorities = [priority.get(int(frame), 0) for frame in frames]
    assert offered(frames, preview, priorities) == expected.split()


def test_the_tiles_of_a_preview_frame_come_together() -> None:
    frames = [Decimal(frame) for frame in (1, 1, 2, 2, 3, 3)]
    assert offered(frames, 0, [0] * 6) == ["1", "1", "3", "3", "2", "2"]


def test_without_preview_and_priority_it_is_the_place() -> None:
    assert positions([Decimal(3), Decimal(1)], None, [0, 0]) == [0, 1]


PRIORITIES = st.integers(-1000, 1000)


@given(st.lists(st.tuples(st.integers(-50, 50), PRIORITIES), max_size=60), st.none() | st.integers(0, 20))
def test_general_rules(tasks: list[tuple[int, int]], preview: int | None) -> None:
    frames = [Decimal(frame) for frame, _ in tasks]
    priorities = [priority for _, priority in tasks]
    order = positions(frames, preview, priorities)
    assert [place_of(position) for position in order] == list(range(len(tasks)))
    assert all(abs(position) < LAST for position in order)
    for position, priority in zip(order, priorities, strict=True):
        assert all(
            position < other for other, lower in zip(order, priorities, strict=True) if lower < priority
        ), "a higher priority comes first"
