"""Reads a program's output line by line: progress, frames that begin and are done, warnings, errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from farmgui.domain.orders import Patterns

_LONGEST_LINE: Final = 2000
"""Bytes of a line that are read for patterns; the log has all of it."""
_LONGEST_PART: Final = 2**16
"""Bytes that are held back for the end of their line."""
_LINE_END: Final = re.compile(rb"\r\n|\n|\r")


class BadPattern(Exception):
    """A pattern of the job type is no regular expression; the text is a sentence."""


class LineSplitter:
    """Splits bytes into lines as they come; `\\r` ends a line too, as progress bars write it."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes, each with its end."""
        data = self._held + data
        lines: list[bytes] = []
        start = 0
        for match in _LINE_END.finditer(data):
            if match.group() == b"\r" and match.end() == len(data):
                break  # Its \n may be the next byte.
            lines.append(data[start : match.end()])
            start = match.end()
        self._held = data[start:]
        if len(self._held) > _LONGEST_PART:
            lines.append(self._held)
            self._held = b""
        return lines

    def rest(self) -> list[bytes]:
        """What came after the last line end, as a line."""
        held, self._held = self._held, b""
        return [held] if held else []


@dataclass(frozen=True, slots=True)
class Line:
    """What a line says. `begins` and `ends` are a frame by its name, or "" for "the one that is at work"."""

    text: str
    progress: float | None = None
    begins: str | None = None
    ends: str | None = None
    is_warning: bool = False
    is_error: bool = False


class LineReader:
    """Applies a job type's patterns to lines."""

    def __init__(self, patterns: Patterns) -> None:
        """Raises BadPattern."""
        self._progress = _compiled("progress", patterns.progress)
        self._frame = _compiled("frame", patterns.frame)
        self._done = _compiled("done", patterns.done)
        self._warning = _compiled("warning", patterns.warning)
        self._error = _compiled("error", patterns.error)
        self.reads_frames = self._frame is not None
        self.reads_done = self._done is not None
        self.reads_anything = patterns != Patterns()

    def read(self, line: bytes) -> Line:
        """What `line` says. Bytes that are no UTF-8 are read as replacement characters."""
        text = line[:_LONGEST_LINE].decode("utf-8", "replace").rstrip()
        progress = _search(self._progress, text)
        begins = _search(self._frame, text)
        ends = _search(self._done, text)
        return Line(
            text,
            progress=None if progress is None else _fraction(progress.groupdict()),
            begins=None if begins is None else frame_name(begins.groupdict().get("frame")),
            ends=None if ends is None else frame_name(ends.groupdict().get("frame")),
            is_warning=_search(self._warning, text) is not None,
            is_error=_search(self._error, text) is not None,
        )


def frame_name(text: str | None) -> str:
    """A frame's name in one form, whatever zeros it is written with: "0007" is "7"; "" for none."""
    if not text:
        return ""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if not number.is_finite():
        return text
    return str(int(number)) if number == number.to_integral_value() else f"{number.normalize():f}"


def _compiled(name: str, pattern: str | None) -> re.Pattern[str] | None:
    if pattern is None:
        return None
    try:
        return re.compile(pattern)
    except re.error as error:
        raise BadPattern(f'The job type\'s pattern "{name}" is no regular expression: {error}.') from error


def _search(pattern: re.Pattern[str] | None, text: str) -> re.Match[str] | None:
    return None if pattern is None else pattern.search(text)


def _fraction(groups: Mapping[str, str | None]) -> float | None:
    """Progress from 0 to 1 by the groups percent, fraction, or part and whole."""
    try:
        if groups.get("percent"):
            value = float(groups["percent"] or 0) / 100
        elif groups.get("fraction"):
            value = float(groups["fraction"] or 0)
        else:
            value = float(groups.get("part") or "") / float(groups.get("whole") or "")
    except (ValueError, ZeroDivisionError):
        return None
    return min(max(value, 0.0), 1.0)
