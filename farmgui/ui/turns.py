"""Work in the window's thread that is done a few milliseconds at a time, between events and paints."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from farmgui.services.updates import Kind, Update

TURN_SECONDS: Final = 0.003
"""What one turn of the event loop gives to it."""
PAUSE_MS: Final = 1
"""Between two turns. A timer without one, started anew, comes twice before others that are due come once."""
FEWEST, MOST = 20, 2_000
"""Rows at once: as many as fit a turn, by what the last ones took."""


class Turns(QObject):
    """Hands updates on in slices, in the order in which they came. `idle` is emitted when all are out."""

    idle = Signal()

    def __init__(self, take: Callable[[Update], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._take = take
        self._waiting: deque[Update] = deque()
        self._size = dict.fromkeys(Kind, 100.0)
        self._timer = QTimer(self, interval=PAUSE_MS)
        self._timer.timeout.connect(self._turn)

    def add(self, update: Update) -> None:
        """Hand `update` on soon."""
        self._waiting.append(update)
        self._timer.start()

    def is_idle(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()
        self._timer.stop()

    def _turn(self) -> None:
        end = time.perf_counter() + TURN_SECONDS
        while self._waiting and (left := end - time.perf_counter()) > 0:
            slice_ = self._next(left)
            began = time.perf_counter()
            self._take(slice_)
            self._learn(slice_, time.perf_counter() - began)
        if not self._waiting:
            self._timer.stop()
            self.idle.emit()

    def _next(self, seconds: float) -> Update:
        """As much of what waits for one table as `seconds` are enough for."""
        first = self._waiting.popleft()
        most = max(FEWEST, min(MOST, round(self._size[first.kind] * seconds / TURN_SECONDS)))
        rows, gone = list(first.rows), list(first.gone)
        # Only rows are joined: what went may come again.
        while len(rows) < most and self._joins(first.kind, gone=bool(gone)):
            more = self._waiting.popleft()
            rows += more.rows
        if len(rows) > most:
            self._waiting.appendleft(Update(first.kind, rows[most:]))
        return Update(first.kind, rows[:most], gone)

    def _joins(self, kind: Kind, *, gone: bool) -> bool:
        if gone or not self._waiting:
            return False
        following = self._waiting[0]
        return following.kind is kind and not following.gone

    def _learn(self, update: Update, seconds: float) -> None:
        rows = len(update.rows)
        if rows >= FEWEST and seconds > 0:
            fits = rows * TURN_SECONDS / seconds
            self._size[update.kind] += (max(FEWEST, min(MOST, fits)) - self._size[update.kind]) / 4


class Steps(QObject):
    """Goes on with one piece of work in each turn; it is an iterator whose steps are short."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work: Iterator[None] | None = None
        self._timer = QTimer(self, interval=PAUSE_MS)
        self._timer.timeout.connect(self._turn)

    def begin(self, work: Iterator[None], *, at_once: bool = False) -> None:
        """Do `work` in place of what isn't done yet; with `at_once`, before this returns."""
        self.stop()
        if at_once:
            deque(work, maxlen=0)
        else:
            self._work = work
            self._timer.start()

    def stop(self) -> None:
        """Leave the rest undone."""
        self._work = None
        self._timer.stop()

    def is_idle(self) -> bool:
        """Whether nothing is left to do."""
        return self._work is None

    def _turn(self) -> None:
        work, end = self._work, time.perf_counter() + TURN_SECONDS
        # Its last step may begin other work.
        while work is not None and work is self._work and time.perf_counter() < end:
            if next(work, _DONE) is _DONE and work is self._work:
                self.stop()


_DONE: Final = object()
