"""How long tasks take, and how many short ones an agent is given at once."""

from __future__ import annotations

import pytest

from farmgui.domain.runtimes import MOST_IN_HAND, smoothed, smoothed_spread, tasks_in_hand


@pytest.mark.parametrize(
    ("mean", "seconds", "expected"),
    [
        pytest.param(None, [], None, id="nothing measured"),
        pytest.param(2.0, [], 2.0, id="nothing new"),
        pytest.param(None, [1.0, 3.0], 2.0, id="the first"),
        pytest.param(1.0, [9.0], 2.0, id="one counts an eighth"),
        pytest.param(1.0, [9.0] * 8, 9.0, id="eight replace it"),
    ],
)
def test_smoothed(mean: float | None, seconds: list[float], expected: float | None) -> None:
    assert smoothed(mean, seconds) == expected


@pytest.mark.parametrize(
    ("spread", "mean", "seconds", "expected"),
    [
        pytest.param(None, None, [], None, id="nothing measured"),
        pytest.param(None, None, [3.0], None, id="one tells nothing"),
        pytest.param(None, None, [1.0, 3.0], 1.0, id="the first two"),
        pytest.param(None, 4.0, [6.0], 2.0, id="the second alone"),
        pytest.param(2.0, 4.0, [4.0], 1.75, id="one counts an eighth"),
        pytest.param(2.0, 4.0, [3.0, 5.0] * 4, 1.0, id="eight replace it"),
        pytest.param(2.0, 4.0, [], 2.0, id="nothing new"),
    ],
)
def test_smoothed_spread(
    spread: float | None, mean: float | None, seconds: list[float], expected: float | None
) -> None:
    assert smoothed_spread(spread, mean, seconds) == expected


@pytest.mark.parametrize(
    ("batch", "seconds", "expected"),
    [
        pytest.param(1, None, 1, id="not measured yet"),
        pytest.param(1, 60.0, 1, id="frames of a minute"),
        pytest.param(1, 0.25, 1, id="a quarter of a second"),
        pytest.param(1, 0.1, 2, id="short"),
        pytest.param(5, 0.1, 5, id="never less than the batch"),
        pytest.param(1, 0.0, MOST_IN_HAND, id="no time at all"),
    ],
)
def test_tasks_in_hand(batch: int, seconds: float | None, expected: int) -> None:
    assert tasks_in_hand(batch, seconds) == expected
