"""How the window writes times, durations, memory and numbers of things."""

from __future__ import annotations

import html
from collections.abc import Iterable
from datetime import UTC, datetime


def duration(seconds: float | None) -> str:
    """Seconds as people say them, two units at most: "4.2 s", "3 min 20 s", "2 h 05 min", "3 d 4 h"."""
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def runtime(started: datetime | None, finished: datetime | None, now: datetime | None = None) -> float | None:
    """Seconds between the two, or until `now` while it runs; None before it has started."""
    if started is None:
        return None
    return ((finished or now or datetime.now(UTC)) - started).total_seconds()


def when(moment: datetime | None, now: datetime | None = None) -> str:
    """A moment in local time, as short as is clear: "14:03:22" today, "12 Jun 14:03", "12 Jun 2025"."""
    if moment is None:
        return ""
    local = moment.astimezone()
    today = (now or datetime.now(UTC)).astimezone()
    if local.date() == today.date():
        return f"{local:%H:%M:%S}"
    if local.year == today.year:
        return f"{local.day} {local:%b %H:%M}"
    return f"{local.day} {local:%b %Y}"


def moment(value: datetime | None) -> str:
    """A moment in local time, in full, for tool tips."""
    return "" if value is None else f"{value.astimezone():%Y-%m-%d %H:%M:%S}"


def memory(mb: int | None) -> str:
    """MB as "512 MB" or "15.6 GB"."""
    if mb is None:
        return ""
    return f"{mb} MB" if mb < 1024 else f"{mb / 1024:.1f} GB"


def number(count: int) -> str:
    """A count with separators: "20,000"."""
    return f"{count:,}"


def many(count: int, one: str, more: str | None = None) -> str:
    """A count of things: "1 job", "3 jobs"; `more` where the plural isn't `one` with an s."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def listed(items: Iterable[str], most: int = 3) -> str:
    """Some names of many: "a, b, c and 4 more"."""
    names = list(items)
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def one_line(text: str | None, length: int = 300) -> str:
    """A text that came from a log or a person, safe for one line of a table."""
    if not text:
        return ""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def plain_tip(text: str) -> str:
    """`text` for a tool tip, which Qt would otherwise read as HTML where it looks like it."""
    return f"<p style='white-space:pre-wrap'>{html.escape(text)}</p>" if "<" in text else text
