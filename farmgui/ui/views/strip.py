"""The narrow strip of farm use: cores at work over the last minutes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPolygon
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from farmgui.domain.snapshots import FarmSummary
from farmgui.ui.palette import Colours

MINUTES: Final = 10
_SECONDS: Final = MINUTES * 60
_HEADROOM: Final = 1.08
_AXIS: Final = 36
_LABELS: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class UseStrip(QWidget):
    """One sample a second of the newest summary."""

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._samples: deque[tuple[float, int]] = deque(maxlen=_SECONDS + 2)
        self._summary: FarmSummary | None = None
        self._said = QLabel(textFormat=Qt.TextFormat.PlainText)
        self._said.setContentsMargins(8, 3, 8, 0)
        self.plot = UsePlot(colours)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 4, 2)
        layout.setSpacing(0)
        layout.addWidget(self._said)
        layout.addWidget(self.plot, 1)
        self.setMinimumHeight(84)
        self._timer = QTimer(self, interval=1000)
        self._timer.timeout.connect(self.take_sample)
        self._timer.start()

    def set_farm(self, summary: FarmSummary) -> None:
        """The newest numbers."""
        self._summary = summary
        text = f"{summary.cpus_in_use} of {summary.cpus} cores busy, last {MINUTES} minutes"
        self._said.setText(text if summary.cpus else "No agent online")
        if not self._samples:
            self.take_sample()

    def samples(self) -> list[tuple[float, int]]:
        """What is drawn: (monotonic seconds, cores in use)."""
        return list(self._samples)

    def take_sample(self) -> None:
        """Note how many cores are in use now, and draw them."""
        if self._summary is not None:
            self._samples.append((time.monotonic(), self._summary.cpus_in_use))
            self.plot.show_use(self.samples(), self._summary.cpus)

    def set_colours(self, colours: Colours) -> None:
        """Paint in another appearance."""
        self.plot.set_colours(colours)


class UsePlot(QWidget):
    """Cores in use as a line of steps, up to now at the right.

    It paints by itself: to import a library for plots held the window for half a second of its start.
    """

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colours = colours
        self._samples: Sequence[tuple[float, int]] = ()
        self._cpus = 0
        self.setAccessibleName("Cores in use over time")

    def show_use(self, samples: Sequence[tuple[float, int]], cpus: int) -> None:
        """Draw `samples`, (monotonic seconds, cores in use), of a farm of `cpus` cores."""
        self._samples, self._cpus = samples, cpus
        self.update()

    def set_colours(self, colours: Colours) -> None:
        """Paint in another appearance."""
        self._colours = colours
        self.update()

    def line(self) -> QPolygon:
        """The line in pixels of the widget; each sample counts until the next one."""
        room = self._room()
        now = time.monotonic()
        points: list[QPoint] = []
        y = room.bottom()
        for moment, cores in self._samples:
            x = room.right() - round((now - moment) / _SECONDS * room.width())
            before, y = y, self._height_of(cores)
            points += (QPoint(x, before if points else y), QPoint(x, y))
        points.append(QPoint(room.right(), y))
        return QPolygon(points)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the axis and the line."""
        del event
        painter = QPainter(self)
        room = self._room()
        for cores in _ticks(self._cpus):
            y = self._height_of(cores)
            painter.setPen(QColor(self._colours.border))
            painter.drawLine(room.left(), y, room.right(), y)
            painter.setPen(QColor(self._colours.dim))
            painter.drawText(QRect(0, y - 10, _AXIS - 6, 20), _LABELS, str(cores))
        if self._samples:
            painter.setClipRect(room.adjusted(0, 0, 1, 1))
            painter.setPen(QColor(self._colours.running))
            painter.drawPolyline(self.line())
        painter.end()

    def _room(self) -> QRect:
        """Where the line is."""
        return self.rect().adjusted(_AXIS, 8, -6, -8)

    def _height_of(self, cores: int) -> int:
        room = self._room()
        return room.bottom() - round(cores / (max(self._cpus, 1) * _HEADROOM) * room.height())


def _ticks(cpus: int) -> tuple[int, ...]:
    """The numbers beside the axis."""
    if cpus > 3:
        return 0, cpus // 2, cpus
    return (0, cpus) if cpus else ()
