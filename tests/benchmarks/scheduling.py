"""What scheduling costs: the lead's own work on a real database; its agents take orders and do nothing."""

from __future__ import annotations

import math
import random
import shutil
import statistics
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farmgui.domain.orders import BatchOrder
from farmgui.domain.reports import Finished, Started
from farmgui.domain.states import AttemptState
from farmgui.execution.runner import Sink
from farmgui.services.checkpoints import Checkpoints
from farmgui.services.database import open_database
from farmgui.services.dispatch import Dispatch
from farmgui.services.holdings import Holdings
from farmgui.services.lease import Lease
from farmgui.services.results import Results

FINISHED = 100
"""Tasks that end between two ticks."""


class Runner:
    """Agents that take orders and tell nothing by themselves."""

    def __init__(self) -> None:
        self.open_tokens: dict[str, str] = {}
        """The agent of each attempt that has not ended."""

    def open(self, sink: Sink, fence: int) -> None:
        """Nobody reports."""

    def start(self, agent_id: str, orders: Sequence[BatchOrder]) -> bool:
        """Take the orders."""
        for order in orders:
            for task in order.tasks:
                self.open_tokens[task.token] = agent_id
        return True

    def stop(self, agent_id: str, tokens: Collection[str]) -> None:
        """Nobody stops."""

    def acknowledge(self, agent_id: str, tokens: Collection[str]) -> None:
        """Nobody waits for it."""

    def inventory(self, agent_id: str) -> None:
        """Nobody answers."""

    def look(self, *_asked: Any) -> bool:
        """Nobody answers."""
        return False

    def close(self, *, end_agent: bool) -> None:
        """There is nothing to end."""


class LeadAlone:
    """A lead without its thread: what it does when it is woken, to be called and timed."""

    def __init__(self, path: Path) -> None:
        self.database = open_database(f"sqlite:///{path}")
        self._checkpoints = Checkpoints(path)
        fence = Lease(self.database).try_acquire() or 0
        self.runner = Runner()
        holdings = Holdings()
        self.results = Results(self.database, self.runner, fence, lambda: None, holdings=holdings)
        self.dispatch = Dispatch(self.database, self.runner, fence, path.parent / "logs", holdings=holdings)

    def close(self) -> None:
        """Let go of the database."""
        self._checkpoints.close()
        self.database.close()

    def tick(self) -> int:
        """What the lead does when it is woken: take in what came, and give out what became free."""
        return self.dispatch.tick(results=self.results)

    def tell_finished(self, tokens: Sequence[str], seconds: float = 60.0) -> None:
        """Agents tell that these attempts are done after so many seconds."""
        now = time.time()
        for token in tokens:
            agent_id = self.runner.open_tokens.pop(token)
            self.results.happened(
                agent_id, [Started(token, now), Finished(token, AttemptState.DONE, now, now + seconds)]
            )


@contextmanager
def lead_on(stored: Path) -> Iterator[LeadAlone]:
    """A lead on a copy of a stored farm."""
    folder = stored.with_name(f"copy of {stored.name}")
    folder.mkdir()
    path = folder / "farm.db"
    shutil.copy(stored, path)
    lead = LeadAlone(path)
    try:
        yield lead
    finally:
        lead.close()
        shutil.rmtree(folder)


@dataclass(frozen=True, slots=True)
class Spent:
    """What some work took: the time by the clock, and of it the processor's, both in seconds.

    On a machine that others use too, the clock also tells how long the work had to stand back.
    """

    clock: float = 0.0
    processor: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.clock + other.clock, self.processor + other.processor)


@dataclass(frozen=True, slots=True)
class First:
    """The first full assignment: read from the database, decided, stored, told."""

    spent: Spent
    tasks: int


@dataclass(frozen=True, slots=True)
class Ticks:
    """What ticks took after each of which some tasks had finished."""

    spent: tuple[Spent, ...]

    @property
    def median(self) -> float:
        """The middle one, in seconds."""
        return statistics.median(one.clock for one in self.spent)

    @property
    def p95(self) -> float:
        """What 95 % stay below."""
        return statistics.quantiles([one.clock for one in self.spent], n=20)[-1]

    @property
    def processor(self) -> float:
        """The middle one of what the processor worked."""
        return statistics.median(one.processor for one in self.spent)


@dataclass(frozen=True, slots=True)
class Flow:
    """All agents at work: all their tasks end, and they get others, again and again."""

    tasks: int
    assigning: Spent
    """While they were assigned."""
    results: Spent
    """While their ends were stored."""

    @property
    def each(self) -> Spent:
        """What a task takes in all."""
        both, tasks = self.assigning + self.results, max(self.tasks, 1)
        return Spent(both.clock / tasks, both.processor / tasks)


def first(lead: LeadAlone) -> First:
    """Measure the first full assignment."""
    return First(*_timed(lead.dispatch.tick))


def ticks(lead: LeadAlone, number: int = 60, finished: int = FINISHED) -> Ticks:
    """Measure ticks in which `finished` tasks had ended since the one before, here and there."""
    return ticks_in_turns([lead], number, finished)[0]


def ticks_in_turns(leads: Sequence[LeadAlone], number: int = 60, finished: int = FINISHED) -> Sequence[Ticks]:
    """The same of several leads, one tick of each after the other: a machine's speed changes meanwhile."""
    chances = [random.Random(3) for _ in leads]  # noqa: S311  the same each time
    found: list[list[Spent]] = [[] for _ in leads]
    for lead in leads:
        _settle(lead)
    for _ in range(number):
        for lead, chance, spent in zip(leads, chances, found, strict=True):
            tokens = list(lead.runner.open_tokens)
            lead.tell_finished(chance.sample(tokens, min(finished, len(tokens))))
            spent.append(_timed(lead.tick)[0])
            # The tick that its own commits wake.
            lead.tick()
    return [Ticks(tuple(spent)) for spent in found]


def flow(lead: LeadAlone, seconds: float = math.inf, tasks: float = math.inf) -> Flow:
    """Measure until tasks were assigned for so many seconds, or so many of them."""
    _settle(lead)
    done, assigning, results = 0, Spent(), Spent()
    while assigning.clock < seconds and done < tasks:
        lead.tell_finished(list(lead.runner.open_tokens))
        results += _timed(lead.results.take)[0]
        spent, started = _timed(lead.dispatch.tick)
        if not started:
            break
        assigning += spent
        done += started
    return Flow(done, assigning, results)


def _settle(lead: LeadAlone) -> None:
    """Fill the agents, and say of all jobs why they wait."""
    lead.dispatch.tick()
    lead.dispatch.tick()
    while lead.dispatch.tell_reasons():
        pass
    lead.dispatch.tick()


def _timed(work: Callable[[], int]) -> tuple[Spent, int]:
    begin, worked = time.perf_counter(), time.thread_time()
    result = work()
    return Spent(time.perf_counter() - begin, time.thread_time() - worked), result
