"""All agents as bits: who has what, and how many cpus are free where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from farmgui.scheduler.bits import flip, members
from farmgui.scheduler.farm import AgentSnapshot
from farmgui.scheduler.needs import Need

_CHANGING: Final = AgentSnapshot._fields.index("free_cpus")
"""What of an agent comes before only changes when it becomes another one."""


class AgentIndex:
    """Each agent has a bit, in the order in which they came; also one that only a job's holding names."""

    def __init__(self) -> None:
        self.rows: list[AgentSnapshot] = []
        """By number; of one that is not known, only the id is true."""
        self.known = 0
        """Agents that there is a snapshot of."""
        self.version = 0
        """Rises when an agent comes, goes or becomes another one; not with what it has free."""
        self.at: dict[int, int] = {}
        """Agents that may take batches, by their free cpus."""
        self.idle = 0
        self.spare = 0
        """Agents with fewer batches than cpus."""
        self.with_gpus = 0
        self._bits: dict[str, int] = {}
        self._tags: dict[int, int] = {}
        self._software: dict[int, dict[int, int]] = {}
        self._totals: tuple[dict[int, int], dict[int, int], dict[int, int]] = ({}, {}, {})

    def __iter__(self) -> Iterator[AgentSnapshot]:
        return (self.rows[number] for number in members(self.known))

    @property
    def holes(self) -> int:
        """How many bits belong to no agent."""
        return len(self.rows) - self.known.bit_count()

    def number(self, agent_id: str) -> int:
        """The number of the agent's bit; one that is new gets the next."""
        number = self._bits.get(agent_id)
        if number is None:
            number = self._bits[agent_id] = len(self.rows)
            self.rows.append(AgentSnapshot(agent_id, present=False))
        return number

    def mask(self, agent_ids: Iterable[str]) -> int:
        """The bits of these agents; those that were never seen have none."""
        bits = self._bits
        return sum(1 << bits[agent_id] for agent_id in set(agent_ids) if agent_id in bits)

    def numbered(self, agent_ids: Iterable[str]) -> int:
        """The bits of these agents, of which some may not have been seen yet."""
        return sum(1 << self.number(agent_id) for agent_id in agent_ids)

    def ids(self, mask: int) -> list[str]:
        """Whose bits these are."""
        return [self.rows[number].id for number in members(mask)]

    def get(self, agent_id: str) -> AgentSnapshot | None:
        """The agent of that id."""
        number = self._bits.get(agent_id)
        return None if number is None or not self.known >> number & 1 else self.rows[number]

    def put(self, agent: AgentSnapshot) -> None:
        """Add the agent, or take this for what it is now."""
        number = self.number(agent.id)
        bit = 1 << number
        old = self.rows[number] if self.known & bit else None
        if old is not None:
            self._flip_free(old, bit)
        if old is None or old[:_CHANGING] != agent[:_CHANGING]:
            if old is not None:
                self._flip_facts(old, bit)
            self._flip_facts(agent, bit)
            self.version += 1
        self._flip_free(agent, bit)
        self.rows[number] = agent

    def drop(self, agent_id: str) -> None:
        """Forget the agent; what jobs hold there still counts."""
        agent = self.get(agent_id)
        if agent is None:
            return
        number = self._bits[agent_id]
        self._flip_free(agent, 1 << number)
        self._flip_facts(agent, 1 << number)
        self.version += 1

    def eligible(self, need: Need) -> int:
        """Agents that can run it when they are idle, present or expected."""
        mask = self.known if need.allowed is None else self.known & self.mask(need.allowed)
        mask &= ~self.mask(need.excluded)
        for tag in need.tags:
            mask &= self.tagged(tag)
        for tag in need.without_tags:
            mask &= ~self.tagged(tag)
        for software_id, low, high in need.software:
            mask &= self.with_software(software_id, low, high)
        for totals, least in zip(self._totals, (need.cpus, need.ram, need.gpus), strict=True):
            if least > 0:
                mask &= at_least(totals, least)
        return mask

    def tagged(self, tag: int) -> int:
        """Agents that have the tag."""
        return self._tags.get(tag, 0)

    def with_software(self, software_id: int, low: int | None, high: int | None) -> int:
        """Agents that have a version of the software within the interval of ranks."""
        mask = 0
        for rank, has in self._software.get(software_id, {}).items():
            if (low is None or rank >= low) and (high is None or rank <= high):
                mask |= has
        return mask

    def with_cpus(self, least: int) -> int:
        """Agents of at least so many cpus."""
        return at_least(self._totals[0], least)

    def with_ram(self, least: int) -> int:
        """Agents of at least so much ram (MB)."""
        return at_least(self._totals[1], least)

    def with_gpu_count(self, least: int) -> int:
        """Agents of at least so many gpus."""
        return at_least(self._totals[2], least)

    def _flip_free(self, agent: AgentSnapshot, bit: int) -> None:
        """Enter what the agent has free, or take it out."""
        if not agent.present or agent.exclusive:
            return
        flip(self.at, max(agent.free_cpus, 0), bit)
        if agent.batches == 0:
            self.idle ^= bit
        if agent.batches < agent.cpus:
            self.spare ^= bit

    def _flip_facts(self, agent: AgentSnapshot, bit: int) -> None:
        """Enter what the agent is, or take it out."""
        self.known ^= bit
        if agent.gpus:
            self.with_gpus ^= bit
        for tag in agent.tags:
            flip(self._tags, tag, bit)
        for software_id, rank in agent.software:
            flip(self._software.setdefault(software_id, {}), rank, bit)
        for totals, value in zip(self._totals, (agent.cpus, agent.ram, agent.gpus), strict=True):
            flip(totals, value, bit)


def at_least(masks: Mapping[int, int], least: int) -> int:
    """All sets whose key is `least` or more."""
    found = 0
    for value, mask in masks.items():
        if value >= least:
            found |= mask
    return found
