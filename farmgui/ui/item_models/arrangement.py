"""Which rows of a table are shown and by what they are placed, worked out for all of them in short steps."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import chain, islice
from typing import Final, Generic, TypeVar

from farmgui.ui.columns import Column
from farmgui.ui.item_models.order import Entry, Order

Row = TypeVar("Row")

STEP: Final = 250
"""Rows in one step: some half a millisecond."""


@dataclass(frozen=True, slots=True)
class Arrangement(Generic[Row]):
    """What a person asked for: a column to sort by (None: by the keys), its direction and a filter."""

    column: Column[Row] | None = None
    descending: bool = False
    accepts: Callable[[Row], bool] | None = None

    def order(self) -> Order:
        """An order in which nothing stands yet."""
        return Order(descending=self.descending and self.column is not None)

    def entry(self, key: Hashable, row: Row) -> Entry | None:
        """By what `row` is placed; None where it isn't shown."""
        if self.accepts is not None and not self.accepts(row):
            return None
        missing, value = (False, None) if self.column is None else self.column.key(row)
        return missing, value, key

    def entries(self, rows: Iterable[tuple[Hashable, Row]]) -> Iterator[Entry]:
        """By what those of `rows` are placed that are shown."""
        return (entry for key, row in rows if (entry := self.entry(key, row)) is not None)


def fill(order: Order, entries: Iterator[Entry]) -> Iterator[None]:
    """Put `entries` into `order`, which is empty, in steps."""
    present: list[list[Entry]] = []
    missing: list[list[Entry]] = []
    while part := list(islice(entries, STEP)):
        present.append(sorted((entry for entry in part if not entry[0]), reverse=order.descending))
        missing.append(sorted(entry for entry in part if entry[0]))
        yield
    whole = chain(merge(*present, reverse=order.descending), merge(*missing))
    while part := list(islice(whole, STEP)):
        order.entries += part
        yield
