"""Reads one attempt's log in parts, off the GUI thread: its end first, then what is added or before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from farmgui.domain.snapshots import LogChunk
from farmgui.ui.background import Background, Lane, Outcome
from farmgui.ui.views.log_text import LogDecoder, clean, from_line_start

if TYPE_CHECKING:
    from farmgui.services.farm import Farm

CHUNK: Final = 262_144
"""Bytes that are read at a time."""
_MOST_BEHIND: Final = 1_048_576
"""Further behind than this, reading jumps to the end."""
_MOST_HELD: Final = 16_777_216
"""Bytes that are held at most; reading back ends there."""


class LogReader(QObject):
    """What the log of `attempt_id` says, as signals; text of an attempt that was left is dropped."""

    began = Signal(str)
    """The end of the log: it replaces what was shown."""
    came = Signal(str)
    """What was added."""
    earlier = Signal(str)
    """What is before the beginning of what was shown."""
    failed = Signal(str)

    def __init__(self, farm: Farm, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._farm = farm
        self._background = background
        self._attempt: int | None = None
        self._visit = 0
        self._busy = False
        self._fresh = True
        self._first = self._end = 0
        self._decoder = LogDecoder()

    def open(self, attempt_id: int | None) -> None:
        """Begin with another attempt, at the end of its log."""
        self._attempt = attempt_id
        self._visit += 1
        self._busy, self._fresh = False, True
        self._first = self._end = 0
        self.poll()

    def has_earlier(self) -> bool:
        """Whether the log has more before what is shown, and there is room for it."""
        return self._first > 0 and self._end - self._first < _MOST_HELD

    def poll(self) -> None:
        """Read what was added, or the end where nothing was read yet."""
        if not self._fresh and self._end - self._first > _MOST_HELD:
            self._fresh = True
        if self._fresh:
            self._read(None, CHUNK, self._take_end)
        else:
            self._read(self._end, CHUNK, self._take_more)

    def read_earlier(self) -> None:
        """Read the part before what is shown."""
        if self.has_earlier() and not self._fresh:
            start = max(0, self._first - CHUNK)
            self._read(start, self._first - start, self._take_earlier)

    def _read(self, offset: int | None, limit: int, take: object) -> None:
        attempt, visit, logs = self._attempt, self._visit, self._farm.logs
        if attempt is None or self._busy:
            return
        self._busy = True

        def done(outcome: Outcome[LogChunk]) -> None:
            if visit != self._visit:
                return
            self._busy = False
            if outcome.error is not None:
                self.failed.emit(str(outcome.error))
            else:
                take(outcome.get())  # type: ignore[operator]

        self._background.run(
            lambda: logs.read(attempt, offset, limit), done, label="reading the log", lane=Lane.READ
        )

    def _take_end(self, chunk: LogChunk) -> None:
        self._fresh = False
        self._decoder = LogDecoder()
        self._first, data = from_line_start(chunk.data, chunk.offset)
        self._end = chunk.offset + len(chunk.data)
        self.began.emit(self._decoder.feed(data))

    def _take_more(self, chunk: LogChunk) -> None:
        if chunk.size < self._end or chunk.size - self._end > _MOST_BEHIND:
            self._fresh = True
            self.poll()
            return
        if not chunk.data:
            return
        self._end = chunk.offset + len(chunk.data)
        text = self._decoder.feed(chunk.data)
        if text:
            self.came.emit(text)
        if self._end < chunk.size:
            self.poll()

    def _take_earlier(self, chunk: LogChunk) -> None:
        self._first, data = from_line_start(chunk.data, chunk.offset)
        self.earlier.emit(clean(data.decode("utf-8", "replace")))
