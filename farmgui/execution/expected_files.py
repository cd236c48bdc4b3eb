"""The files that an attempt must leave: there, not empty, and newer than its start."""

from __future__ import annotations

import os
from collections.abc import Sequence

from farmgui.domain.stamps import file_stamp

_State = tuple[int, int, int]
"""Time of change in ns, size, and the file's number."""


class ExpectedFiles:
    """Looks at the files before the attempt starts and compares afterwards.

    A file counts as new when it differs from what was there before. That holds on a file server whose clock
    differs from ours, where comparing its time with our start would not.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self._before = {path: _state(path) for path in paths}

    def __bool__(self) -> bool:
        return bool(self._before)

    def missing(self) -> str | None:
        """What is amiss with the first file that isn't right, a sentence; None when all are."""
        for path, before in self._before.items():
            now = _state(path)
            if now is None:
                return f"The file {path} was not written."
            if now[1] == 0:
                return f"The file {path} is empty."
            if now == before:
                return f"The file {path} is an old one: it was not written anew."
        return None


def stamp(path: str) -> str | None:
    """Size and time of a file in one word, to tell whether it changed; None where it can't be read."""
    state = _state(path)
    return None if state is None else file_stamp(state[1], state[0])


def _state(path: str) -> _State | None:
    try:
        found = os.stat(path)  # noqa: PTH116 (called for each task: a Path would cost more than the call)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
