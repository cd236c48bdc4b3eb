"""How exact statistics stay with age."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmgui.domain.thinning import TIERS, spans, stretch_of

NOW = datetime(2026, 11, 25, 14, 37, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        pytest.param(timedelta(minutes=15), datetime(2026, 11, 25, 14, 30, tzinfo=UTC), id="quarter"),
        pytest.param(timedelta(hours=1), datetime(2026, 11, 25, 14, tzinfo=UTC), id="hour"),
        pytest.param(timedelta(days=1), datetime(2026, 11, 25, tzinfo=UTC), id="day"),
    ],
)
def test_stretches_begin_where_a_clock_shows_it(width: timedelta, expected: datetime) -> None:
    assert stretch_of(NOW, width) == expected
    assert stretch_of(expected, width) == expected


def width_at(age: timedelta) -> timedelta | None:
    """To what width a row of that age is thinned; None: it isn't."""
    time = NOW - age
    found = [span.width for span in spans(NOW) if (span.begin or time) <= time < span.until]
    assert len(found) <= 1, "each row is thinned to one width"
    return found[0] if found else None


@pytest.mark.parametrize(
    ("age", "width"),
    [
        pytest.param(timedelta(hours=23), None, id="a day"),
        pytest.param(timedelta(days=1, minutes=16), timedelta(minutes=15), id="more than a day"),
        pytest.param(timedelta(days=6, hours=23), timedelta(minutes=15), id="a week"),
        pytest.param(timedelta(days=7, hours=2), timedelta(hours=1), id="more than a week"),
        pytest.param(timedelta(days=89), timedelta(hours=1), id="89 days"),
        pytest.param(timedelta(days=92), timedelta(days=1), id="more than 90 days"),
        pytest.param(timedelta(days=4000), timedelta(days=1), id="years"),
    ],
)
def test_the_older_the_wider(age: timedelta, width: timedelta | None) -> None:
    assert width_at(age) == width


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  hypothesis adds the zone
def test_only_whole_stretches_are_thinned(now: datetime) -> None:
    for span, tier in zip(spans(now), TIERS, strict=True):
        assert span.until <= now - tier.age
        assert stretch_of(span.until, span.width) == span.until
        if span.begin is not None:
            assert stretch_of(span.begin, span.width) == span.begin < span.until
