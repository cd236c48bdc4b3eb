"""`python -m tests.benchmarks`: the figures, side by side."""

from __future__ import annotations

import argparse
import os
import platform

from tests.benchmarks import delay, throughput
from tests.benchmarks.throughput import Rate

PARALLEL_TASKS = 2_000
"""GNU parallel is slow enough for its rate to show with fewer."""


def main() -> None:
    """Measure and print; nothing is kept."""
    parser = argparse.ArgumentParser(prog="./farm bench", description=__doc__)
    parser.add_argument("--tasks", type=int, default=20_000, help="how many tasks (20,000)")
    tasks = parser.parse_args().tasks
    print(f"{tasks:,} tasks of {throughput.TRUE}, two at a time, on {os.cpu_count()} cores,")
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}", flush=True)
    print()
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
