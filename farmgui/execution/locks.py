"""Locks between processes: waited for, held for a while, looked at."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from farmgui.domain.errors import FarmError
from farmgui.execution import platforms

_LOOK: Final = 0.005
"""Seconds between two tries."""


def wait_for_lock(path: Path, within: float) -> int | None:
    """Take the lock of `path`; None where another process has it for so many seconds. Raises OSError.

    It is held until the file that is returned is closed, or the process ends.
    """
    until = time.monotonic() + within
    while (lock := platforms.lock_file(path)) is None and time.monotonic() < until:
        time.sleep(_LOOK)
    return lock


@contextmanager
def held(path: Path, otherwise: str, within: float = 0.0) -> Iterator[None]:
    """Hold the lock of `path`. Raises FarmError with the sentence `otherwise` where it isn't to be had."""
    lock = wait_for_lock(path, within)
    if lock is None:
        raise FarmError(otherwise)
    try:
        yield
    finally:
        os.close(lock)


def is_held(path: Path) -> bool:
    """Whether another process has the lock of `path` at this moment. Raises OSError."""
    lock = platforms.lock_file(path)
    if lock is not None:
        os.close(lock)
    return lock is None
