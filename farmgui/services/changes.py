"""News of the database: tells who has subscribed that somebody, here or in another process, changed it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from typing import Final

from farmgui.services.database import BUSY_SECONDS, Database

POLL_SECONDS: Final = 0.025


class Changes:
    """A thread that looks for commits of other connections, by SQLite's data version (3 µs a look)."""

    def __init__(self, database: Database, poll: float = POLL_SECONDS) -> None:
        self._path = database.path
        self._poll = poll
        self._callbacks: tuple[Callable[[], None], ...] = ()
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._closed = threading.Event()
        self._look = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="farmgui-changes", daemon=True)
        self._thread.start()
        # What is committed from here on is told.
        self._ready.wait()

    def subscribe(self, callback: Callable[[], None]) -> None:
        """Have `callback` called after each change, on this thread: it must only signal."""
        with self._lock:
            self._callbacks = (*self._callbacks, callback)

    def unsubscribe(self, callback: Callable[[], None]) -> None:
        """Call `callback` no more."""
        with self._lock:
            self._callbacks = tuple(known for known in self._callbacks if known != callback)

    def look(self) -> None:
        """Look at once instead of at the next turn: a change was just made here."""
        self._look.set()

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self._look.set()
        self._thread.join()

    def _watch(self) -> None:
        connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            version, revision = self._version(connection), self._revision(connection)
            self._ready.set()
            while not self._closed.is_set():
                self._look.wait(self._poll)
                self._look.clear()
                newest = self._version(connection)
                if newest == version:
                    continue
                version = newest
                # A renewed lease is a commit too, but no news.
                old, revision = revision, self._revision(connection)
                if revision != old:
                    for callback in self._callbacks:
                        callback()
        finally:
            self._ready.set()
            connection.close()

    @staticmethod
    def _version(connection: sqlite3.Connection) -> int:
        return int(connection.execute("PRAGMA data_version").fetchone()[0])

    @staticmethod
    def _revision(connection: sqlite3.Connection) -> int:
        return int(connection.execute("SELECT revision FROM farm WHERE id = 1").fetchone()[0])
