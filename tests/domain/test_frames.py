"""Frame ranges: what is understood, what is refused, and the way back to text."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmgui.domain.errors import InvalidValue
from farmgui.domain.frames import frame_text, frames_text, parse_frames


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("5", "5", id="one"),
        pytest.param("1-5", "1 2 3 4 5", id="range"),
        pytest.param("1-10x3", "1 4 7 10", id="step"),
        pytest.param("10-1x-3", "10 7 4 1", id="reversed"),
        pytest.param("1-10y3", "2 3 5 6 8 9", id="all but every third"),
        pytest.param("1-8:4", "1 5 4 7 3 2 6 8", id="staggered"),
        pytest.param("-2-2", "-2 -1 0 1 2", id="negative"),
        pytest.param("1-2x0.5", "1 1.5 2", id="fractional"),
        pytest.param(" 1-3 , 7,2 ", "1 2 3 7", id="each once, in the order asked for"),
    ],
)
def test_understood(text: str, expected: str) -> None:
    assert [frame_text(frame) for frame in parse_frames(text)] == expected.split()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "No frames are given", id="empty"),
        pytest.param("abc", "no frame range", id="letters"),
        pytest.param("1-10x0", "no frame range", id="step 0"),
        pytest.param("1-2-3", "no frame range", id="three numbers"),
        pytest.param("1-1000001", "more than 1,000,000", id="one too many"),
        pytest.param("1-99999999999", "more than 1,000,000", id="far too many"),
        pytest.param("1-2x0.0000001", "more than 1,000,000", id="too fine"),
        pytest.param("x" * 5000, "no frame range", id="long"),
    ],
)
def test_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(InvalidValue, match=words) as refused:
        parse_frames(text)
    assert len(str(refused.value)) < 200


@given(st.lists(st.integers(-5000, 5000), min_size=1, max_size=60, unique=True))
def test_text_of_frames_reads_back(frames: list[int]) -> None:
    wanted = [Decimal(frame) for frame in frames]
    assert sorted(parse_frames(frames_text(wanted))) == sorted(wanted)


def test_text_of_fractional_frames_reads_back() -> None:
    wanted = parse_frames("1-3x0.25")
    assert parse_frames(frames_text(wanted)) == wanted
