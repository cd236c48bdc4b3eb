"""Stations in memory for the courier's own rules: tests say what they answer and what they tell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from farmgui.execution import wire
from farmgui.execution.engine.calls import NotReached
from farmgui.execution.engine.contact import Told


class FakeStations:
    """Keeps what is asked of it. Agents are named like the address that they are at, but for `agents`."""

    def __init__(self) -> None:
        self.agents: dict[str, str | None] = {}
        self.refusals: list[str] = []
        """What the next attachments are answered with."""
        self.unreached: set[str] = set()
        self.attached: list[tuple[str, str]] = []
        """The address and session of each attachment."""
        self.delivered: list[list[bytes]] = []
        self.knows_session = True
        self.gate = asyncio.Event()
        """Deliveries wait for it."""
        self.gate.set()

    async def who(self, address: str) -> str | None:
        self._reach(address)
        return self.agents.get(address, address)

    async def attach(self, address: str, fence: int, session: str) -> bytes:  # noqa: ARG002
        self._reach(address)
        self.attached.append((address, session))
        if self.refusals:
            return wire.encode(wire.Refused(self.refusals.pop(0)))
        return wire.encode(wire.Welcome(self.agents.get(address) or address, "incarnation"))

    async def deliver(self, address: str, session: str, data: Sequence[bytes]) -> bool:  # noqa: ARG002
        self._reach(address)
        self.delivered.append(list(data))
        await self.gate.wait()
        return self.knows_session

    def _reach(self, address: str) -> None:
        if address in self.unreached:
            raise NotReached(f"{address} is far.")

    @property
    def session(self) -> str:
        """The latest."""
        return self.attached[-1][1]


def news(agent_id: str, session: str, number: int, *data: str) -> Told:
    """What a station tells."""
    return Told(agent_id, session, number, data or ("{}",))


class Lines(list[dict[str, Any]]):
    """What the lead is told."""

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self if kind in line]


async def until(condition: Callable[[], object], patience: float = 5.0) -> None:
    """Wait for something on this event loop; raises TimeoutError."""
    async with asyncio.timeout(patience):
        while not condition():
            await asyncio.sleep(0.002)
