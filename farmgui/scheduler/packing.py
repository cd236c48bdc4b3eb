"""What is free on each agent while a decision is made, and which agent takes the next batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from farmgui.scheduler.snapshot import WHOLE, AgentSnapshot

Allowed = Callable[[str], bool]


class Slot:
    """The capacity of one agent; shrinks with each batch that is put on it."""

    __slots__ = ("agent", "batches", "exclusive", "free_cpus", "free_ram", "reserved")

    def __init__(self, agent: AgentSnapshot) -> None:
        self.agent = agent
        self.free_cpus = agent.free_cpus
        self.free_ram = agent.free_ram
        self.batches = agent.batches
        self.exclusive = agent.exclusive
        self.reserved = False

    def could_take(self, cpus: int, ram: int) -> bool:
        """Whether the agent can take such a batch when it is idle."""
        return cpus <= self.agent.cpus and ram <= self.agent.ram

    def takes(self, cpus: int, ram: int) -> bool:
        """Whether the agent can take such a batch now."""
        if self.exclusive or self.reserved or not self.could_take(cpus, ram):
            return False
        if WHOLE in (cpus, ram):
            return self.batches == 0
        if ram > self.free_ram:
            return False
        # A batch that asks for no cpu still takes a process: no more of them than there are cpus.
        return cpus <= self.free_cpus if cpus else self.batches < self.agent.cpus

    def put(self, cpus: int, ram: int) -> int:
        """Take the batch; returns the cpus that it counts for in shares."""
        self.batches += 1
        if WHOLE in (cpus, ram):
            self.exclusive = True
            self.free_cpus = self.free_ram = 0
            return self.agent.cpus
        self.free_cpus -= cpus
        self.free_ram -= ram
        return max(cpus, 1)


class Packing:
    """All agents while a decision is made."""

    def __init__(self, agents: Iterable[AgentSnapshot]) -> None:
        self.slots = {agent.id: Slot(agent) for agent in agents}
        # Capacity only shrinks: what found no agent once finds none later in the same decision.
        self._hopeless: set[tuple[int, int]] = set()

    def find(self, cpus: int, ram: int, allowed: Allowed) -> Slot | None:
        """The tightest agent that takes such a batch now: whole agents stay free for who asks for one."""
        if (cpus, ram) in self._hopeless:
            return None
        best: Slot | None = None
        somewhere = False
        for slot in self.slots.values():
            if not slot.takes(cpus, ram):
                continue
            somewhere = True
            if (best is None or slot.free_cpus < best.free_cpus) and allowed(slot.agent.id):
                best = slot
        if not somewhere:
            self._hopeless.add((cpus, ram))
        return best

    def reserve(self, cpus: int, ram: int, allowed: Allowed) -> None:
        """Keep the agent that is nearest to having room from those who come later.

        Without it, small batches would keep an agent busy for ever before one that asks for more of it.
        An idle agent is not kept: what it lacks, memory that others hold, comes back by no end of a batch.
        """
        best: Slot | None = None
        for slot in self.slots.values():
            if (
                not slot.reserved
                and slot.batches > 0
                and not slot.exclusive
                and slot.could_take(cpus, ram)
                and (best is None or slot.free_cpus > best.free_cpus)
                and allowed(slot.agent.id)
            ):
                best = slot
        if best is not None:
            best.reserved = True
