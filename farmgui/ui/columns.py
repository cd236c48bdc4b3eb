"""What a column of a table is: data, so that adding one is one line and nobody counts columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

Row = TypeVar("Row")


class Align(StrEnum):
    """Where a cell's text stands: numbers to the right, everything else to the left."""

    LEFT = "left"
    RIGHT = "right"


class Paint(StrEnum):
    """What paints a column's cells."""

    TEXT = "text"
    STATE = "state"
    PROGRESS = "progress"


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column over rows of one kind.

    `text` is what is painted. `sort` gives a key that compares with those of other rows (None sorts
    last when ascending); without it the text's lower case is the key. `value` is what a delegate
    and an editor get; without it, the text.
    """

    id: str
    title: str
    text: Callable[[Row], str]
    value: Callable[[Row], object] | None = None
    sort: Callable[[Row], Any] | None = None
    tip: Callable[[Row], str] | None = None
    about: str = ""
    """What the column shows, as the header's tool tip."""
    align: Align = Align.LEFT
    width: int = 100
    shown: bool = True
    descending: bool = False
    """A first click on the header sorts downwards."""
    live: bool = False
    """The text changes with the clock while the row is at work."""
    edit: str | None = None
    """The name of the value that can be changed in the table."""
    paint: Paint = Paint.TEXT
    tint: Callable[[Row], str] | None = None
    """The name of the text's colour, a field of `palette.Colours`; "" for the usual one."""

    def key(self, row: Row) -> tuple[bool, Any]:
        """The sort key of `row`."""
        key = self.text(row).casefold() if self.sort is None else self.sort(row)
        return key is None, key
