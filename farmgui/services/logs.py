"""The log files of attempts, read in parts, whether they were compressed meanwhile or not."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import IO, Final

from sqlalchemy import select

from farmgui.domain.errors import FarmError, NotFound
from farmgui.domain.snapshots import LogChunk
from farmgui.models import Attempt
from farmgui.services import log_blocks
from farmgui.services.database import Database

CHUNK: Final = 262_144
"""Bytes."""


class Logs:
    """Reads the log files of attempts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def path(self, attempt_id: int) -> Path:
        """Where the log of an attempt lies; it may not be there yet, or compressed. Raises NotFound."""
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
            return _read(path, offset, limit)
        except OSError as error:
            raise FarmError(f"The log {path} can't be read: {error.strerror}.") from error
        except log_blocks.BadLog as error:
            raise FarmError(f"The log {compressed(path)} can't be read: {error}.") from error

    def plain_file(self, attempt_id: int) -> Path:
        """The log as a file that any program opens: itself, or a temporary copy of one that was compressed.

        Raises FarmError.
        """
        path = self.path(attempt_id)
        if path.exists() or not compressed(path).exists():
            return path
        try:
            with (
                compressed(path).open("rb") as file,
                tempfile.NamedTemporaryFile(prefix=f"{path.stem}-", suffix=".log", delete=False) as copy,
            ):
                length, place = log_blocks.size(file), 0
                while place < length:
                    copy.write(log_blocks.read(file, place, log_blocks.BLOCK))
                    place += log_blocks.BLOCK
                shutil.copystat(compressed(path), copy.name)
                return Path(copy.name)
        except (OSError, log_blocks.BadLog) as error:
            raise FarmError(f"The log {compressed(path)} can't be read: {error}.") from error


def compressed(path: Path) -> Path:
    """Where a log lies once it was compressed."""
    return path.with_name(f"{path.name}.gz")


def _read(path: Path, offset: int | None, limit: int) -> LogChunk:
    # Compressing puts the new file there before it takes the old one away.
    for name, read in ((path, _read_plain), (compressed(path), _read_compressed), (path, _read_plain)):
        try:
            with name.open("rb") as file:
                return read(file, offset, limit)
        except FileNotFoundError:
            continue
    return LogChunk(0, b"", 0)


def _read_plain(file: IO[bytes], offset: int | None, limit: int) -> LogChunk:
    size = os.fstat(file.fileno()).st_size
    start = max(0, size - limit) if offset is None else offset
    file.seek(start)
    return LogChunk(start, file.read(limit), size)


def _read_compressed(file: IO[bytes], offset: int | None, limit: int) -> LogChunk:
    size = log_blocks.size(file)
    start = max(0, size - limit) if offset is None else offset
    return LogChunk(start, log_blocks.read(file, start, limit), size)
