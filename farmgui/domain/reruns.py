"""What a rerun by hand changes, for models and bulk statements alike."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from farmgui.domain.states import JobState, TaskState

CLEARED: Final[Mapping[str, object]] = MappingProxyType(
    {
        "progress": 0.0,
        "failures": 0,
        "last_error": None,
        "warning": None,
        "marked": False,
        "time_started": None,
        "time_finished": None,
        "not_before": None,
    }
)
"""The columns of a task that is run again, as they were before its first run (PyFarm 9.1 rule 17).

The agents that it failed on are forgotten too; its attempts and their logs stay.
"""

JOB_CLEARED: Final[Mapping[str, object]] = MappingProxyType(
    {"failures": 0, "pause_reason": None, "warning": None, "completion_notify_sent": False}
)
"""The columns of a job of which tasks are rerun; on which agents it failed is forgotten too."""


def rerun_states(failed_only: bool = False) -> frozenset[TaskState]:
    """The states whose tasks a rerun queues again; what is running is left.

    Queued tasks that wait for another try after a failure begin anew as well.
    """
    return frozenset({TaskState.FAILED} if failed_only else {TaskState.DONE, TaskState.FAILED})


def state_before_counts(state: JobState, pause_reason: str | None) -> JobState:
    """The state of a job that is rerun, from which `job_state` goes on.

    A rerun answers for what the program paused the job for, so that goes on; a person's pause stays.
    """
    if state is JobState.PAUSED and pause_reason is not None:
        return JobState.QUEUED
    return state
