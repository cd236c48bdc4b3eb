"""The engine's end on a machine that joined: passes on what a lead and the agent process say to each other.

`who`, `attach` and `deliver` are called from elsewhere, by the engine's client; they never hold up its loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from distributed import Worker, WorkerPlugin

from farmgui.domain.errors import FarmError
from farmgui.execution import wire
from farmgui.execution.agent_process import AgentProcess, NoContact, Talk
from farmgui.execution.link import Link, LinkLost

_log = logging.getLogger(__name__)
NAME: Final = "farmgui"
"""Of the plugin, and of the topic under which the engine hands on what agents tell."""
_HOLDING: Final = b'{"kind":"holding",'
"""How a message begins that tells what the agent holds."""
_LAST_NEWS_WITHIN: Final = 2.0
T = TypeVar("T")
Publish = Callable[[dict[str, Any]], None]


def who(dask_worker: Worker) -> str | None:
    """The agent of the station there; None where there is no station."""
    station = _station(dask_worker)
    return None if station is None else station.agent_id


async def attach(fence: int, session: str, *, dask_worker: Worker) -> bytes:
    """Connect the station to its agent as the lead with this fence; an earlier session ends.

    The agent is started where there is none. Returns its answer: an encoded Welcome, or Refused, also where
    it can't be reached. What it tells from now on is logged as events with `session`.
    """
    station = _station(dask_worker)
    if station is None:
        return wire.encode(wire.Refused("There is no agent of a farm on this machine."))
    return await station.attach(fence, session)


def deliver(session: str, data: Sequence[bytes], *, dask_worker: Worker) -> bool:
    """Hand encoded messages to the agent in order; False where that session is over."""
    station = _station(dask_worker)
    return station is not None and station.deliver(session, data)


class StationPlugin(WorkerPlugin):
    """A part of one Worker of the engine; the agent process outlives it."""

    name = NAME

    def __init__(self, process: AgentProcess) -> None:
        """Raises FarmError where the agent's folder can't be used."""
        self._process = process
        self._closing = threading.Event()
        self._attachment: _Attachment | None = None
        self._log_event: Callable[[str, Any], None]
        self.agent_id: Final = process.folder().agent_id

    def setup(self, worker: Worker) -> None:
        """Have the agent started, so that it is there when a lead comes."""
        self._log_event = worker.log_event
        threading.Thread(target=self._make_ready, name="agent's start", daemon=True).start()

    def teardown(self, worker: Worker) -> None:  # noqa: ARG002 (it is ours)
        """Leave the agent, which goes on with its tasks."""
        self._closing.set()
        if self._attachment is not None:
            self._attachment.end()

    async def attach(self, fence: int, session: str) -> bytes:
        """As the function."""
        before = self._attachment
        if before is not None and fence < before.fence:
            # It is late, and must not disturb who leads by now.
            return wire.encode(wire.Refused("Another program leads this farm by now."))
        attachment = self._attachment = _Attachment(session, fence, self._publish)
        if before is not None:
            before.end()
        return await in_thread(partial(self._connect, attachment), "agent's contact")

    def deliver(self, session: str, data: Sequence[bytes]) -> bool:
        """As the function."""
        attachment = self._attachment
        return attachment is not None and attachment.session == session and attachment.say(data)

    def end_agent(self) -> None:
        """Have the agent end what runs, then itself; returns when its last news are on their way."""
        attachment = self._attachment
        told = attachment is not None and attachment.say([wire.encode(wire.End())])
        self._process.end_whatever_it_does(told=told)
        if attachment is not None and told:
            attachment.over.wait(_LAST_NEWS_WITHIN)

    def _make_ready(self) -> None:
        try:
            self._process.meet(self._process.folder().highest_fence(), self._closing).close()
        except (NoContact, FarmError, OSError) as error:
            # The next lead that comes tries again, and is told.
            _log.warning("The agent is not ready: %s", error)

    def _connect(self, attachment: _Attachment) -> bytes:
        try:
            link = self._process.meet(attachment.fence, attachment.ending)
            attachment.hold(link)
            welcome = self._process.greet(link, attachment.fence)
        except (NoContact, FarmError, OSError) as error:
            attachment.abandon()
            return wire.encode(wire.Refused(str(error)))
        attachment.begin(self._process.serves)
        return wire.encode(welcome)

    def _publish(self, news: dict[str, Any]) -> None:
        self._log_event(NAME, {"agent": self.agent_id, **news})


class _Attachment:
    """A session: what comes from the agent in it is published with numbers from 1."""

    def __init__(self, session: str, fence: int, publish: Publish) -> None:
        self.session: Final = session
        self.fence: Final = fence
        self.ending: Final = threading.Event()
        """Another session takes its place, or the station closes."""
        self.over: Final = threading.Event()
        self._publish = publish
        self._lock = threading.Lock()
        self._talk: Talk | None = None
        self._number = 0

    def hold(self, link: Link) -> None:
        """Take the link. Raises NoContact where this session is to end already; the link is closed then."""
        with self._lock:
            if not self.ending.is_set():
                self._talk = Talk(link)
                return
        link.close()
        raise NoContact("Another session with the agent has begun meanwhile.")

    def begin(self, serves: Callable[[int], None]) -> None:
        """Pass on what either side says; `serves` is told the agent's pid."""
        if self._talk is not None:
            self._talk.begin()
            reader = threading.Thread(
                target=self._read, args=(self._talk, serves), name="from the agent", daemon=True
            )
            reader.start()

    def say(self, data: Sequence[bytes]) -> bool:
        """Have messages sent; False where nobody hears them."""
        talk = self._talk
        if talk is None or not talk.has_begun or self.ending.is_set() or self.over.is_set():
            return False
        for one in data:
            talk.say(one)
        return True

    def end(self) -> None:
        """End it without a word; whoever waits in it, wakes."""
        with self._lock:
            self.ending.set()
            if self._talk is not None:
                self._talk.link.break_off()

    def abandon(self) -> None:
        """Close the link of a session that didn't begin."""
        with self._lock:
            talk, self._talk = self._talk, None
        self.over.set()
        if talk is not None:
            talk.abandon()

    def _read(self, talk: Talk, serves: Callable[[int], None]) -> None:
        try:
            while (data := talk.link.receive_data()) is not None:
                if data.startswith(_HOLDING):
                    _tell_pid(data, serves)
                self._tell({"data": [data.decode("ascii")]})
        except (LinkLost, UnicodeDecodeError) as error:
            if not self.ending.is_set():
                self._tell({"lost": f"The connection to the agent process broke: {error}."})
        finally:
            self.over.set()
            talk.abandon()

    def _tell(self, news: dict[str, Any]) -> None:
        self._number += 1
        self._publish({"session": self.session, "number": self._number, **news})


def _station(worker: Worker) -> StationPlugin | None:
    found = worker.plugins.get(NAME)
    return found if isinstance(found, StationPlugin) else None


def _tell_pid(data: bytes, serves: Callable[[int], None]) -> None:
    with contextlib.suppress(wire.BadMessage):
        message = wire.decode(data)
        if isinstance(message, wire.Holding):
            serves(message.inventory.pid)


def in_thread(work: Callable[[], T], name: str) -> Awaitable[T]:
    """Like `asyncio.to_thread`, but a program that ends doesn't wait for it."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def settle(settling: Callable[[Any], None], value: object) -> None:
        if not result.done():
            settling(value)

    def run() -> None:
        try:
            value = work()
        except Exception as error:  # noqa: BLE001 (here a thread begins)
            told = partial(settle, result.set_exception, error)
        else:
            told = partial(settle, result.set_result, value)
        # The loop may be closed by now; then nobody waits.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(told)

    threading.Thread(target=run, name=name, daemon=True).start()
    return result
