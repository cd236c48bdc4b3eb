"""What this machine sees: whether files can be read and folders written into, tried and not guessed."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import stat
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from farmgui.domain.sights import Blindness, Sight
from farmgui.execution import wire

_log = logging.getLogger(__name__)
_AT_ONCE: Final = 8
_WAITING: Final = 1000
_Question: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]


def look(reads: Sequence[str], writes: Sequence[str]) -> Sight:
    """The first thing that is wrong. Waits as long as a share that hangs does; leaves nothing behind."""
    for path in reads:
        problem = _reading(path)
        if problem is not None:
            return Sight(problem, path)
    for path in writes:
        sight = _writing(path)
        if sight.problem is not None:
            return sight
    return Sight()


class Looking:
    """Looks on threads of its own, some at once, so that a share that hangs holds up nothing else."""

    def __init__(
        self,
        tell: Callable[[wire.Seen], None],
        look: Callable[[Sequence[str], Sequence[str]], Sight] = look,
    ) -> None:
        """`tell` gets the answers, on those threads.

        Where a question is asked again while it waits or is looked at, only its newest number is answered.
        """
        self._tell = tell
        self._look = look
        self._lock = threading.Lock()
        self._numbers: dict[_Question, int] = {}
        """The newest number of each question that has no answer yet."""
        self._waiting: deque[_Question] = deque()
        self._looking = 0

    def ask(self, asked: wire.Look) -> None:
        """Have an answer told; returns at once. Of too many questions the last ones are never answered."""
        question = (asked.reads, asked.writes)
        with self._lock:
            known = question in self._numbers
            if not known and len(self._waiting) >= _WAITING:
                _log.warning("There are too many questions about files; a share may hang.")
                return
            self._numbers[question] = asked.number
            if not known:
                self._waiting.append(question)
            if not self._waiting or self._looking >= _AT_ONCE:
                return
            self._looking += 1
        try:
            threading.Thread(target=self._run, name="looking", daemon=True).start()
        except RuntimeError as error:
            _log.warning("There is no room for another thread: %s.", error)
            with self._lock:
                self._looking -= 1

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._looking -= 1
                    return
                question = self._waiting.popleft()
            sight = self._look(*question)
            with self._lock:
                number = self._numbers.pop(question)
            self._tell(wire.Seen(number, sight.problem, sight.path))


def _reading(path: str) -> Blindness | None:
    # A relative path, or one of another kind of system, would be looked for in our own folder.
    if not os.path.isabs(path):  # noqa: PTH117 (a text, which may be no path at all)
        return Blindness.UNSEEN
    try:
        if stat.S_ISDIR(os.stat(path).st_mode):  # noqa: PTH116
            os.scandir(path).close()
        else:
            # Nobody may write into a pipe that has this name.
            os.close(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)))
    except PermissionError:
        return Blindness.UNREADABLE
    except (OSError, ValueError):
        return Blindness.UNSEEN
    return None


def _writing(folder: str) -> Sight:
    if not os.path.isabs(folder):  # noqa: PTH117
        return Sight(Blindness.UNSEEN, folder)
    there = _nearest(folder)
    if there is None:
        return Sight(Blindness.UNWRITABLE, folder)
    if there == folder:
        return Sight() if _can_write(folder) else Sight(Blindness.UNWRITABLE, folder)
    if os.path.dirname(there) == there:  # noqa: PTH120
        # The share isn't mounted: made here, the folder would lie on a disk of this machine.
        return Sight(Blindness.UNSEEN, folder)
    if _can_write(there):
        return Sight()
    return Sight(Blindness.UNSEEN, folder) if _is_of_the_system(there) else Sight(Blindness.UNWRITABLE, there)


def _nearest(folder: str) -> str | None:
    """The folder itself or the next one above it that is there; None where that can't be told."""
    while True:
        try:
            os.stat(folder)  # noqa: PTH116
        except PermissionError:
            return None
        except (OSError, ValueError):
            above = os.path.dirname(folder)  # noqa: PTH120
            if above == folder:
                return above
            folder = above
        else:
            return folder


def _can_write(folder: str) -> bool:
    path = os.path.join(folder, f".farmgui-{secrets.token_hex(8)}")  # noqa: PTH118
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except (OSError, ValueError):
        return False
    written = True
    try:
        # A disk that is full, or of which we have our share, takes the name but no byte.
        os.write(file, b"farmgui\n")
    except OSError:
        written = False
    finally:
        with contextlib.suppress(OSError):
            os.close(file)
        try:
            os.unlink(path)  # noqa: PTH108
        except OSError as error:
            _log.warning("%s can't be removed: %s.", path, error)
    return written


def _is_of_the_system(folder: str) -> bool:
    """Whether a folder lies on the system's own disk: what is missing below it is a share, not a right."""
    top = os.path.abspath(os.sep)  # noqa: PTH100
    try:
        return os.stat(folder).st_dev == os.stat(top).st_dev  # noqa: PTH116
    except OSError:
        return True
