"""A task's process: started without a shell in its own group, read, and ended with all that it started."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from farmgui.domain.states import AttemptState
from farmgui.execution import platforms
from farmgui.execution.clock import awake_time
from farmgui.execution.family import ATTEMPT_VARIABLE, end_whole, marked, with_descendants
from farmgui.execution.platforms import Exit, ProcessRow

_READ: Final = 2**16
_LEFTOVER_GRACE: Final = 1.0
"""What is left when the main process has ended by itself is asked to end for so long."""


class CannotStart(Exception):
    """The process can't be started; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Why we end a process: the state that its attempt gets, and the reason where that is FAILED."""

    state: AttemptState
    reason: str | None = None


class TaskProcess:
    """One thread reads and waits; any thread may end it."""

    def __init__(
        self, argv: Sequence[str], token: str, *, cwd: str, environ: Mapping[Any, Any], nice: int
    ) -> None:
        """Start it; `environ` comes from platforms.environ_for, without the token. Raises CannotStart."""
        self.token = token
        self.time_started = time.time()
        self.ending: Ending | None = None
        self.watched = False
        """Set by the watch when the process has lived long enough to be looked at."""
        self.began: Final = awake_time()
        self.heard = self.began
        """When it wrote last, or was started; both by the clock that stands still while we sleep."""
        self._lock = threading.Lock()
        self._reaped = False
        self._ender: threading.Thread | None = None
        self._output, end = os.pipe()
        try:
            self._process = _start(
                argv, cwd, {**environ, **platforms.environ_for({ATTEMPT_VARIABLE: token})}, end
            )
        except BaseException:
            os.close(self._output)
            raise
        finally:
            os.close(end)
        self.pid: Final = self._process.pid
        platforms.set_nice(self.pid, nice)

    @property
    def age(self) -> float:
        """Seconds since it was started."""
        return awake_time() - self.began

    def read(self) -> bytes:
        """What it wrote next, on stdout or stderr; empty when there is nothing more to come."""
        data = os.read(self._output, _READ)
        self.heard = awake_time()
        return data

    def wait(self) -> Exit:
        """Wait until it has ended, and end what it left. To be called once, after the last `read`."""
        os.close(self._output)
        platforms.wait_for_end(self._process)
        with self._lock:
            result = platforms.reap(self._process)
            self._reaped = True
            ender = self._ender
        if ender is not None:
            ender.join()
        if self.watched or platforms.group_is_alive(self.pid):
            end_whole(self.family, _LEFTOVER_GRACE)
        return result

    def end(self, ending: Ending, grace: float) -> None:
        """End it and all that it started; returns at once. What comes first, its own end or this, counts."""
        with self._lock:
            if self._reaped:
                return
            if platforms.has_ended(self._process):
                self._end_family(_LEFTOVER_GRACE)
            else:
                self.ending = self.ending or ending
                self._end_family(grace)

    def end_leftovers(self) -> None:
        """If it has ended by itself and something that it left keeps its output open: end that."""
        with self._lock:
            if not self._reaped and platforms.has_ended(self._process):
                self._end_family(_LEFTOVER_GRACE)

    def family(self, table: Mapping[int, ProcessRow] | None = None) -> Collection[int]:
        """The living processes that belong to it, also those that left its group."""
        if table is None:
            table = platforms.process_table()
        roots = {pid for pid, row in table.items() if row.group == self.pid}
        roots |= marked(ATTEMPT_VARIABLE, self.token)
        if not self._reaped:
            roots.add(self.pid)
        return with_descendants(roots, table)

    def kin(self, table: Mapping[int, ProcessRow]) -> Collection[int]:
        """Like `family`, without looking into environments: good enough to add up memory."""
        return with_descendants(
            {self.pid, *(pid for pid, row in table.items() if row.group == self.pid)}, table
        )

    def _end_family(self, grace: float) -> None:
        if self._ender is None:
            self._ender = threading.Thread(target=end_whole, args=(self.family, grace), daemon=True)
            self._ender.start()


def exit_sentence(status: int) -> str:
    """How a process ended, in words."""
    if status >= 0:
        return f"The program ended with exit status {status}."
    name = (signal.strsignal(-status) or "unknown").lower()
    return f"The program was ended by signal {-status} ({name})."


def _start(argv: Sequence[str], cwd: str, environ: Mapping[Any, Any], end: int) -> subprocess.Popen[bytes]:
    if not argv or not argv[0]:
        raise CannotStart("There is no command to run.")
    try:
        # No preexec_fn: Python then starts the process without copying the agent's memory.
        process: subprocess.Popen[bytes] = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=end,
            stderr=end,
            cwd=cwd,
            env=environ,
            **platforms.start_options(),
        )
        return process
    except (OSError, ValueError) as error:
        raise CannotStart(_why_not(argv[0], cwd, error)) from error


def _why_not(program: str, cwd: str, error: OSError | ValueError) -> str:
    if not Path(cwd).is_dir():
        return f"The folder {cwd} is not on this machine."
    if isinstance(error, FileNotFoundError):
        if os.sep in program and Path(program).exists():
            return f"The program {program} can't be started: the interpreter that it names isn't here."
        return f"The program {program} is not on this machine."
    if isinstance(error, PermissionError):
        return f"The program {program} may not be run: it is no program, or its rights forbid it."
    if isinstance(error, OSError) and error.errno == errno.E2BIG:
        return "The command is longer than the system takes. Make the batch smaller."
    why = error.strerror if isinstance(error, OSError) else str(error)
    return f"The program {program} can't be started: {why}."
