"""What a rerun changes, for models and bulk statements alike."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from farmgui.domain.states import TaskState

CLEARED: Final[Mapping[str, object]] = MappingProxyType(
    {
        "progress": 0.0,
        "failures": 0,
        "last_error": None,
        "warning": None,
        "marked": False,
        "time_started": None,
        "time_finished": None,
    }
)
"""The columns of a task that is run again, as they were before its first run (PyFarm 9.1 rule 17).

The agents that it failed on are forgotten too; its attempts and their logs stay.
"""


def rerun_states(failed_only: bool = False) -> frozenset[TaskState]:
    """The states whose tasks a rerun queues again; what is running is left."""
    return frozenset({TaskState.FAILED} if failed_only else {TaskState.DONE, TaskState.FAILED})
