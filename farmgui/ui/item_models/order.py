"""The order of rows in a table: what stands where, and where a row belongs, without asking all of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Any

Entry = tuple[bool, Any, Any]
"""What a row is placed by: whether it has no value, its sort key, and its own key, which makes it unique."""


class Order:
    """Entries in the order shown: those without a value last, whichever way the others are sorted."""

    def __init__(self, *, descending: bool = False) -> None:
        self.descending = descending
        self.entries: list[Entry] = []

    def __len__(self) -> int:
        return len(self.entries)

    def sorted(self, entries: Iterable[Entry]) -> list[Entry]:
        """`entries` in this order."""
        if not self.descending:
            return sorted(entries)
        present = sorted((entry for entry in entries if not entry[0]), reverse=True)
        return present + sorted(entry for entry in entries if entry[0])

    def place(self, entry: Entry, among: Sequence[Entry] | None = None) -> int:
        """Where `entry` is, or belongs, among those shown (or others in this order)."""
        entries = self.entries if among is None else among
        if not self.descending:
            return bisect_left(entries, entry)
        # Downwards the entries are no ascending list: what ascends is whether a place lies behind.
        behind = self._without_value(entries, entry) if entry[0] else self._with_value(entries, entry)
        return bisect_left(range(len(entries)), 1, key=behind)

    @staticmethod
    def _with_value(entries: Sequence[Entry], entry: Entry) -> Callable[[int], bool]:
        return lambda at: entries[at][0] or entries[at] <= entry

    @staticmethod
    def _without_value(entries: Sequence[Entry], entry: Entry) -> Callable[[int], bool]:
        return lambda at: entries[at][0] and entries[at] >= entry

    def fits(self, place: int, entry: Entry) -> bool:
        """Whether `entry` may stand at `place`, between its neighbours as they are."""
        after = place == 0 or self._before(self.entries[place - 1], entry)
        return after and (place + 1 >= len(self.entries) or self._before(entry, self.entries[place + 1]))

    def _before(self, one: Entry, other: Entry) -> bool:
        if not self.descending or one[0] or other[0]:
            return one < other
        return one > other
