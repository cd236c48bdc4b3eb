"""The lead's periodic work by name, and how often each may be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from farmgui.domain.errors import InvalidValue

_MINUTE: Final = 60.0
_HOUR: Final = 3600.0
_DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Period:
    """One kind of work and its period in seconds."""

    name: str
    title: str
    seconds: float
    """Unless another period is set."""
    least: float = 1.0
    most: float = _DAY


PERIODS: Final = (
    Period("notices", "Send notices", 5, most=_HOUR),
    Period("deletion", "Remove deleted jobs", 5, most=_HOUR),
    Period("autodelete", "Delete done jobs whose time is over", _MINUTE, 10),
    Period("compression", "Compress old logs", 10 * _MINUTE, _MINUTE),
    Period("orphans", "Remove logs that belong to no job", _HOUR, _MINUTE, 7 * _DAY),
    Period("thinning", "Thin out statistics and events", _HOUR, _MINUTE, 7 * _DAY),
    Period("agent count", "Count agents", 15 * _MINUTE, _MINUTE),
    Period("task count", "Count tasks", 15 * _MINUTE, _MINUTE),
)


def check_period(period: Period, seconds: float) -> float:
    """`seconds` where that is a sensible period; raises InvalidValue."""
    if not period.least <= seconds <= period.most:
        raise InvalidValue(
            f"{period.title}: every {seconds:g} s is not possible. "
            f"Write a number from {period.least:g} to {period.most:g}."
        )
    return seconds


def periods(chosen: Mapping[str, float]) -> dict[str, float]:
    """The period of each work: the chosen one where it makes sense, else the usual one."""
    known: dict[str, float] = {}
    for period in PERIODS:
        seconds = chosen.get(period.name, period.seconds)
        known[period.name] = seconds if period.least <= seconds <= period.most else period.seconds
    return known
