"""The log files of attempts, read in parts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from sqlalchemy import select

from farmgui.domain.errors import FarmError, NotFound
from farmgui.domain.snapshots import LogChunk
from farmgui.models import Attempt
from farmgui.services.database import Database

CHUNK: Final = 262_144
"""Bytes."""


class Logs:
    """Reads the log files of attempts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def path(self, attempt_id: int) -> Path:
        """Where the log of an attempt lies; it may not be there yet. Raises NotFound."""
        with self._database.reading() as session:
            log = session.scalar(select(Attempt.log).where(Attempt.id == attempt_id))
        if log is None:
            raise NotFound(f"There is no attempt {attempt_id}.")
        return Path(log)

    def read(self, attempt_id: int, offset: int | None, limit: int = CHUNK) -> LogChunk:
        """Up to `limit` bytes from `offset` on, or of the end where it is None; empty while there is no log.

        Raises FarmError where the attempt isn't known or its log can't be read.
        """
        path = self.path(attempt_id)
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                start = max(0, size - limit) if offset is None else offset
                file.seek(start)
                return LogChunk(start, file.read(limit), size)
        except FileNotFoundError:
            return LogChunk(0, b"", 0)
        except OSError as error:
            raise FarmError(f"The log {path} can't be read: {error.strerror}.") from error
