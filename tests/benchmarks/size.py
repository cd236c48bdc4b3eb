"""What scheduling costs at size, each figure with its aim; and the curve of cost against size."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.benchmarks import scheduling
from tests.benchmarks.curve import Point
from tests.benchmarks.mixed_farm import EVERYDAY, LARGE, Size, block, store
from tests.benchmarks.scheduling import Flow, Spent, Ticks, lead_on

ONE_JOB: Final = Size(agents=1_000, jobs=1, queues=1, tasks_each=100_000)
HUNDRED_JOBS: Final = Size(agents=1_000, jobs=100, queues=1, tasks_each=1_000)
BLOCKED: Final = 10_000
PEERS: Final = (
    ("OpenCue", "975 frames a second"),
    ("Slurm", "500 jobs a second"),
    ("Nomad", "3,750 placements a second on 5,000 machines"),
)
"""What others say of themselves."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure in words; whether its aim is met, None without one."""

    name: str
    value: str
    aim: str = ""
    met: bool | None = None

    def __str__(self) -> str:
        verdict = "" if self.met is None else "met" if self.met else "MISSED"
        return f"{self.name:<52} {self.value:<62} {self.aim:<18} {verdict}".rstrip()


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    large: Size = LARGE
    everyday: Size = EVERYDAY
    one_job: Size = ONE_JOB
    hundred_jobs: Size = HUNDRED_JOBS
    blocked: int = BLOCKED
    repeats: int = 3
    ticks: int = 60
    seconds: float = 10.0
    """Of assigning, to call a rate sustained."""
    tasks: int = 20_000
    """For the cost of a task."""
    agents: tuple[int, ...] = (10, 100, 1_000)
    jobs: tuple[int, ...] = (100, 1_000, 10_000)


QUICK: Final = Plan(
    large=Size(20, 100, 20, 10),
    everyday=Size(4, 30, 10, 10),
    one_job=Size(10, 1, 1, 500),
    hundred_jobs=Size(10, 10, 1, 50),
    blocked=50,
    repeats=1,
    ticks=3,
    seconds=0.05,
    tasks=200,
    agents=(5, 10),
    jobs=(20, 40),
)
"""Only whether it can be measured."""


def figures(plan: Plan) -> Iterator[Figure]:
    """Measure one after the other; each is given as soon as it is known."""
    with tempfile.TemporaryDirectory(prefix="farmgui-bench-") as folder:
        stored = Path(folder) / "large.db"
        store(stored, plan.large)
        yield Figure("The farm", str(plan.large))
        yield from _first(stored, plan)
        yield from _ticks(stored, plan)
        yield from _flow(stored, plan)
        everyday = Path(folder) / "everyday.db"
        store(everyday, plan.everyday)
        yield Figure("The everyday farm", str(plan.everyday))
        yield from _everyday(everyday, plan)
        yield from _one_job(Path(folder), plan)


def points(plan: Plan) -> Iterator[Point]:
    """The cost of a tick and of the first assignment for each size."""
    for agents in plan.agents:
        for jobs in plan.jobs:
            with tempfile.TemporaryDirectory(prefix="farmgui-bench-") as folder:
                stored = Path(folder) / "farm.db"
                store(stored, Size(agents, jobs, max(1, min(200, jobs // 10)), 20))
                with lead_on(stored) as lead:
                    first = scheduling.first(lead)
                    ticks = scheduling.ticks(lead, max(3, plan.ticks // 3), finished=10)
                yield Point(agents, jobs, first.spent, Spent(ticks.median, ticks.processor))


def _first(stored: Path, plan: Plan) -> Iterator[Figure]:
    found = []
    for _ in range(plan.repeats):
        with lead_on(stored) as lead:
            found.append(scheduling.first(lead))
    seconds = statistics.median(one.spent.clock for one in found)
    processor = statistics.median(one.spent.processor for one in found)
    name = "First full assignment: read, decided, stored"
    value = f"{seconds:.2f} s ({processor:.2f} s of processor), {found[0].tasks:,} tasks"
    yield Figure(name, value, "< 2 s", seconds < 2)


def _ticks(stored: Path, plan: Plan) -> Iterator[Figure]:
    with lead_on(stored) as lead:
        plain = scheduling.ticks(lead, plan.ticks)
    yield Figure("A tick in which 100 tasks finished", _in_words(plain), "< 20 ms", plain.median < 0.020)
    blocked = stored.with_name("blocked.db")
    blocked.write_bytes(stored.read_bytes())
    block(blocked, plan.blocked)
    with lead_on(stored) as lead, lead_on(blocked) as more:
        without, with_them = scheduling.ticks_in_turns([lead, more], plan.ticks)
    change = with_them.processor / without.processor - 1
    value = (
        f"{with_them.processor * 1000:.1f} ms of processor beside {without.processor * 1000:.1f} ms: "
        f"{change:+.0%}"
    )
    yield Figure(f"The same with {plan.blocked:,} blocked jobs more", value, "< +10 %", change < 0.10)


def _flow(stored: Path, plan: Plan) -> Iterator[Figure]:
    with lead_on(stored) as lead:
        flow = scheduling.flow(lead, seconds=plan.seconds)
    rate = flow.tasks / flow.assigning.clock
    by_processor = flow.tasks / flow.assigning.processor
    value = f"{rate:,.0f} a second for {flow.assigning.clock:.0f} s ({by_processor:,.0f} by processor)"
    yield Figure("Durable assignments, sustained", value, "≥ 10,000 a second", rate >= 10_000)
    value = f"{1 / flow.each.clock:,.0f} tasks a second ({1 / flow.each.processor:,.0f} by processor)"
    yield Figure("The same with all results taken in", value)


def _everyday(stored: Path, plan: Plan) -> Iterator[Figure]:
    with lead_on(stored) as lead:
        first = scheduling.first(lead)
        ticks = scheduling.ticks(lead, plan.ticks, finished=1)
    yield Figure("Its first full assignment", f"{first.spent.clock * 1000:.0f} ms, {first.tasks} tasks")
    yield Figure("A tick in which one task finished", _in_words(ticks), "< 5 ms", ticks.median < 0.005)


def _one_job(folder: Path, plan: Plan) -> Iterator[Figure]:
    sizes = (plan.one_job, plan.hundred_jobs)
    for size in sizes:
        store(folder / f"jobs-{size.jobs}.db", size, same=True)
    found: dict[Size, list[float]] = {size: [] for size in sizes}
    # In turns, since a machine's speed changes while one measures.
    for size in sizes * plan.repeats:
        with lead_on(folder / f"jobs-{size.jobs}.db") as lead:
            flow: Flow = scheduling.flow(lead, tasks=plan.tasks)
        found[size].append(flow.each.processor * 1e6)
    one, many = (statistics.median(found[size]) for size in sizes)
    name = f"A task of one job of {plan.one_job.tasks_each:,}, assigned and finished"
    value = f"{one:.0f} µs of processor beside {many:.0f} µs of {plan.hundred_jobs.jobs} jobs"
    yield Figure(name, value, "no more (± 5 %)", one <= many * 1.05)


def _in_words(ticks: Ticks) -> str:
    middle, most, worked = (1000 * value for value in (ticks.median, ticks.p95, ticks.processor))
    return f"{middle:.1f} ms, 95 % below {most:.1f} ms ({worked:.1f} ms of processor)"
