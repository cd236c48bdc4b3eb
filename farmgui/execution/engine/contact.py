"""One agent as the courier sees it: its station attached, told what the lead says, heard what it tells."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from farmgui.execution import wire
from farmgui.execution.engine.calls import NotReached, Stations, place
from farmgui.execution.engine.serving import first_of

_log = logging.getLogger(__name__)
_AT_ONCE: Final = 8 * 2**20
"""Bytes after which no further message is joined into a call."""
_REFUSED: Final = '{"kind":"refused"'


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that the courier waits for what; other ones only in tests."""

    silence: float = 35.0
    """Agents tell something every ten seconds."""
    first_wait: float = 0.25
    """Before a station is attached anew; the waits grow."""
    longest_wait: float = 30.0
    steady: float = 30.0
    """After a session that lasted so long the waits begin anew."""


USUAL: Final = Patience()

Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a station."""

    agent_id: str
    session: str
    number: int
    """Counts from 1 in a session."""
    data: Sequence[str] = ()
    lost: str | None = None
    """Why the station lost its agent, a sentence; None where it tells something."""


class Contact:
    """Belongs to the event loop on which it was made.

    Whatever breaks a session, the station is attached anew. Then the agent tells again what nobody
    acknowledged, and what it holds: so nothing that is dropped in between is lost.
    """

    def __init__(
        self,
        agent_id: str,
        address: str,
        *,
        fence: int,
        stations: Stations,
        tell: Tell,
        patience: Patience = USUAL,
    ) -> None:
        """`tell` is given the lines for the lead."""
        self.agent_id = agent_id
        self.address = address
        self.has_failed = False
        """Whether the last word of it to the lead was that it is lost."""
        self._fence = fence
        self._stations = stations
        self._tell = tell
        self._patience = patience
        self._session = ""
        self._number = 0
        self._heard = 0.0
        self._queue: deque[bytes] = deque()
        self._delivering = False
        self._more = asyncio.Event()
        self._broken: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._told_lost = ""

    @property
    def is_settled(self) -> bool:
        """Whether all that the lead said has been handed to the agent, or can't be."""
        return not self._session or not (self._queue or self._delivering)

    # -- what comes

    def say(self, session: str, messages: Sequence[str]) -> None:
        """Hand the agent what the lead says, if it says it in the present session.

        An order that was meant for an earlier session might meet another start of the agent, whose attempts
        the lead has given up already.
        """
        if session and session == self._session:
            self._queue.extend(message.encode() for message in messages)
            self._more.set()

    def hear(self, told: Told) -> None:
        """Pass on what the station tells."""
        if not self._session or told.session != self._session:
            return
        self._heard = time.monotonic()
        if told.lost is not None:
            self._break(told.lost)
        elif told.number != self._number + 1:
            _log.info("Agent %s: event %d came after %d.", self.agent_id, told.number, self._number)
            self._break("")
        else:
            self._number = told.number
            self._pass_on(told.data)

    def _pass_on(self, data: Sequence[str]) -> None:
        for before, message in enumerate(data):
            if message.startswith(_REFUSED):
                self._pass_on(data[:before])
                self._break(
                    _refusal(message.encode("ascii", "replace"))
                    or "The agent doesn't take this lead any more."
                )
                return
        if data:
            self._told_lost, self.has_failed = "", False
            self._tell({"from": self.agent_id, "session": self._session, "data": list(data)})

    def _break(self, why: str) -> None:
        """End the session; `why` is a sentence for the lead, "" to attach anew without a word."""
        self._session = ""
        if not self._broken.done():
            self._broken.set_result(why)

    # -- the task

    async def run(self) -> None:
        """Attach, and attach anew, until cancelled."""
        patience = self._patience
        wait = patience.first_wait
        while True:
            began = time.monotonic()
            why = await self._one_session()
            self._session = ""
            if why:
                self.lose(why)
            if time.monotonic() - began > patience.steady:
                wait = patience.first_wait
            await asyncio.sleep(wait)
            wait = min(wait * 2, patience.longest_wait)

    def lose(self, why: str) -> None:
        """Tell the lead that the agent can't be reached; the same sentence only once."""
        self._break(why)
        self.has_failed = True
        if why != self._told_lost:
            self._told_lost = why
            self._tell({"lost": self.agent_id, "why": why})

    async def _one_session(self) -> str:
        """From attaching to its end; why it ended, "" where the lead needn't know."""
        try:
            return await self._attach() or await self._relay()
        except NotReached as error:
            return str(error)
        except Exception:  # noqa: BLE001 (here a task begins)
            # A defect of ours may cost a session, not the agent.
            _log.exception("Agent %s can't be served.", self.agent_id)
            return f"The machine at {place(self.address)} can't be served; the courier's log tells why."

    async def _attach(self) -> str:
        # Before the call, since the first events may overtake its answer.
        self._queue.clear()
        self._session, self._number = secrets.token_hex(8), 0
        self._heard = time.monotonic()
        self._broken = asyncio.get_running_loop().create_future()
        answer = await self._stations.attach(self.address, self._fence, self._session)
        try:
            message = wire.decode(answer)
        except wire.BadMessage as error:
            return f"The agent at {place(self.address)} has another version of the program ({error})."
        if isinstance(message, wire.Refused):
            return message.why
        if not isinstance(message, wire.Welcome) or message.agent_id != self.agent_id:
            return f"Another agent answers at {place(self.address)} by now."
        self._heard = time.monotonic()
        return ""

    async def _relay(self) -> str:
        return await first_of(self._send(), self._miss(), asyncio.shield(self._broken))

    async def _send(self) -> str:
        """One call at a time; what is said meanwhile is joined into the next."""
        session = self._session
        while True:
            await self._more.wait()
            self._more.clear()
            while self._queue:
                self._delivering = True
                try:
                    if not await self._stations.deliver(self.address, session, self._take()):
                        return ""
                finally:
                    self._delivering = False

    def _take(self) -> list[bytes]:
        taken = [self._queue.popleft()]
        size = len(taken[0])
        while self._queue and size + len(self._queue[0]) <= _AT_ONCE:
            taken.append(self._queue.popleft())
            size += len(taken[-1])
        return taken

    async def _miss(self) -> str:
        """Return when nothing was heard for too long."""
        silence = self._patience.silence
        while (left := self._heard + silence - time.monotonic()) > 0:
            await asyncio.sleep(left)
        return f"The machine at {place(self.address)} was silent for {silence:.0f} seconds."


def _refusal(data: bytes) -> str | None:
    try:
        message = wire.decode(data)
    except wire.BadMessage:
        return None
    return message.why if isinstance(message, wire.Refused) else None
