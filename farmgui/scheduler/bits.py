"""Sets as the bits of an integer: what two of them share is one operation, however many members they have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

ALL: Final = -1
"""The set that has every member."""


def members(mask: int) -> Iterator[int]:
    """The numbers of the bits of `mask`, which is no complement, in rising order."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def flip(masks: dict[int, int], key: int, bit: int) -> None:
    """Put `bit` into the set of `key`, or take it out; a set without members is dropped."""
    mask = masks.get(key, 0) ^ bit
    if mask:
        masks[key] = mask
    else:
        del masks[key]
