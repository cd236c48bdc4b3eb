"""Sentences about the farm: amounts, names, and how many of whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_FEW: Final = 3


def ram_text(megabytes: int) -> str:
    """So much memory: "64 GB", or "1500 MB" where it's no whole number of them."""
    return f"{megabytes // 1024} GB" if megabytes and megabytes % 1024 == 0 else f"{megabytes} MB"


def counted(count: int, noun: str) -> str:
    """ "1 agent", "3 agents"."""
    plural = f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"


def some(names: Sequence[str], count: int | None = None) -> str:
    """The first of the names, and how many more there are: "a, b, c and 5 more"."""
    more = (len(names) if count is None else count) - len(names[:_FEW])
    text = ", ".join(names[:_FEW])
    return f"{text} and {more} more" if more > 0 else text


def none_of(count: int) -> str:
    """Whom nothing was found among."""
    return "no agent here" if count == 1 else f"none of {count} agents"
