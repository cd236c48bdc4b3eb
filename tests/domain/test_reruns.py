"""What a rerun by hand changes."""

from __future__ import annotations

import pytest

from farmgui.domain.reruns import CLEARED, JOB_CLEARED, rerun_states, state_before_counts
from farmgui.domain.states import JobState, TaskState
from farmgui.models import Job, Task


@pytest.mark.parametrize(
    ("failed_only", "states"),
    [
        pytest.param(False, {TaskState.DONE, TaskState.FAILED}, id="all"),
        pytest.param(True, {TaskState.FAILED}, id="failed ones"),
    ],
)
def test_what_is_at_work_or_queued_is_left(failed_only: bool, states: set[TaskState]) -> None:
    assert rerun_states(failed_only) == states


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        pytest.param(JobState.PAUSED, None, JobState.PAUSED, id="a person's pause stays"),
        pytest.param(JobState.PAUSED, "paused after 20 failures", JobState.QUEUED, id="the program's ends"),
        pytest.param(JobState.FAILED, None, JobState.FAILED, id="the rest follows from the counts"),
        pytest.param(JobState.RUNNING, None, JobState.RUNNING, id="what runs goes on"),
    ],
)
def test_a_rerun_answers_for_what_the_program_paused(
    state: JobState, reason: str | None, expected: JobState
) -> None:
    assert state_before_counts(state, reason) is expected


def test_what_is_cleared_are_columns_as_a_new_row_has_them() -> None:
    """PyFarm 9.1 rule 17: nothing of the run before is left."""
    for model, cleared in ((Task, CLEARED), (Job, JOB_CLEARED)):
        for name, value in cleared.items():
            column = model.__table__.c[name]
            new = column.default.arg if column.default is not None else None
            assert value == new, name
