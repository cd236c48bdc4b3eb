"""The narrow strip of farm use: cores at work over the last minutes."""

from __future__ import annotations

import time
from collections import deque
from importlib import import_module
from typing import Any, Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from farmgui.domain.snapshots import FarmSummary
from farmgui.ui.background import Background
from farmgui.ui.palette import Colours

MINUTES: Final = 10
_SECONDS: Final = MINUTES * 60


class UseStrip(QWidget):
    """One sample a second of the newest summary.

    The plot library is imported when it is first shown, by `background`: it takes half a second.
    """

    def __init__(self, colours: Colours, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._colours = colours
        self._samples: deque[tuple[float, int]] = deque(maxlen=_SECONDS + 2)
        self._summary: FarmSummary | None = None
        self._plot: Any = None
        self._curve: Any = None
        self._scaled = -1
        self._said = QLabel(textFormat=Qt.TextFormat.PlainText)
        self._said.setContentsMargins(8, 3, 8, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 4, 2)
        layout.setSpacing(0)
        layout.addWidget(self._said)
        layout.addStretch()
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
        """Note how many cores are in use now, and draw where somebody looks."""
        if self._summary is None:
            return
        self._samples.append((time.monotonic(), self._summary.cpus_in_use))
        if self._plot is not None and self.isVisible():
            self._draw()

    def set_colours(self, colours: Colours) -> None:
        """Paint in another appearance."""
        self._colours = colours
        if self._plot is not None:
            self._paint_plot()

    def showEvent(self, event: QShowEvent) -> None:
        """Make the plot after the window's first paint."""
        super().showEvent(event)
        if self._plot is None:
            QTimer.singleShot(200, self, self._import_plots)

    def _import_plots(self) -> None:
        self._background.run(
            lambda: import_module("pyqtgraph"), lambda _outcome: self._make_plot(), label="importing plots"
        )

    def _make_plot(self) -> None:
        if self._plot is not None:
            return
        import pyqtgraph

        self._plot = pyqtgraph.PlotWidget(self, antialias=False)
        self._plot.setAccessibleName("Cores in use over time")
        self._plot.setMenuEnabled(False)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.hideButtons()
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for part in (self._plot, self._plot.viewport()):
            part.setAcceptDrops(False)
        self._plot.getAxis("bottom").hide()
        self._plot.getAxis("left").setWidth(32)
        self._plot.setXRange(-_SECONDS, 0, padding=0)
        self._curve = self._plot.plot([], [])
        layout = self.layout()
        if isinstance(layout, QVBoxLayout):
            layout.takeAt(1)
            layout.addWidget(self._plot, 1)
        self._paint_plot()
        self._draw()

    def _paint_plot(self) -> None:
        import pyqtgraph

        axis = self._plot.getAxis("left")
        axis.setPen(self._colours.border)
        axis.setTextPen(self._colours.dim)
        self._plot.setBackground(self._colours.window)
        self._plot.showGrid(x=False, y=True, alpha=0.15)
        self._curve.setPen(pyqtgraph.mkPen(self._colours.running, width=1))

    def _draw(self) -> None:
        if not self._samples or self._summary is None:
            return
        now = time.monotonic()
        edges: list[float] = []
        cores: list[int] = []
        for moment, count in self._samples:
            edges.extend((moment - now, moment - now))
            cores.extend((cores[-1] if cores else count, count))
        edges.append(0.0)
        cores.append(cores[-1])
        self._curve.setData(edges, cores)
        self._show_cores(self._summary.cpus)

    def _show_cores(self, cpus: int) -> None:
        """Scale the axis; what is the same isn't set again, since that draws all of it anew."""
        if cpus == self._scaled:
            return
        self._scaled = cpus
        top = max(cpus, 1)
        self._plot.setYRange(0, top * 1.08, padding=0)
        ticks = [0, top // 2, top] if top > 3 else [0, top] if cpus else []
        self._plot.getAxis("left").setTicks([[(tick, str(tick)) for tick in ticks]])
