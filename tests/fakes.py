"""Fakes of the ports, written by hand: small, in memory, and true to what the port promises."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from farmgui.domain.orders import BatchOrder
from farmgui.domain.reports import Event, Finished, Inventory, Started
from farmgui.domain.states import AttemptState
from farmgui.execution.runner import Sink

NOW = 1_700_000_000.0
"""The agent's clock, in seconds since the epoch; it doesn't go."""


@dataclass
class FakeAgent:
    """An agent that does nothing by itself: tests say what becomes of its attempts."""

    inventory: Inventory
    connected: bool = True
    batches: list[BatchOrder] = field(default_factory=list)
    """Those that it was given, each once."""
    held: set[str] = field(default_factory=set)
    """Tokens of attempts that are running, waiting, or finished and not acknowledged."""
    stopped: set[str] = field(default_factory=set)
    """Tokens that it was told to stop."""


class FakeRunner:
    """A Runner with agents in memory. It keeps order: what it is told first the agent hears first."""

    def __init__(self, *agents: Inventory) -> None:
        self.agents = {item.agent_id: FakeAgent(item) for item in agents}
        self.sink: Sink | None = None
        self.calls: list[str] = []
        self.looks: list[tuple[str, int, tuple[str, ...], tuple[str, ...]]] = []
        """What agents were asked to look at: agent, number, files to read, folders to write into."""

    def open(self, sink: Sink, fence: int) -> None:
        self.sink = sink
        self.calls.append(f"open {fence}")
        for agent_id in self.agents:
            self.inventory(agent_id)

    def start(self, agent_id: str, orders: Sequence[BatchOrder]) -> bool:
        agent = self.agents[agent_id]
        if not agent.connected:
            return False
        for order in orders:
            self.calls.append(f"start {len(order.tasks)}")
            tokens = {task.token for task in order.tasks}
            # A token that it has seen is not started again.
            if not tokens & agent.held:
                agent.batches.append(order)
                agent.held |= tokens
        return True

    def stop(self, agent_id: str, tokens: Collection[str]) -> None:
        agent = self.agents[agent_id]
        if agent.connected:
            self.calls.append(f"stop {len(tokens)}")
            agent.stopped |= set(tokens)

    def acknowledge(self, agent_id: str, tokens: Collection[str]) -> None:
        agent = self.agents[agent_id]
        if agent.connected:
            self.calls.append(f"acknowledge {len(tokens)}")
            agent.held -= set(tokens)

    def inventory(self, agent_id: str) -> None:
        agent = self.agents[agent_id]
        if agent.connected and self.sink is not None:
            self.sink.reported(replace(agent.inventory, tokens=frozenset(agent.held)))

    def look(self, agent_id: str, number: int, reads: Sequence[str], writes: Sequence[str]) -> bool:
        if not self.agents[agent_id].connected:
            return False
        self.looks.append((agent_id, number, tuple(reads), tuple(writes)))
        return True

    def close(self, *, end_agent: bool) -> None:
        self.calls.append(f"close {end_agent}")
        self.sink = None

    # What tests make happen.

    def tell(self, *events: Event, agent_id: str = "a") -> None:
        """The agent tells of its attempts."""
        assert self.sink is not None
        self.sink.happened(agent_id, events)

    def finish(
        self,
        *tokens: str,
        state: AttemptState = AttemptState.DONE,
        reason: str | None = None,
        agent_id: str = "a",
        seconds: float = 1.0,
    ) -> None:
        """Attempts ran for `seconds` and ended so."""
        events: list[Event] = []
        for token in tokens:
            events.append(Started(token, NOW))
            events.append(Finished(token, state, NOW, NOW + seconds, reason=reason))
        self.tell(*events, agent_id=agent_id)

    def begin(self, *tokens: str, agent_id: str = "a") -> None:
        """Attempts began to run."""
        self.tell(*(Started(token, NOW) for token in tokens), agent_id=agent_id)

    def tokens(self, agent_id: str = "a") -> list[str]:
        """The tokens that the agent was given, in order."""
        return [task.token for batch in self.agents[agent_id].batches for task in batch.tasks]

    def restart(self, incarnation: str, agent_id: str = "a") -> None:
        """The agent's process was killed and a new one took its place: it holds nothing."""
        agent = self.agents[agent_id]
        agent.inventory = replace(agent.inventory, incarnation=incarnation)
        agent.held.clear()
        agent.batches.clear()
        self.inventory(agent_id)


def an_inventory(agent_id: str = "a", **values: object) -> Inventory:
    """What an agent with two cpus and 8 GB tells of itself."""
    known: dict[str, object] = {
        "incarnation": f"{agent_id}-1",
        "hostname": f"host-{agent_id}",
        "os": "Linux",
        "version": "1",
        "cpus": 2,
        "ram": 8192,
        "free_ram": 8192,
        "pid": 1,
    }
    return Inventory(agent_id=agent_id, **{**known, **values})  # type: ignore[arg-type]
