"""Pure answers about lists of keys: which ranges go and come between what is shown and what is wanted."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def runs(positions: Iterable[int]) -> list[tuple[int, int]]:
    """Ascending `positions` as ranges with both ends: 1, 2, 3, 7 gives (1, 3), (7, 7)."""
    found: list[tuple[int, int]] = []
    for position in positions:
        if found and position == found[-1][1] + 1:
            found[-1] = (found[-1][0], position)
        else:
            found.append((position, position))
    return found


def gone(shown: Sequence[Key], wanted: frozenset[Key] | set[Key]) -> list[tuple[int, int]]:
    """The ranges of `shown` that are not wanted any more."""
    return runs(position for position, key in enumerate(shown) if key not in wanted)


def come(shown: set[Key], wanted: Sequence[Key]) -> list[tuple[int, int]]:
    """The ranges of `wanted` that are not shown yet; inserting them in this order puts each at its place."""
    return runs(position for position, key in enumerate(wanted) if key not in shown)
