"""Whether the cost of scheduling can still be measured; the figures themselves say nothing here."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks import curve, size
from tests.benchmarks.scheduling import Spent


def test_each_figure_is_measured() -> None:
    names = [figure.name for figure in size.figures(size.QUICK)]
    assert len(names) == len(set(names)) == 10


def test_the_curve_is_drawn(tmp_path: Path) -> None:
    points = [curve.Point(10, jobs, Spent(1, jobs / 100), Spent(1, 0.01)) for jobs in (1, 10)]
    curve.draw(points, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").stat().st_size > 10_000
