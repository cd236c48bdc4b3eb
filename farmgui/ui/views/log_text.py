"""From the bytes of a log to lines that are safe to show: decoded, without control characters."""

from __future__ import annotations

import codecs
import re
from enum import StrEnum
from typing import Final

_ESCAPES: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_UNFINISHED: Final = re.compile(r"(?:\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*)?|\r)\Z")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029]")
_LONGEST_LINE: Final = 4000
_TOO_LONG: Final = re.compile(rf"[^\n]{{{_LONGEST_LINE}}}(?=[^\n])")

_ERROR: Final = re.compile(
    r"\b(?:\w*error|\w*exception|traceback|fatal|failed|failure|segmentation fault|killed|"
    r"out of memory|no such file|not found|abort(?:ed)?)\b",
    re.IGNORECASE,
)
_NO_ERROR: Final = re.compile(
    r"\b(?:0|no) (?:errors?|failures?|failed)\b|\berrors?[:=] ?0\b|\bfailed[:=] ?0\b", re.IGNORECASE
)
_WARNING: Final = re.compile(r"\bwarn(?:ing)?s?\b", re.IGNORECASE)


class LineKind(StrEnum):
    """What a line of a log tells, as far as its words go."""

    PLAIN = "plain"
    WARNING = "warning"
    ERROR = "error"


class LogDecoder:
    """Turns chunks that follow each other into text; what a chunk leaves unfinished waits for the next."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, data: bytes, *, final: bool = False) -> str:
        """The text of `data`: progress that rewrites its line becomes lines, colours and bells go."""
        text = self._rest + self._decoder.decode(data, final)
        self._rest = ""
        unfinished = _UNFINISHED.search(text)
        if unfinished is not None and not final and len(unfinished.group()) < 200:
            self._rest = unfinished.group()
            text = text[: unfinished.start()]
        return clean(text)


def clean(text: str) -> str:
    """`text` with plain line ends, without control characters, and with very long lines broken."""
    text = _ESCAPES.sub("", text)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _TOO_LONG.sub(lambda match: match.group() + "\n", _CONTROLS.sub("", text))


def from_line_start(data: bytes, offset: int) -> tuple[int, bytes]:
    """A chunk without the rest of a line that it begins with, unless it begins the log or is one line."""
    if offset == 0:
        return offset, data
    end = data.find(b"\n")
    if end < 0 or end == len(data) - 1:
        return offset, data
    return offset + end + 1, data[end + 1 :]


def line_kind(line: str) -> LineKind:
    """Whether a line looks like an error or a warning."""
    if _ERROR.search(line) and not _NO_ERROR.search(line):
        return LineKind.ERROR
    return LineKind.WARNING if _WARNING.search(line) else LineKind.PLAIN
