"""What a decision of the pure policy costs, by the size of the farm: without database and agents."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import perf_counter
from typing import TypeVar

from farmgui.scheduler.decide import assign
from farmgui.scheduler.farm import AgentSnapshot, JobSnapshot, QueueSnapshot
from farmgui.scheduler.needs import Need
from farmgui.scheduler.steady import begin
from farmgui.scheduler.view import FarmView

T = TypeVar("T")

NEEDS = (Need(1, 1000), Need(1, 2000), Need(1, 500), Need(1, 1000, tags=frozenset({1})))


@dataclass(frozen=True, slots=True)
class Cost:
    """One farm, and the seconds that each thing took there."""

    agents: int
    jobs: int
    queues: int
    build: float
    """Making the view of all rows."""
    first: float
    """The first decision, which gives work to all agents."""
    first_grants: int
    update: float
    """Telling the view of a tick's ends of tasks."""
    tick: float
    """The decision after that."""
    tick_grants: int


def make_rows(
    agents: int, jobs: int, queues: int, cpus: int = 8
) -> tuple[list[AgentSnapshot], list[JobSnapshot], list[QueueSnapshot]]:
    """A farm of agents of one size, half of them with a tag, and jobs of four kinds in all queues."""
    machines = [
        AgentSnapshot(
            f"a{number:06}", f"node{number}", cpus, 32_000,
            tags=frozenset({1}) if number % 2 else frozenset(),
            free_cpus=cpus, free_ram=32_000,
        )
        for number in range(agents)
    ]  # fmt: skip
    tree = [QueueSnapshot(number, None, weight=10 + number % 5) for number in range(1, queues + 1)]
    work = [
        JobSnapshot(
            number, f"shot_{number:05}", number % queues + 1, number % 3, 10 + number % 7,
            need=NEEDS[number % len(NEEDS)], queued=100, unfinished=100,
        )
        for number in range(1, jobs + 1)
    ]  # fmt: skip
    return machines, work, tree


def measure(agents: int, jobs: int, queues: int, ends: int = 100, ticks: int = 15) -> Cost:
    """Fill a farm of that size, then let `ends` tasks end again and again; the tick's times are medians."""
    machines, work, tree = make_rows(agents, jobs, queues)
    view, build = timed(lambda: FarmView.of(work, machines, tree))
    decision, first = timed(lambda: assign(view))
    begin(view, decision.grants)
    chance = random.Random(agents)  # noqa: S311 - which tasks end, the same in each run
    updates, decisions, granted = [], [], 0
    for _ in range(ticks):
        updates.append(end_tasks(view, chance, ends))
        found, seconds = timed(partial(assign, view))
        decisions.append(seconds)
        granted = len(found.grants)
        begin(view, found.grants)
    return Cost(
        agents, jobs, queues, build, first, len(decision.grants), median(updates), median(decisions), granted
    )


def with_more(extra: Iterable[JobSnapshot], agents: int, jobs: int, queues: int) -> tuple[float, float]:
    """The median seconds of a tick's decision without and with the extra jobs, on the same farm."""
    machines, work, tree = make_rows(agents, jobs, queues)
    view = FarmView.of(work, machines, tree)
    begin(view, assign(view).grants)
    end_tasks(view, random.Random(1), 100)  # noqa: S311 - the same in each run
    without = median(timed(lambda: assign(view))[1] for _ in range(15))
    for row in extra:
        view.put_job(row)
    return without, median(timed(lambda: assign(view))[1] for _ in range(15))


def held_jobs(count: int, queues: int) -> list[JobSnapshot]:
    """Jobs that wait for others."""
    return [
        JobSnapshot(10**6 + number, queue_id=number % queues + 1, queued=100, hold="waits for another job")
        for number in range(count)
    ]


def too_large_jobs(count: int, queues: int) -> list[JobSnapshot]:
    """Jobs that may start and fit on no agent."""
    return [
        JobSnapshot(2 * 10**6 + number, queue_id=number % queues + 1, queued=100, need=Need(64))
        for number in range(count)
    ]


def end_tasks(view: FarmView, chance: random.Random, count: int) -> float:
    """Let one task of each of so many jobs end; returns the seconds that the view took to be told."""
    holding = [row for row in view.jobs if row.holdings]
    rows: list[tuple[JobSnapshot, AgentSnapshot]] = []
    agents = {agent.id: agent for agent in view.agents}
    for row in chance.sample(holding, min(count, len(holding))):
        first, *others = row.holdings
        cpus = first.cpus // first.batches
        left = (
            [first._replace(batches=first.batches - 1, cpus=first.cpus - cpus)] if first.batches > 1 else []
        )
        agent = agents[first.agent_id]
        agents[agent.id] = agent._replace(
            free_cpus=agent.free_cpus + cpus,
            free_ram=agent.free_ram + row.need.ram,
            batches=agent.batches - 1,
        )
        rows.append((row._replace(holdings=(*left, *others)), agents[agent.id]))
    return timed(lambda: put(view, rows))[1]


def put(view: FarmView, rows: Iterable[tuple[JobSnapshot, AgentSnapshot]]) -> None:
    """Tell the view of jobs and agents that changed."""
    for job, agent in rows:
        view.put_job(job)
        view.put_agent(agent)


def timed(call: Callable[[], T]) -> tuple[T, float]:
    """What the call returns, and the seconds that it took."""
    started = perf_counter()
    found = call()
    return found, perf_counter() - started
