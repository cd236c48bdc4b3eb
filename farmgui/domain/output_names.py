"""The names of the files that frames leave: a pattern with a run of # for the frame's number."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache


def split_number(path: str) -> tuple[str, str, str]:
    """`path` before its last run of #, that run, and the rest; without one, its folder, "" and its name."""
    end = path.rfind("#") + 1
    if end:
        before = path[:end].rstrip("#")
        return before, path[len(before) : end], path[end:]
    name = max(path.rfind("/"), path.rfind("\\")) + 1
    return path[:name], "", path[name:]


def hashes(path: str, frame: Decimal) -> str:
    """`path` with its last run of # replaced by the frame, padded to its length; as it is without one."""
    before, number, after = split_number(path)
    return f"{before}{_padded(frame, len(number))}{after}" if number else path


@lru_cache(maxsize=4096)
def plain_number(frame: Decimal) -> int | Decimal:
    """The frame as a whole number where it is one."""
    return int(frame) if frame == frame.to_integral_value() else frame.normalize()


def _padded(frame: Decimal, width: int) -> str:
    number = plain_number(frame)
    if isinstance(number, int):
        return f"-{-number:0{width}d}" if number < 0 else f"{number:0{width}d}"
    whole, _, rest = f"{number:f}".partition(".")
    return f"{whole.zfill(width)}.{rest}"
