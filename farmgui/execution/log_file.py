"""The log of one attempt: a line of ours, the program's output as it came, and how it ended."""

from __future__ import annotations

import contextlib
import errno
import os
import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_LONGEST_COMMAND: Final = 4000


class LogError(Exception):
    """The log can't be written; the text is a sentence."""


class AttemptLog:
    """An open log file; not shared between threads."""

    def __init__(self, path: str, header: str) -> None:
        """Begin the log, with its folder if need be. Raises LogError."""
        self._path = path
        self._file: int | None = None
        self._line_is_open = False
        try:
            self._file = _open(path)
        except (OSError, ValueError) as error:
            raise self._error(error) from error
        try:
            self.write(header.encode("utf-8", "backslashreplace"))
        except LogError:
            self._close()
            raise

    def write(self, data: bytes) -> None:
        """Append `data`. Raises LogError."""
        if self._file is None or not data:
            return
        self._line_is_open = not data.endswith(b"\n")
        try:
            written = os.write(self._file, data)
            while written < len(data):
                written += os.write(self._file, data[written:])
        except OSError as error:
            raise self._error(error) from error

    def end(self, footer: str) -> None:
        """Close the log with a last line; what the attempt did is not in doubt when that can't be written."""
        start = "\n" if self._line_is_open else ""
        with contextlib.suppress(LogError):
            self.write(f"{start}{footer}".encode("utf-8", "backslashreplace"))
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            # A full network disk says so only here.
            with contextlib.suppress(OSError):
                os.close(self._file)
            self._file = None

    def _error(self, error: OSError | ValueError) -> LogError:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return LogError(
                f"The disk is full where logs are kept ({self._path}). Make room there, then rerun."
            )
        why = error.strerror if isinstance(error, OSError) else str(error)
        return LogError(f"The log can't be written ({self._path}): {why}.")


def rotate(log: Path, most: int = 1_000_000) -> None:
    """Begin `log` anew where it has more than `most` bytes; what it said before stays beside it, as `.1`."""
    # Another process may hold it open, which some systems mind: then it goes on growing until the next start.
    with contextlib.suppress(OSError):
        if log.stat().st_size > most:
            log.replace(log.with_name(f"{log.name}.1"))


def header(command: Sequence[str], *, folder: str, agent: str) -> str:
    """The first line of a log. The command is quoted for a shell, to be read and not to be run."""
    shown = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in shlex.join(command))
    if len(shown) > _LONGEST_COMMAND:
        shown = shown[:_LONGEST_COMMAND] + " …"
    return f"# {_now()} · agent {agent} · folder {folder} · command {shown}\n"


def footer(how: str, seconds: float | None) -> str:
    """The last line of a log."""
    if seconds is not None:
        took = f"after {seconds:.1f} s"
        how = f"{how} ({took})" if how.endswith(".") else f"{how} {took}"
    return f"# {_now()} · {how}\n"


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S %z")


def _open(path: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
    try:
        return os.open(path, flags, 0o666)
    except FileNotFoundError:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o666)
