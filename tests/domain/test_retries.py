"""Retries, their waits, and when a job has failed too often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmgui.domain.retries import (
    has_failed_too_often,
    pause_reason,
    retry_reason,
    retry_wait,
    will_retry,
)


@pytest.mark.parametrize(
    ("failures", "requeue", "again"),
    [
        pytest.param(1, 0, False, id="0: never"),
        pytest.param(1, 1, True, id="once"),
        pytest.param(2, 1, False, id="once and no more"),
        pytest.param(3, 3, True, id="the third of three"),
        pytest.param(4, 3, False, id="after three"),
        pytest.param(10**6, -1, True, id="-1: for ever"),
    ],
)
def test_will_retry(failures: int, requeue: int, again: bool) -> None:
    assert will_retry(failures, requeue) is again


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(1, 5), (2, 10), (3, 20), (4, 40), (5, 80), (6, 160), (7, 300), (8, 300), (1000, 300)],
)
def test_each_wait_is_twice_the_one_before_up_to_five_minutes(failures: int, seconds: int) -> None:
    assert retry_wait(failures) == timedelta(seconds=seconds)


@given(st.integers(-5, 10**9))
def test_a_wait_is_never_shorter_than_the_one_before(failures: int) -> None:
    assert timedelta(seconds=5) <= retry_wait(failures) <= retry_wait(failures + 1) <= timedelta(minutes=5)


def test_the_reason_tells_the_time() -> None:
    at = datetime(2026, 11, 25, 22, 41, 5, tzinfo=UTC)
    assert retry_reason(at) == "a failed task is tried again at 22:41:05"


@pytest.mark.parametrize(
    ("failures", "most", "too_often"),
    [
        pytest.param(1000, None, False, id="no limit"),
        pytest.param(19, 20, False, id="one less"),
        pytest.param(20, 20, True, id="as many"),
        pytest.param(21, 20, True, id="more"),
        pytest.param(0, 0, False, id="none yet"),
        pytest.param(1, 0, True, id="none allowed"),
    ],
)
def test_too_often(failures: int, most: int | None, too_often: bool) -> None:
    assert has_failed_too_often(failures, most) is too_often


@pytest.mark.parametrize(
    ("failures", "most", "frame", "words"),
    [
        pytest.param(
            20,
            20,
            "12",
            "paused after 20 failures, the most that it may have. "
            "Look at the log of frame 12, then rerun its failed frames or resume it.",
            id="as many",
        ),
        pytest.param(
            1,
            1,
            "1.5",
            "paused after 1 failure, the most that it may have. Look at the log of frame 1.5",
            id="one",
        ),
        pytest.param(
            23, 20, "7", "paused after 23 failures, more than the 20 that it may have. ", id="several at once"
        ),
    ],
)
def test_why_it_is_paused(failures: int, most: int, frame: str, words: str) -> None:
    assert pause_reason(failures, most, Decimal(frame)).startswith(words)
