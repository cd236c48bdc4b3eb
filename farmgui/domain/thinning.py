"""How exact statistics stay as they age: the older, the fewer rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Tier:
    """From this `age` on, one row is kept for each stretch of time that is `width` long."""

    age: timedelta
    width: timedelta


TIERS: Final = (
    Tier(timedelta(days=1), timedelta(minutes=15)),
    Tier(timedelta(days=7), timedelta(hours=1)),
    Tier(timedelta(days=90), timedelta(days=1)),
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def stretch_of(time: datetime, width: timedelta) -> datetime:
    """The beginning of the stretch of `width` that `time` is in; stretches are counted from 1970 on."""
    return time - (time - _EPOCH) % width


@dataclass(frozen=True, slots=True)
class Span:
    """What is to be thinned to one `width`: from `begin` (None: from the first on) until before `until`."""

    begin: datetime | None
    until: datetime
    width: timedelta


def spans(now: datetime) -> tuple[Span, ...]:
    """What is to be thinned at `now`, the newest first.

    Only whole stretches are thinned, so that none is thinned twice to one width.
    """
    until = [stretch_of(now - tier.age, tier.width) for tier in TIERS]
    begins: list[datetime | None] = [*until[1:], None]
    return tuple(Span(begin, end, tier.width) for begin, end, tier in zip(begins, until, TIERS, strict=True))
