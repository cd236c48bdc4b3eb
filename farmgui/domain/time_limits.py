"""How long a task may run or be silent, and what is said of one that went beyond."""

from __future__ import annotations

from typing import Final

_UNITS: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def overrun(ran: float, silent: float, *, timeout: float | None, silence_timeout: float | None) -> str | None:
    """Why a task has to end that has run and been silent for so many seconds; None where it may go on."""
    if timeout is not None and ran >= timeout:
        return f"It ran for {duration_words(timeout)}, the most that it may."
    if silence_timeout is not None and silent >= silence_timeout:
        return f"It wrote nothing for {duration_words(silence_timeout)}."
    return None


def duration_words(seconds: float) -> str:
    """A time span in its two largest units: "2 hours", "1 minute 30 seconds", "0.5 seconds"."""
    if seconds < 1:
        return f"{seconds:g} seconds"
    left = round(seconds)
    words: list[str] = []
    for size, name in _UNITS:
        count, left = divmod(left, size)
        if count:
            words.append(f"{count} {name}" if count == 1 else f"{count} {name}s")
    return " ".join(words[:2])
