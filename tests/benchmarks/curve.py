"""Draws what scheduling costs against the size of the farm."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.scheduling import Spent


@dataclass(frozen=True, slots=True)
class Point:
    """What one size costs."""

    agents: int
    jobs: int
    first: Spent
    """The first full assignment."""
    tick: Spent
    """A tick in which ten tasks finished."""


COLOURS: Final = ("#1f77b4", "#d2691e", "#2e7d32", "#7b1fa2")
SYMBOLS: Final = ("o", "s", "t", "d")


def draw(points: Sequence[Point], path: Path) -> None:
    """Write the picture: two plots, a line for each number of agents."""
    # It is drawn into a file alone; nobody's screen is needed.
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    import pyqtgraph as pg
    from pyqtgraph.exporters import ImageExporter
    from PySide6.QtWidgets import QApplication

    # Kept until the picture is written.
    application = QApplication.instance() or QApplication([])
    pg.setConfigOptions(background="w", foreground="#202020", antialias=True)
    layout = pg.GraphicsLayoutWidget(size=(1_100, 460))
    _plot(
        layout,
        0,
        points,
        "First full assignment",
        "seconds of processor",
        lambda point: point.first.processor,
    )
    _plot(
        layout,
        1,
        points,
        "A tick in which ten tasks finished",
        "ms of processor",
        lambda point: point.tick.processor * 1_000,
    )
    layout.show()
    application.processEvents()
    exporter = ImageExporter(layout.scene())
    exporter.parameters()["width"] = 1_100
    exporter.export(str(path))
    layout.close()


def _plot(
    layout: Any, column: int, points: Sequence[Point], title: str, unit: str, cost: Callable[[Point], float]
) -> None:
    import pyqtgraph as pg

    plot = layout.addPlot(row=0, col=column)
    plot.setTitle(title, size="12pt", color="#202020")
    plot.setLabel("left", unit, **{"font-size": "11pt"})
    plot.setLabel("bottom", "jobs", **{"font-size": "11pt"})
    plot.setLogMode(x=True, y=True)
    plot.showGrid(x=True, y=True, alpha=0.25)
    plot.addLegend(offset=(10, 10), labelTextColor="#202020")
    jobs, costs = [point.jobs for point in points], list(map(cost, points))
    plot.setXRange(math.log10(min(jobs)) - 0.1, math.log10(max(jobs)) + 0.2, padding=0)
    # Whole powers of ten: small differences are not to look large.
    plot.setYRange(math.floor(math.log10(min(costs))), math.ceil(math.log10(max(costs)) + 0.3), padding=0)
    for axis, values in (("bottom", jobs), ("left", costs)):
        plot.getAxis(axis).setTicks([_ticks(values)])
        plot.getAxis(axis).enableAutoSIPrefix(enable=False)
        plot.getAxis(axis).setStyle(tickFont=_font())
    for number, agents in enumerate(sorted({point.agents for point in points})):
        line = sorted((point.jobs, cost(point)) for point in points if point.agents == agents)
        colour = COLOURS[number % len(COLOURS)]
        plot.plot(
            *zip(*line, strict=True),
            pen=pg.mkPen(colour, width=2),
            symbol=SYMBOLS[number % len(SYMBOLS)],
            symbolBrush=colour,
            symbolPen=None,
            name=f"{agents:,} agents",
        )


def _ticks(values: Sequence[float]) -> list[tuple[float, str]]:
    """Round numbers on a scale of powers of ten, as the axis takes them: the power and the words."""
    found: list[tuple[float, str]] = []
    lowest, highest = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)) + 0.3)
    for power in range(lowest, highest + 1):
        for digit, logarithm in ((1, 0.0), (2, 0.30103), (5, 0.69897)):
            found.append((power + logarithm, f"{digit * 10.0**power:,.10g}"))
    return found


def _font() -> Any:
    from PySide6.QtGui import QFont

    return QFont("sans-serif", 10)
