"""What the courier asks of the stations on other machines, through the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from farmgui.domain.errors import FarmError

_LONGEST_ID: Final = 64
_WHO_WITHIN: Final = 15.0
_ATTACH_WITHIN: Final = 60.0
"""An agent that is started may first have to end what another left."""
_DELIVER_WITHIN: Final = 30.0


class NotReached(Exception):
    """A machine didn't answer, or its station failed; the text says why, a sentence."""


class Stations(Protocol):
    """The stations, by the addresses of their workers. All methods raise NotReached."""

    async def who(self, address: str) -> str | None:
        """The agent of the station there; None where there is no station of ours."""

    async def attach(self, address: str, fence: int, session: str) -> bytes:
        """Connect the station to its agent; the agent's answer, encoded. What it tells carries `session`."""

    async def deliver(self, address: str, session: str, data: Sequence[bytes]) -> bool:
        """Hand messages to the agent; False where that session is over."""


class EngineStations:
    """Stations that are called by the engine's client. A call of one never waits for another's."""

    def __init__(self, client: Any) -> None:
        from farmgui.execution.engine import station

        self._client = client
        self._station = station

    async def who(self, address: str) -> str | None:
        """Whose station that is."""
        answer = await self._call(_WHO_WITHIN, address, self._station.who)
        return answer if isinstance(answer, str) and answer.isascii() and len(answer) <= _LONGEST_ID else None

    async def attach(self, address: str, fence: int, session: str) -> bytes:
        """Connect it to its agent."""
        answer = await self._call(_ATTACH_WITHIN, address, self._station.attach, fence, session)
        if not isinstance(answer, bytes):
            raise NotReached(f"The machine at {place(address)} has another version of the program.")
        return answer

    async def deliver(self, address: str, session: str, data: Sequence[bytes]) -> bool:
        """Hand messages to its agent."""
        answer = await self._call(_DELIVER_WITHIN, address, self._station.deliver, session, list(data))
        return answer is True

    async def _call(
        self, within: float, address: str, function: Callable[..., object], *values: object
    ) -> Any:
        try:
            async with asyncio.timeout(within):
                answers = await self._client.run(function, *values, workers=[address], on_error="return")
        except TimeoutError as error:
            raise NotReached(
                f"The machine at {place(address)} didn't answer for {within:.0f} seconds."
            ) from error
        except (OSError, RuntimeError) as error:
            raise NotReached(f"The machine at {place(address)} can't be reached ({error}).") from error
        answer = answers.get(address)
        if isinstance(answer, FarmError):
            raise NotReached(str(answer))
        if isinstance(answer, BaseException):
            raise NotReached(
                f"The machine at {place(address)} can't be spoken to ({type(answer).__name__}: {answer})."
            )
        return answer


def place(address: str) -> str:
    """The address of a worker as people read it: without the protocol and the port."""
    return address.rpartition("://")[2].rpartition(":")[0] or address
