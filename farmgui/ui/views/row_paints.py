"""Paints the rows of a table that aren't as they were painted last, a few in each turn of the event loop.

Qt paints all that is in view when rows change their places, or when rows come or go behind what is seen.
Beside a busy scheduler that takes several times as long as a turn may.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QRect, QTimer
from PySide6.QtGui import QPaintEvent, QRegion
from PySide6.QtWidgets import QTableView

from farmgui.ui.turns import PAUSE_MS

AT_ONCE: Final = 3
"""Rows that are painted in one turn; there may be three tables."""


class RowPaints(QObject):
    """Knows which row stands at which place of `view` on the screen; `row_at` tells which one is to.

    Rows are frozen: one that changed is another object.
    """

    def __init__(self, view: QTableView, row_at: Callable[[int], object]) -> None:
        super().__init__(view)
        self._view = view
        self._row_at = row_at
        self._painted: dict[int, object] = {}
        self._asked: set[int] = set()
        """Places of rows that Qt is to paint next."""
        self._filled = False
        """All rows in view were painted once since the table was empty."""
        self._last = -1
        self._end = 0
        """The place behind the last row that is seen."""
        self._timer = QTimer(self, interval=PAUSE_MS, singleShot=True)
        self._timer.timeout.connect(self._paint_some)

    def look(self) -> None:
        """Rows may have changed, moved, come or gone."""
        if not self._timer.isActive():
            self._timer.start()

    def forget(self) -> None:
        """Each row in view may look otherwise than it was painted."""
        self._painted = dict.fromkeys(self._painted)
        self.look()

    def is_idle(self) -> bool:
        """Whether all rows in view are painted as they are."""
        return not self._timer.isActive() and not self._asked

    def part_of(self, event: QPaintEvent) -> QPaintEvent:
        """What of `event` is to be painted at once: a table that was empty is filled a few rows at a time."""
        if self._filled:
            return event
        later, region = QRegion(), event.region()
        fresh = [place for place in self._in_view() if place not in self._painted]
        for place in fresh[AT_ONCE:]:
            later += self._room(place)
        if not later.intersects(region):
            return event
        self.look()
        return QPaintEvent(region.subtracted(later))

    def note(self, region: QRegion) -> None:
        """Qt has painted `region` of the viewport."""
        rects: list[QRect] = list(region)  # type: ignore[call-overload]  # The stubs don't know it as iterable.
        for rect in rects:
            for place in self._places(rect.top(), rect.bottom()):
                row = self._row_at(place)
                if rect.contains(self._room(place)):
                    self._painted[place] = row
                    self._asked.discard(place)
                elif self._painted.get(place) is not row:
                    # One part of it shows another row than the rest.
                    self._painted.pop(place, None)
        if not self._asked:
            self.look()

    def _paint_some(self) -> None:
        """Have some of the rows painted that aren't as they were, in turn from the top.

        Qt paints them when it comes to that, which may be never where nobody sees the table: till then no
        more are asked for.
        """
        places = self._in_view()
        if places.stop != self._end:
            self._end = places.stop
            self._clear_behind(places.stop)
        self._painted = {place: row for place, row in self._painted.items() if place in places}
        self._asked.intersection_update(places)
        if self._asked:
            return
        other = [place for place in places if self._painted.get(place) is not self._row_at(place)]
        due = [place for place in other if place > self._last][:AT_ONCE] or other[:AT_ONCE]
        for place in due:
            self._last = place
            self._asked.add(place)
            self._view.viewport().update(self._room(place))
        if not other:
            self._filled = bool(places)

    def _clear_behind(self, place: int) -> None:
        """Erase what was painted where no row is."""
        view, viewport = self._view, self._view.viewport()
        top = view.rowViewportPosition(place - 1) + view.rowHeight(place - 1) if place else 0
        viewport.update(QRect(0, top, viewport.width(), viewport.height() - top))

    def _in_view(self) -> range:
        return self._places(0, self._view.viewport().height() - 1)

    def _places(self, top: int, bottom: int) -> range:
        """The places of the rows between these two pixels of the viewport."""
        first, last = self._view.rowAt(max(top, 0)), self._view.rowAt(bottom)
        if first < 0:
            return range(0)
        return range(first, last + 1 if last >= 0 else self._view.model().rowCount())

    def _room(self, place: int) -> QRect:
        """Where the row at `place` is seen."""
        view = self._view
        row = QRect(0, view.rowViewportPosition(place), view.viewport().width(), view.rowHeight(place))
        return row.intersected(view.viewport().rect())
