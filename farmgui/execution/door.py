"""The agent's door: leads come in by a socket; one with an outdated fence or another protocol does not."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Listener
from typing import Final

from farmgui.execution import platforms, wire
from farmgui.execution.desk import Desk
from farmgui.execution.folder import AgentFolder
from farmgui.execution.link import Link, LinkLost
from farmgui.execution.outbox import Outbox

_log = logging.getLogger(__name__)
_HELLO_WITHIN: Final = 10.0


class Door:
    """Each lead is heard by a thread of its own, until it goes or another takes its place."""

    def __init__(
        self, folder: AgentFolder, incarnation: str, desk: Desk, outbox: Outbox, end: Callable[[], None]
    ) -> None:
        """Begin to listen. Raises OSError."""
        self._folder = folder
        self._incarnation = incarnation
        self._desk = desk
        self._outbox = outbox
        self._end = end
        self._lock = threading.Lock()
        self._highest_fence = folder.highest_fence()
        self._closed = False
        platforms.remove_socket(folder.address)
        self._listener = Listener(folder.address, platforms.SOCKET_FAMILY, backlog=16)

    def run(self) -> None:
        """Let leads in until closed."""
        while not self._closed:
            try:
                link = Link(self._listener.accept())
                threading.Thread(target=self._hear, args=(link,), name="lead", daemon=True).start()
            except (OSError, RuntimeError) as error:
                if not self._closed:
                    _log.warning("A lead could not be let in: %s.", error)
                    time.sleep(0.1)

    def close(self) -> None:
        """Let nobody in any more."""
        self._closed = True
        self._listener.close()

    def _hear(self, link: Link) -> None:
        try:
            if self._admit(link):
                while True:
                    message = link.receive()
                    if message is None or not self._outbox.is_attached(link):
                        break
                    self._desk.take(message, self._end)
        except LinkLost as error:
            _log.info("A lead went: %s.", error)
        finally:
            self._outbox.detach(link)
            link.close()

    def _admit(self, link: Link) -> bool:
        hello = link.receive(_HELLO_WITHIN)
        if not isinstance(hello, wire.Hello):
            return False
        with self._lock:
            why = self._objection(hello)
            if why is None:
                self._remember(hello.fence)
                link.send(wire.encode(wire.Welcome(self._folder.agent_id, self._incarnation)))
                self._outbox.attach(link)
        if why is not None:
            _log.warning("A lead was refused: %s", why)
            link.send(wire.encode(wire.Refused(why)))
        return why is None

    def _objection(self, hello: wire.Hello) -> str | None:
        if hello.protocol != wire.PROTOCOL:
            return (
                "The agent that runs here is of another version of the program. It ends by itself some "
                "minutes after its tasks; start this version again then."
            )
        if hello.fence < self._highest_fence:
            known = self._highest_fence
            return f"Another program leads this farm by now (its number is {known}, ours {hello.fence})."
        return None

    def _remember(self, fence: int) -> None:
        if fence == self._highest_fence:
            return
        self._highest_fence = fence
        try:
            self._folder.keep_fence(fence)
        except OSError as error:
            _log.error("The fence %d is only in memory: %s", fence, error)
