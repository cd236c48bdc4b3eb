"""The agent's journal: results that no lead acknowledged yet, and the processes that were started.

A file to which lines are appended, so that it survives the agent's death at any moment; a torn last line is
left out when it is read again. When it can't be written, results are kept in memory and the journal says so.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from farmgui.domain.reports import Finished
from farmgui.execution import wire
from farmgui.execution.folder import write_whole

_log = logging.getLogger(__name__)
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"))
_COMPACT_AFTER: Final = 4000
"""Lines that were appended since the file was last written whole."""
_TRY_AGAIN: Final = 1.0
"""Seconds between two trials to write the file whole after an error."""


@dataclass(frozen=True, slots=True)
class StartedProcess:
    """A process that the agent started: enough to know it again. `time` is about when it was created."""

    token: str
    pid: int
    time: float


class Journal:
    """Safe to use from several threads; nothing here raises for a disk that is full."""

    def __init__(self, path: Path) -> None:
        """Read what is there. Raises OSError where the file can't be read."""
        self._path = path
        self._lock = threading.Lock()
        self._file: int | None = None
        self._appended = 0
        self._failed_at: float | None = None
        self.problem: str | None = None
        """Why results are only in memory, a sentence; None while all is well."""
        self.results: dict[str, bytes] = {}
        """Encoded `Finished` by token, in the order of their time."""
        self.processes: dict[str, StartedProcess] = {}
        """What runs now; after reading: what an agent before us left running, perhaps."""
        self._read()
        self._compact()

    def started(self, token: str, pid: int, when: float) -> None:
        """Record a process before its task is reported as started."""
        with self._lock:
            self.processes[token] = StartedProcess(token, pid, when)
            self._append(b'{"started":%b}\n' % _plain([token, pid, when]))

    def ended(self, token: str) -> None:
        """The process of `token` is gone."""
        with self._lock:
            if self.processes.pop(token, None):
                self._append(b'{"ended":%b}\n' % _plain(token))

    def finished(self, token: str, event: bytes) -> None:
        """Keep an encoded `Finished` until it is acknowledged."""
        with self._lock:
            self.results[token] = event
            self._append(b'{"finished":%b}\n' % event)

    def acknowledge(self, tokens: Iterable[str]) -> list[str]:
        """Forget results; returns the tokens of those that were here."""
        with self._lock:
            known = [token for token in tokens if self.results.pop(token, None) is not None]
            if known:
                self._append(b'{"acknowledged":%b}\n' % _plain(known))
            return known

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    # -- reading

    def _read(self) -> None:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return
        for number, line in enumerate(data.split(b"\n"), 1):
            if not line:
                continue
            try:
                self._replay(json.loads(line))
            except (ValueError, TypeError, AttributeError, wire.BadMessage):
                # The last line is torn when the agent was killed while it wrote.
                _log.warning("Line %d of %s can't be read and is left out.", number, self._path)

    def _replay(self, record: dict[str, object]) -> None:
        [(kind, value)] = record.items()
        if kind == "finished":
            event = wire.decode_event(_plain(value))
            if isinstance(event, Finished):
                self.results[event.token] = wire.encode(event)
        elif kind == "started" and isinstance(value, list):
            token, pid, when = value
            self.processes[str(token)] = StartedProcess(str(token), int(pid), float(when))
        elif kind == "ended":
            self.processes.pop(str(value), None)
        elif kind == "acknowledged" and isinstance(value, list):
            for token in value:
                self.results.pop(str(token), None)

    # -- writing

    def _append(self, line: bytes) -> None:
        if self._failed_at is not None or self._appended >= _COMPACT_AFTER:
            # What is to be appended is in memory already, so writing the whole file writes it too.
            self._compact()
            return
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            if os.write(self._file, line) != len(line):
                self._failed("the disk is full")
            self._appended += 1
        except OSError as error:
            self._failed(error.strerror or str(error))

    def _compact(self) -> None:
        """Write the file anew with what still counts."""
        if self._failed_at is not None and time.monotonic() - self._failed_at < _TRY_AGAIN:
            return
        lines = [
            b'{"started":%b}\n' % _plain([one.token, one.pid, one.time]) for one in self.processes.values()
        ]
        lines += [b'{"finished":%b}\n' % event for event in self.results.values()]
        if self._file is not None:
            os.close(self._file)
            self._file = None
        try:
            write_whole(self._path, b"".join(lines))
        except OSError as error:
            self._failed(error.strerror or str(error))
            return
        if self._failed_at is not None:
            _log.warning("The journal can be written again.")
        self._failed_at, self.problem, self._appended = None, None, 0

    def _failed(self, why: str) -> None:
        if self._failed_at is None:
            self.problem = (
                f"The agent can't write its journal ({self._path}: {why}): results that are not taken "
                "would be lost if the agent died. Make room there."
            )
            _log.error(self.problem)
        self._failed_at = time.monotonic()


def _plain(value: object) -> bytes:
    return _ENCODER.encode(value).encode("ascii")
