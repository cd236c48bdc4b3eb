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
    # xargs before and after, since a machine's speed changes while one measures.
    first = throughput.xargs(tasks)
    _show(first, first.per_second)
    for batch in (1, 50):
        _show(throughput.farmgui(tasks, batch), first.per_second)
    last = throughput.xargs(tasks)
    _show(last, first.per_second)
    if other := throughput.parallel(min(tasks, PARALLEL_TASKS)):
        _show(other, first.per_second)
    print()
    delays = delay.measure()
    times = delays.milliseconds
    print(f"From a submission to its process on an idle farm, {len(times)} times:")
    print(f"median {delays.median:.0f} ms, 95 % below {delays.p95:.0f} ms, at most {max(times):.0f} ms")


def _show(rate: Rate, floor: float) -> None:
    figures = f"{rate.seconds:8.1f} s {rate.per_second:8,.0f} tasks/s {rate.per_second / floor:6.2f} × xargs"
    print(f"{rate.name:<20} {figures}  {rate.note}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
