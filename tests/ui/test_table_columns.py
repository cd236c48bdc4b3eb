"""The columns of all tables: they answer for any row, and are calm at first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtTest import QAbstractItemModelTester

from farmgui.domain.counts import TaskCounts
from farmgui.domain.states import AgentState, JobState, TaskState
from farmgui.ui.columns import Column
from farmgui.ui.item_models.agent_columns import AGENT_COLUMNS, agent_state_text
from farmgui.ui.item_models.job_columns import JOB_COLUMNS, reason, state_text
from farmgui.ui.item_models.rows_model import RowsModel
from farmgui.ui.item_models.task_columns import TASK_COLUMNS, task_name, task_state_text
from farmgui.ui.palette import DARK, LIGHT
from tests.ui.fakes import NOW, agent, job, task

JOBS = [
    job(1),
    job(2, state=JobState.RUNNING, counts=TaskCounts(running=2, done=3, failed=1), time_started=NOW, cpus=4),
    job(3, state=JobState.FAILED, counts=TaskCounts(failed=5), last_error="Error: <b>no</b>\nnext line"),
    job(4, counts=TaskCounts(), ram=512, ram_max=2048, maximum_agents=3, notes="a\nb", requeue=-1),
]
TASKS = [
    task(1),
    task(2, state=TaskState.RUNNING, time_started=NOW, agent="ws", attempts=1, progress=0.5),
    task(3, state=TaskState.DONE, time_started=NOW, time_finished=NOW, tile=2, marked=True),
    task(4, state=TaskState.FAILED, last_error="bad", failures=3),
]
AGENTS = [
    agent("a"),
    agent("b", state=AgentState.OFFLINE, last_heard_from=None, free_ram=None, enabled=False),
]
TABLES = [
    pytest.param(JOB_COLUMNS, JOBS, id="jobs"),
    pytest.param(TASK_COLUMNS, TASKS, id="tasks"),
    pytest.param(AGENT_COLUMNS, AGENTS, id="agents"),
]


@pytest.mark.parametrize(("columns", "rows"), TABLES)
def test_each_column_answers_for_each_row(columns: tuple[Column[Any], ...], rows: list[Any]) -> None:
    for column in columns:
        for row in rows:
            assert isinstance(column.text(row), str)
            assert "\n" not in column.text(row)
            assert column.tip is None or isinstance(column.tip(row), str)
            tint = column.tint(row) if column.tint else ""
            assert not tint or (hasattr(DARK, tint) and hasattr(LIGHT, tint))
        keys = [column.key(row) for row in rows]
        present = [key for key in keys if not key[0]]
        assert sorted(present) is not None


@pytest.mark.parametrize(("columns", "rows"), TABLES)
def test_columns_are_few_and_distinct_at_first(columns: tuple[Column[Any], ...], rows: list[Any]) -> None:
    ids = [column.id for column in columns]
    assert len(ids) == len(set(ids))
    assert 1 <= sum(column.shown for column in columns) <= 11


@pytest.mark.parametrize(("columns", "rows"), TABLES)
def test_qt_finds_the_item_model_right(columns: tuple[Column[Any], ...], rows: list[Any]) -> None:
    model = RowsModel(columns, lambda row: row.id)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.update_rows(rows)
    for number in range(len(columns)):
        model.sort(number)
    model.update_rows((), [rows[0].id])
    model.update_rows(rows)
    assert model.rowCount() == len(rows)
    del tester


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (job(1), "Queued"),
        (job(1, unfinished_parents=1), "Waiting"),
        (job(1, state=JobState.PAUSED), "Paused"),
        (job(1, state=JobState.PAUSED, counts=TaskCounts(running=1)), "Pausing"),
        (job(1, hidden=True), "Hidden"),
        (job(1, state=JobState.RUNNING, hidden=True, counts=TaskCounts(running=1)), "Hiding"),
        (job(1, state=JobState.DONE, to_be_deleted=True), "Deleting"),
    ],
)
def test_job_states_in_words(row: Any, words: str) -> None:
    assert state_text(row) == words


def test_a_jobs_reason_is_its_error_then_its_warning_then_why_it_waits() -> None:
    row = job(1, counts=TaskCounts(failed=1), last_error="error", warning="warning", waiting="waits")
    assert reason(row) == "error"
    assert reason(replace(row, last_error=None)) == "warning"
    assert reason(replace(row, last_error=None, warning=None)) == "waits"
    assert reason(job(2)) == ""


@pytest.mark.parametrize(
    ("row", "tint"),
    [
        (job(1, waiting="waits for its turn"), "dim"),
        (job(1, warning="slow"), "paused"),
        (job(1, waiting="a job that it depends on failed", failed_parents=1), "paused"),
        (job(1, state=JobState.PAUSED, pause_reason="too many failures"), "paused"),
        (job(1, counts=TaskCounts(failed=1), last_error="error"), "failed"),
    ],
)
def test_what_does_not_pass_by_itself_stands_out(row: Any, tint: str) -> None:
    column = next(column for column in JOB_COLUMNS if column.id == "last_error")
    assert column.tint is not None
    assert column.tint(row) == tint


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (task(1, state=TaskState.ASSIGNED), "Starting"),
        (task(1, state=TaskState.RUNNING, stopping=True), "Stopping"),
        (task(1, blocked=True), "Waits"),
        (task(1, not_before=NOW), "Waits"),
        (task(1, state=TaskState.DONE, marked=True), "Marked done"),
        (task(1, state=TaskState.FAILED), "Failed"),
    ],
)
def test_task_states_in_words(row: Any, words: str) -> None:
    assert task_state_text(row) == words


def test_the_tiles_of_a_frame_come_before_what_puts_them_together() -> None:
    frame = next(column for column in TASK_COLUMNS if column.id == "frame")
    tiles = [task(1), task(1, tile=1), task(1, tile=0)]
    assert [row.tile for row in sorted(tiles, key=frame.key)] == [0, 1, None]


def test_task_names() -> None:
    assert task_name(task(7)) == "frame 7"
    assert task_name(task(7, tile=2)) == "frame 7, tile 2"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Idle"),
        ({"state": AgentState.RUNNING}, "Working"),
        ({"state": AgentState.OFFLINE}, "Offline"),
        ({"enabled": False}, "Set aside"),
        ({"enabled": False, "tasks_running": 1}, "Finishing"),
    ],
)
def test_agent_states_in_words(values: dict[str, Any], words: str) -> None:
    assert agent_state_text(agent("a", **values)) == words
