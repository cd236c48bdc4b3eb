"""`python -m tests.benchmarks`: the figures, side by side."""

from __future__ import annotations

import argparse
import os
import platform
from pathlib import Path

from tests.benchmarks import curve, delay, liveness, size, throughput
from tests.benchmarks.throughput import Rate

PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "scheduling-cost.png"

PARALLEL_TASKS = 2_000
"""GNU parallel is slow enough for its rate to show with fewer."""


def main() -> None:
    """Measure and print; nothing is kept."""
    parser = argparse.ArgumentParser(prog="./farm bench", description=__doc__)
    parser.add_argument(
        "part",
        nargs="?",
        choices=("all", "tasks", "size", "window"),
        default="all",
        help="tasks that run, size, or how live the window stays",
    )
    parser.add_argument("--tasks", type=int, default=20_000, help="how many tasks (20,000)")
    parser.add_argument("--quick", action="store_true", help="only see whether size can be measured")
    parser.add_argument(
        "--draw", type=Path, nargs="?", const=PICTURE, help="draw the curve of size into a file"
    )
    chosen = parser.parse_args()
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}, ", end=""
    )
    print(f"{platform.system()} {platform.machine()}", flush=True)
    if chosen.part in ("all", "tasks"):
        _tasks(chosen.tasks)
    if chosen.part in ("all", "window") and not chosen.quick:
        _window()
    if chosen.part in ("all", "size"):
        _size(size.QUICK if chosen.quick else size.Plan(), chosen.draw)


def _size(plan: size.Plan, picture: Path | None) -> None:
    print("\nThe lead's own work, on a real database; its agents take orders and do nothing.\n")
    for figure in size.figures(plan):
        print(figure, flush=True)
    for peer, figure in size.PEERS:
        print(f"{peer:<58} {figure} (published, not measured here)")
    print("\nBy the clock, and of it the processor's time:")
    print(f"{'agents':>8} {'jobs':>8} {'first assignment':>20} {'tick, 10 finished':>24}")
    points = []
    for point in size.points(plan):
        points.append(point)
        first, tick = point.first, point.tick
        print(
            f"{point.agents:8,} {point.jobs:8,} {first.clock:10.2f} {first.processor:7.2f} s "
            f"{tick.clock * 1000:12.1f} {tick.processor * 1000:8.1f} ms",
            flush=True,
        )
    if picture is not None:
        curve.draw(points, picture)
    print(f"\nLoad at the end: {os.getloadavg()[0]:.1f}")


def _window() -> None:
    print("\nHow long the window's event loop is kept waiting while the lead beside it works at full speed:")
    for farm in ("everyday", "large"):
        print(f"\n{farm} farm", flush=True)
        liveness.measure(farm, platform=os.environ.get("QT_QPA_PLATFORM", "offscreen"))


def _tasks(tasks: int) -> None:
    print(f"\n{tasks:,} tasks of {throughput.TRUE}, two at a time\n", flush=True)
    # xargs before and after each, since a machine's speed changes while one measures.
    before = throughput.xargs(tasks)
    _show(before)
    for batch in (1, 50):
        measured = throughput.farmgui(tasks, batch)
        after = throughput.xargs(tasks)
        _show(measured, floor=(before.per_second + after.per_second) / 2)
        _show(after)
        before = after
    if other := throughput.parallel(min(tasks, PARALLEL_TASKS)):
        _show(other, floor=before.per_second)
    print()
    delays = delay.measure()
    times = delays.milliseconds
    print(f"From a submission to its process on an idle farm, {len(times)} times:")
    print(f"median {delays.median:.0f} ms, 95 % below {delays.p95:.0f} ms, at most {max(times):.0f} ms")


def _show(rate: Rate, floor: float | None = None) -> None:
    """One line; `floor` is the rate of xargs just before and after."""
    line = f"{rate.name:<20} {rate.seconds:7.1f} s {rate.per_second:7,.0f} tasks/s"
    if floor is not None:
        line += f"   {rate.per_second / floor:.2f} × xargs"
    print(f"{line}   {rate.note}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
