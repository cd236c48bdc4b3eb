"""Brings the log of the database into its file beside the lead's work: no commit has to wait for the disk."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from farmgui.execution.precedence import give_way
from farmgui.services.database import BUSY_SECONDS

SECONDS: Final = 1.0
LEAST: Final = 4_000_000
"""Bytes of log below which it isn't worth it."""


class Checkpoints:
    """A thread that looks at the log of the database at `path` once a second.

    Others write and read meanwhile. What it doesn't get done a commit does, when the log has become long.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._log = path.with_name(f"{path.name}-wal")
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._work, name="farmgui-checkpoints", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self._thread.join()

    def _work(self) -> None:
        give_way()
        connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            while not self._closed.wait(SECONDS):
                # What is wrong with the disk is told by who has something to write.
                with suppress(sqlite3.Error, OSError):
                    if self._log.stat().st_size > LEAST:
                        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").close()
        finally:
            connection.close()
