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
        pytest.param("1-10x2", "1 3 5 7 9", id="step"),
        pytest.param("1-10x3", "1 4 7 10", id="step that ends on the last"),
        pytest.param("10-1", "10 9 8 7 6 5 4 3 2 1", id="backwards"),
        pytest.param("10-1x2", "10 8 6 4 2", id="backwards in steps"),
        pytest.param("10-1x-2", "10 8 6 4 2", id="backwards in negative steps"),
        pytest.param("10-1x-3", "10 7 4 1", id="reversed"),
        pytest.param("1-10y3", "2 3 5 6 8 9", id="all but every third"),
        pytest.param("10-1y3", "9 8 6 5 3 2", id="all but every third, backwards"),
        pytest.param("1-10:4", "1 5 9 4 7 10 3 2 6 8", id="staggered"),
        pytest.param("1-8:4", "1 5 4 7 3 2 6 8", id="staggered, eight"),
        pytest.param("-2-2", "-2 -1 0 1 2", id="from a negative one"),
        pytest.param("-5--1", "-5 -4 -3 -2 -1", id="between negative ones"),
        pytest.param("-1--5x-2", "-1 -3 -5", id="between negative ones, backwards"),
        pytest.param("-3", "-3", id="a negative one"),
        pytest.param("1,3,5-9", "1 3 5 6 7 8 9", id="pieces"),
        pytest.param("1-3,2-5", "1 2 3 4 5", id="what overlaps comes once"),
        pytest.param("5,1-3,5", "5 1 2 3", id="where it is first asked for"),
        pytest.param("1-10x5,1-3", "1 6 2 3", id="steps, then the rest"),
        pytest.param("1-2x0.5", "1 1.5 2", id="fractional steps"),
        pytest.param("1.5-3", "1.5 2.5", id="from a fractional one"),
        pytest.param("2-1x-0.25", "2 1.75 1.5 1.25 1", id="fractional, backwards"),
        pytest.param("0.1-0.5x0.1", "0.1 0.2 0.3 0.4 0.5", id="tenths are exact"),
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
