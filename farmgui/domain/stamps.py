"""How a file's size and time are written in one word, to tell later whether it changed."""

from __future__ import annotations


def file_stamp(size: int, time_ns: int) -> str:
    """The stamp of a file of `size` bytes last changed at `time_ns` (nanoseconds since the epoch)."""
    return f"{size} {time_ns}"
