"""What is free on all agents while a decision is made, and which agent takes the next batch."""

from __future__ import annotations

from bisect import bisect_left, insort

from farmgui.scheduler.agents import AgentIndex
from farmgui.scheduler.bits import ALL, flip
from farmgui.scheduler.needs import Need
from farmgui.scheduler.nodes import NeedClass


class Capacity:
    """A copy of what agents have free, that shrinks with each batch; agents are known by their numbers.

    Those of `resting` have nothing.
    """

    def __init__(self, index: AgentIndex, resting: int = 0) -> None:
        self._rows = index.rows
        self._with_gpus = index.with_gpus
        self._at = dict(index.at)
        if resting:
            self._at = {level: left for level, here in index.at.items() if (left := here & ~resting)}
        self._levels = sorted(self._at)
        self._idle = index.idle & ~resting
        self._spare = index.spare & ~resting
        self._free: dict[int, tuple[int, int, int, int]] = {}
        """Of agents that took something: free cpus, ram and gpus, and batches."""
        self._short: dict[int, int] = {}
        """By class, agents that were found to lack ram or gpus for it: they can't get more of it."""
        self._kept = 0
        self.kept: dict[int, int] = {}
        """By the agent's number, the job that it is kept for."""

    def with_room(self) -> int:
        """Agents that may take at least a batch that asks for little."""
        mask = self._spare
        for level, agents in self._at.items():
            if level:
                mask |= agents
        return mask

    def find(self, need_class: NeedClass, mask: int) -> int | None:
        """The tightest agent of `mask` that takes a batch of the class now.

        So whole agents stay free for who asks for one, and gpus for who asks for them.
        """
        need = need_class.need
        mask &= ~self._short.get(need_class.index, 0)
        if need.whole:
            mask &= self._idle
        elif not need.cpus:
            # A batch that asks for no cpu still takes a process: no more of them than there are cpus.
            mask &= self._spare
        if not mask:
            return None
        plain = ALL if need.gpus else ~self._with_gpus
        levels = self._levels
        for position in range(bisect_left(levels, need.cpus), len(levels)):
            here = self._at[levels[position]] & mask
            while here:
                best = (here & plain) or here
                best &= -best
                number = best.bit_length() - 1
                if self._has(number, need):
                    return number
                self._short[need_class.index] = self._short.get(need_class.index, 0) | best
                here ^= best
        return None

    def _has(self, number: int, need: Need) -> bool:
        _, ram, gpus, _ = self._free.get(number) or self._row(number)
        return gpus >= need.gpus and (need.ram <= 0 or ram >= need.ram)

    def _row(self, number: int) -> tuple[int, int, int, int]:
        row = self._rows[number]
        return (max(row.free_cpus, 0), row.free_ram, row.free_gpus, row.batches)

    def put(self, number: int, need: Need) -> int:
        """Let the agent take a batch; returns the cpus that it counts for in shares."""
        total = self._rows[number].cpus
        self._take(number, need)
        cpus, ram, gpus, batches = self._free[number]
        self._free[number] = (cpus, ram, gpus, batches + 1)
        bit = 1 << number
        self._idle &= ~bit
        if batches + 1 >= total:
            self._spare &= ~bit
        return need.counted(total)

    def keep(self, need: Need, mask: int, job_id: int) -> bool:
        """Keep what the batch needs of the agent at work that has most room; whether there is one.

        Without it, small batches would keep an agent busy for ever before one that asks for more of it. An
        idle agent is not kept: what it lacks, memory that others hold, comes back by no end of a batch.
        """
        mask &= ~(self._idle | self._kept)
        if not mask:
            return False
        for level in reversed(self._levels):
            here = self._at[level] & mask
            # Where no cpu is free, nothing is there to be kept.
            if here and level:
                bit = here & -here
                number = bit.bit_length() - 1
                self._kept |= bit
                self.kept[number] = job_id
                self._take(number, need)
                return True
        return False

    def _take(self, number: int, need: Need) -> None:
        """Let the agent have so much less, and nothing below nothing."""
        cpus, ram, gpus, batches = self._free.get(number) or self._row(number)
        left = max(cpus - need.cpus, 0) if need.cpus > 0 else cpus
        bit = 1 << number
        if need.whole:
            self._spare &= ~bit
        self._move(cpus, None if need.whole else left, bit)
        self._free[number] = (left, max(ram - max(need.ram, 0), 0), max(gpus - need.gpus, 0), batches)

    def _move(self, old: int, new: int | None, bit: int) -> None:
        if old == new:
            return
        flip(self._at, old, bit)
        if old not in self._at:
            del self._levels[bisect_left(self._levels, old)]
        if new is not None:
            if new not in self._at:
                insort(self._levels, new)
            flip(self._at, new, bit)
