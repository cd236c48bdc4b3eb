"""The agents in the lead's memory: what they are, and whether they were heard of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy.orm import Session

from farmgui.domain.states import AgentState
from farmgui.scheduler.farm import AgentSnapshot
from farmgui.services.bulk import Driver, listed, stored_time
from farmgui.services.holdings import Holdings
from farmgui.services.mirror_rows import AgentFacts

SILENCE: Final = timedelta(seconds=60)
"""An agent that wasn't heard for so long is offline."""
EXPECTED: Final = timedelta(minutes=5)
"""One that was heard within so long is expected to come back."""

PERIOD: Final = timedelta(seconds=1)
"""How often all agents are looked at."""

# What agents tell with each beat is no change that the database keeps a note of: it is all read, but not at
# each of the many ticks of a busy second.
_HEARTS: Final = "SELECT id, state, free_ram, last_heard_from FROM agents"
_OF_SOME: Final = (
    "SELECT id, state, free_ram, last_heard_from FROM agents WHERE id IN (SELECT value FROM json_each(?))"
)


class _Heart(NamedTuple):
    free_ram: int | None
    heard: str
    present: bool
    expected: bool


@dataclass(slots=True)
class Heard:
    """What became of the agents since the last time."""

    agents: set[str] = field(default_factory=set)
    """Those that became others, or told of their memory."""
    came_or_went: bool = False
    """Whether other agents are there, or expected, or the same with other properties."""
    silent: tuple[str, ...] = ()
    """Those that are online by the database and weren't heard for too long."""
    missing: tuple[str, ...] = ()
    """Those that have been silent for as long again while we were looking."""


class Hearts:
    """All agents, by their ids."""

    def __init__(self) -> None:
        self._facts: dict[str, AgentFacts] = {}
        self._hearts: dict[str, _Heart] = {}
        self._told: dict[str, tuple[object, ...]] = {}
        """What was read of each, as long as it is there."""
        self._changed: set[str] = set()
        self._read: set[str] = set()
        """Whose facts were read since the last look."""
        self._noticed: dict[str, datetime] = {}
        self._looked: datetime | None = None

    def put_facts(self, agents: Iterable[AgentFacts]) -> None:
        """These were read."""
        for facts in agents:
            self._read.add(facts.id)
            if self._facts.get(facts.id) != facts:
                self._facts[facts.id] = facts
                self._changed.add(facts.id)

    def drop(self, agent_id: str) -> None:
        """The agent was deleted."""
        if self._facts.pop(agent_id, None) is not None:
            self._hearts.pop(agent_id, None)
            self._told.pop(agent_id, None)
            self._changed.add(agent_id)

    def listen(self, session: Session, time: datetime) -> Heard:
        """Look who was heard of when; within a second of the last time, only of those that were read anew."""
        changed, self._changed = self._changed, set()
        read, self._read = self._read, set()
        heard = Heard(changed, bool(changed))
        driver = Driver(session)
        if self._looked is not None and timedelta() <= time - self._looked < PERIOD:
            if read:
                self._take_rows(driver.rows(_OF_SOME, (listed(read),)), time, heard)
            return heard
        self._looked = time
        # This machine may have slept, or the lead just begun: an agent has time to tell before it is missed.
        before, self._noticed = self._noticed, {}
        silent = self._take_rows(driver.rows(_HEARTS), time, heard)
        for agent_id in self._noticed.keys() & before.keys():
            self._noticed[agent_id] = before[agent_id]
        missing = tuple(agent_id for agent_id, since in self._noticed.items() if time - since >= SILENCE)
        return replace(heard, silent=silent, missing=missing)

    def _take_rows(self, rows: Iterable[tuple[Any, ...]], time: datetime, heard: Heard) -> tuple[str, ...]:
        """Take in what was read; returns who is online by the database and wasn't heard for too long."""
        quiet, gone = stored_time(time - SILENCE), stored_time(time - EXPECTED)
        offline = AgentState.OFFLINE.value
        silent: list[str] = []
        told = self._told
        for row in rows:
            agent_id, state, free_ram, last = row
            if told.get(agent_id) == row and last >= quiet:
                continue
            at = last or ""
            there = state != offline
            if at < quiet:
                self._noticed[agent_id] = time
                silent += [agent_id] if there else []
            self._take(_Heart(free_ram, at, there and at >= quiet, at >= gone), agent_id, heard)
            if there and at >= quiet:
                told[agent_id] = row
            else:
                told.pop(agent_id, None)
        return tuple(silent)

    @property
    def any_present(self) -> bool:
        """Whether an agent is online and enabled."""
        return any(heart.present and self._is_enabled(agent_id) for agent_id, heart in self._hearts.items())

    def _take(self, heart: _Heart, agent_id: str, heard: Heard) -> None:
        known = self._hearts.get(agent_id)
        if known == heart:
            return
        self._hearts[agent_id] = heart
        heard.agents.add(agent_id)
        heard.came_or_went |= known is None or known[2:] != heart[2:]

    def snapshot(self, agent_id: str, holdings: Holdings) -> AgentSnapshot | None:
        """The agent with what its batches leave free; None where nothing may be expected of it."""
        facts, heart = self._facts.get(agent_id), self._hearts.get(agent_id)
        if facts is None or heart is None or not facts.enabled or not (heart.present or heart.expected):
            return None
        use = holdings.use(agent_id)
        free_ram = facts.ram - use.ram
        if heart.free_ram is not None:
            # What it told has the memory of all that ran then; what was given to it since will take more.
            free_ram = min(free_ram, heart.free_ram - use.ram_since(heart.heard))
        return AgentSnapshot(
            id=agent_id,
            hostname=facts.hostname,
            cpus=facts.cpus,
            ram=facts.ram,
            gpus=facts.gpus,
            free_cpus=facts.cpus - use.cpus,
            free_ram=free_ram,
            free_gpus=facts.gpus - use.gpus,
            batches=len(use.batches),
            exclusive=use.wholes > 0,
            tags=facts.tags,
            software=facts.software,
            present=heart.present,
        )

    def _is_enabled(self, agent_id: str) -> bool:
        facts = self._facts.get(agent_id)
        return facts is not None and facts.enabled
