"""The port through which a lead has batches run, whatever runs them: this machine's agent or a cluster's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from farmgui.domain.orders import BatchOrder
from farmgui.domain.reports import Event, Inventory
from farmgui.domain.sights import Sight


class Sink(Protocol):
    """Who hears what agents report. Called from the runner's threads: an implementation only enqueues."""

    def reported(self, inventory: Inventory) -> None:
        """An agent told who it is and what it holds: on each connection and every ten seconds.

        What it had finished and nobody acknowledged has been handed to `happened` before.
        """

    def happened(self, agent_id: str, events: Sequence[Event]) -> None:
        """Attempts went on or ended. The same `Finished` may come again until it is acknowledged."""

    def saw(self, agent_id: str, number: int, sight: Sight) -> None:
        """The agent's answer to a `look`."""

    def lost_contact(self, agent_id: str, why: str) -> None:
        """The agent can't be reached or started; `why` is a sentence. The runner goes on trying."""


class Runner(Protocol):
    """Agents, as a lead sees them. No method waits for an agent, but `close`."""

    def open(self, sink: Sink, fence: int) -> None:
        """Begin to look for agents, with the lead's fencing token: agents refuse one that is outdated."""

    def start(self, agent_id: str, orders: Sequence[BatchOrder]) -> bool:
        """Hand batches to the agent's connection; False where there is none (reconciling sends again)."""

    def stop(self, agent_id: str, tokens: Collection[str]) -> None:
        """Have attempts ended with all their processes; each is answered by a `Finished`."""

    def acknowledge(self, agent_id: str, tokens: Collection[str]) -> None:
        """Tell the agent that the `Finished` of these attempts is stored; it forgets them."""

    def inventory(self, agent_id: str) -> None:
        """Ask for a fresh `Inventory`."""

    def look(self, agent_id: str, number: int, reads: Sequence[str], writes: Sequence[str]) -> bool:
        """Ask whether the agent can read these files and write into these folders, by its own names for them.

        False where there is no connection; else the answer comes with the same `number`, or never.
        """

    def close(self, *, end_agent: bool) -> None:
        """Disconnect and leave no thread; with `end_agent` the agent ends what runs, and itself, first."""
