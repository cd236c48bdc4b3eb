"""What an agent that died left running is found and ended before anything starts again."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection
from typing import Final

from farmgui.execution import platforms
from farmgui.execution.family import attempts_of, end_whole, with_descendants
from farmgui.execution.journal import StartedProcess

_log = logging.getLogger(__name__)
_SAME_TIME: Final = 5.0
"""A process created so near to the recorded time (seconds), with the recorded pid, is that one."""


def end_leftovers(agent_id: str, recorded: Collection[StartedProcess], grace: float) -> None:
    """End all processes of earlier agents of this id, found by their environment or by pid and time."""

    def find() -> set[int]:
        roots = set(attempts_of(agent_id)) | {one.pid for one in recorded if _lives(one)}
        return with_descendants(roots, platforms.process_table()) - {os.getpid()}

    left = find()
    if left:
        _log.warning("An earlier agent left %d processes; they are ended: %s", len(left), sorted(left))
        end_whole(find, grace)


def _lives(one: StartedProcess) -> bool:
    created = platforms.create_time(one.pid)
    return created is not None and abs(created - one.time) < _SAME_TIME
