"""Which agents the courier has contact with, and which workers of the engine are none of ours."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Coroutine, Sequence
from typing import Any

from farmgui.execution.engine.calls import NotReached, Stations, place
from farmgui.execution.engine.contact import USUAL, Contact, Patience, Tell, Told

_log = logging.getLogger(__name__)


class Roster:
    """Belongs to the event loop on which it was made."""

    def __init__(self, fence: int, stations: Stations, tell: Tell, *, patience: Patience = USUAL) -> None:
        """`tell` is given the lines for the lead."""
        self._fence = fence
        self._stations = stations
        self._tell = tell
        self._patience = patience
        self._contacts: dict[str, Contact] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        """By address: what finds out who is there, then what serves that agent."""
        self._left_out: dict[str, str] = {}
        self._told_left_out: dict[str, str] = {}

    # -- which workers there are

    def look(self, addresses: Collection[str]) -> None:
        """These are all workers of the engine now."""
        for address in [known for known in (*self._tasks, *self._left_out) if known not in addresses]:
            self.went(address)
        for address in addresses:
            self.came(address)

    def came(self, address: str) -> None:
        """There is a worker, new or known."""
        if address not in self._tasks:
            self._tasks[address] = self._begin(self._meet(address), address)

    def went(self, address: str) -> None:
        """That worker is gone; an agent that was there is lost at once."""
        why = (
            f"The machine at {place(address)} left the farm: the engine has no connection to it. "
            "It comes back by itself once it reaches the engine again."
        )
        self._end(address, why)
        self._left_out.pop(address, None)
        self._tell_left_out()
        # A machine with a copy of the agent's folder may take its place.
        for other in tuple(self._left_out):
            self.came(other)

    def lose_all(self, why: str) -> None:
        """The engine can't be reached: no agent can."""
        for address in tuple(self._tasks):
            self._end(address, why)

    def _end(self, address: str, why: str) -> None:
        task = self._tasks.pop(address, None)
        if task is not None:
            task.cancel()
        for contact in [one for one in self._contacts.values() if one.address == address]:
            del self._contacts[contact.agent_id]
            contact.lose(why)

    # -- who is there

    async def _meet(self, address: str) -> None:
        try:
            agent_id = await self._stations.who(address)
        except NotReached as error:
            self._leave_out(address, str(error))
            return
        if agent_id is None:
            self._leave_out(
                address,
                f"A worker of the engine at {place(address)} is no agent of this farm; it is given nothing. "
                "Machines join with the line that `farmgui cluster` prints.",
            )
            return
        known = self._contacts.get(agent_id)
        if known is not None and not known.has_failed:
            self._leave_out(
                address,
                f"The machine at {place(address)} has a copy of the folder of the agent at "
                f"{place(known.address)}; it is given nothing. Remove that folder from it, then have it join "
                "anew.",
            )
            return
        await self._serve(agent_id, address, known)

    async def _serve(self, agent_id: str, address: str, before: Contact | None) -> None:
        if before is not None:
            old = self._tasks.pop(before.address, None)
            if old is not None:
                old.cancel()
        contact = self._contacts[agent_id] = Contact(
            agent_id,
            address,
            fence=self._fence,
            stations=self._stations,
            tell=self._tell,
            patience=self._patience,
        )
        if self._left_out.pop(address, None) is not None:
            self._tell_left_out()
        await contact.run()

    def _leave_out(self, address: str, why: str) -> None:
        """Asked again with the next look."""
        self._tasks.pop(address, None)
        self._left_out[address] = why
        self._tell_left_out()

    def _tell_left_out(self) -> None:
        if self._left_out != self._told_left_out:
            self._told_left_out = dict(self._left_out)
            self._tell({"left_out": dict(self._left_out)})

    # -- what is said

    def say(self, agent_id: str, session: str, messages: Sequence[str]) -> None:
        """Hand an agent what the lead says."""
        contact = self._contacts.get(agent_id)
        if contact is not None:
            contact.say(session, messages)

    def hear(self, told: Told) -> None:
        """Pass on what a station tells."""
        contact = self._contacts.get(told.agent_id)
        if contact is not None:
            contact.hear(told)

    @property
    def is_settled(self) -> bool:
        """Whether all that the lead said has been handed on, or can't be."""
        return all(contact.is_settled for contact in self._contacts.values())

    async def close(self) -> None:
        """Leave no task."""
        tasks = tuple(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, coroutine: Coroutine[Any, Any, None], address: str) -> asyncio.Task[None]:
        task = asyncio.ensure_future(coroutine)
        task.add_done_callback(lambda done: self._see_end(done, address))
        return task

    def _see_end(self, task: asyncio.Task[None], address: str) -> None:
        if self._tasks.get(address) is task:
            del self._tasks[address]
        if not task.cancelled() and (error := task.exception()) is not None:
            # The next look tries once more.
            _log.error("The worker at %s can't be served.", address, exc_info=error)
