"""The processes that belong together: found by parent, by group and by their environment, and ended whole."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from farmgui.execution import platforms
from farmgui.execution.platforms import ProcessRow

_log = logging.getLogger(__name__)
AGENT_VARIABLE: Final = "FARMGUI_AGENT"
"""Names the agent in the environment of all that it starts, so that the next agent finds it."""
ATTEMPT_VARIABLE: Final = "FARMGUI_ATTEMPT"
"""Names the attempt, or the batch where one process runs it."""
_LOOK_AGAIN: Final = 0.02
_GIVE_UP: Final = 20.0
"""Seconds after which a process that can't be killed (it hangs in the kernel) is left."""


def with_descendants(roots: Iterable[int], table: Mapping[int, ProcessRow]) -> set[int]:
    """The living ones of `roots` and all that they started, at any depth."""
    children: dict[int, list[int]] = {}
    for pid, row in table.items():
        children.setdefault(row.parent, []).append(pid)
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting.extend(children.get(pid, ()))
    return {pid for pid in found if pid in table}


def marked(variable: str, value: str) -> set[int]:
    """The processes whose environment has `variable` with this value."""
    entry = os.fsencode(f"\0{variable}={value}\0")
    return {pid for pid, environ in platforms.environs() if entry in b"\0" + environ + b"\0"}


def attempts_of(agent_id: str) -> dict[int, str]:
    """The processes that an agent started, or that these started, with the token that each has."""
    agent = os.fsencode(f"\0{AGENT_VARIABLE}={agent_id}\0")
    attempt = os.fsencode(f"\0{ATTEMPT_VARIABLE}=")
    found: dict[int, str] = {}
    for pid, environ in platforms.environs():
        entries = b"\0" + environ + b"\0"
        if agent in entries:
            token = entries.partition(attempt)[2].partition(b"\0")[0]
            found[pid] = os.fsdecode(token)
    found.pop(os.getpid(), None)
    return found


def end_whole(find: Callable[[], Collection[int]], grace: float) -> None:
    """Ask all processes that `find` finds to end, and end those that are left after `grace` seconds.

    `find` is asked again and again, as processes may start others while they end.
    """
    told: set[int] = set()
    started = time.monotonic()
    while left := set(find()):
        waited = time.monotonic() - started
        if waited > grace + _GIVE_UP:
            _log.error("Processes %s can't be ended; they are left.", sorted(left))
            return
        if waited >= grace:
            platforms.send_end(sorted(left), finally_=True)
        elif left - told:
            platforms.send_end(sorted(left - told), finally_=False)
            told |= left
        time.sleep(_LOOK_AGAIN)
