"""One connection between a lead and an agent: whole messages of limited length, in order."""

from __future__ import annotations

import threading

from farmgui.execution import platforms, wire
from farmgui.execution.platforms import AnyConnection


class LinkLost(Exception):
    """The connection is of no use any more; the text says why."""


class Link:
    """Any thread may send or break; one thread receives, and closes."""

    def __init__(self, connection: AnyConnection) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self._ending = threading.Lock()
        self._closed = False
        self._broken = threading.Event()

    def send(self, data: bytes) -> None:
        """Send an encoded message; waits while the other side is slow. Raises LinkLost."""
        try:
            with self._sending:
                self._connection.send_bytes(data)
        except (OSError, ValueError) as error:
            raise LinkLost(f"sending failed: {error}") from error

    def receive(self, timeout: float | None = None) -> wire.Message | None:
        """The next message; None when none came within `timeout` seconds. Raises LinkLost."""
        data = self.receive_data(timeout)
        if data is None:
            return None
        try:
            return wire.decode(data)
        except wire.BadMessage as error:
            self._broken.set()
            raise LinkLost(f"a message was not understood ({error})") from error

    def receive_data(self, timeout: float | None = None) -> bytes | None:
        """The next message as it came, for one who passes it on; else as `receive`."""
        try:
            return self._receive(timeout)
        except LinkLost:
            self._broken.set()
            raise

    def wait_broken(self, timeout: float) -> bool:
        """Wait until the thread that receives has found that the other side is gone."""
        return self._broken.wait(timeout)

    def _receive(self, timeout: float | None) -> bytes | None:
        try:
            if timeout is not None and not self._connection.poll(timeout):
                return None
            return self._connection.recv_bytes(wire.MAX_BYTES)
        except EOFError as error:
            raise LinkLost("the other side is gone") from error
        except (OSError, ValueError) as error:
            raise LinkLost(f"receiving failed: {error}") from error

    def break_off(self) -> None:
        """End the connection from any thread; who waits in it gets LinkLost."""
        with self._ending:
            if not self._closed:
                platforms.break_connection(self._connection)

    def close(self) -> None:
        """Give the connection back to the system; only when no other thread uses it any more."""
        self.break_off()
        with self._sending, self._ending:
            self._closed = True
            self._connection.close()
