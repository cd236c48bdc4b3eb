"""How times, numbers and names are written, and which jobs the filter's words let through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtWidgets import QApplication

from farmgui.domain.counts import TaskCounts
from farmgui.domain.explanations import Effect, Ending, Expected
from farmgui.domain.snapshots import DeleteEffect, FarmSummary, LeadRow, RerunEffect, TaskRow
from farmgui.domain.states import JobState, TaskState
from farmgui.services.lead import Leading
from farmgui.ui.editors.completion import split_last
from farmgui.ui.editors.consequences import effect_lines
from farmgui.ui.item_models.expected_column import expected_words, soon
from farmgui.ui.item_models.rows_model import RowsModel
from farmgui.ui.item_models.task_columns import TASK_COLUMNS
from farmgui.ui.job_filter import job_filter
from farmgui.ui.log_choice import LogChoice
from farmgui.ui.picking import jobs_within, most_telling
from farmgui.ui.questions import (
    delete_question,
    mark_question,
    rerun_question,
    rerun_tasks_question,
    room_question,
    set_aside_question,
    stop_question,
)
from farmgui.ui.texts import duration, listed, many, memory, one_line, runtime, when
from farmgui.ui.views.status_bar import farm_sentence, lead_sentence
from tests.ui.fakes import NOW, agent, job, task


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (-1, "0.0 s"),
        (4.23, "4.2 s"),
        (59.7, "1 min 00 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 05 min"),
        (273_600, "3 d 4 h"),
    ],
)
def test_duration(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words


def test_when_is_as_short_as_is_clear() -> None:
    now = datetime(2026, 6, 12, 12, 0, tzinfo=UTC)
    assert when(None) == ""
    assert ":" in when(now, now)
    assert "Jun" in when(now - timedelta(days=3), now)
    assert "2025" in when(now - timedelta(days=365), now)
    assert runtime(now, None, now + timedelta(seconds=3)) == 3


def test_small_words() -> None:
    assert many(1, "job") == "1 job"
    assert many(2000, "job") == "2,000 jobs"
    assert memory(512) == "512 MB"
    assert memory(16_000) == "15.6 GB"
    assert listed("abcde") == "a, b, c and 2 more"
    assert one_line("a\n  b\tc") == "a b c"
    assert len(one_line("x" * 500)) == 300


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {1, 2, 3}),
        ("shot", {1, 2}),
        ("SHOT mira", {2}),
        ("failed", {3}),
        ("-mira", {1, 3}),
        ("#2", {2}),
        ("-", {1, 2, 3}),
        ("nothing", set()),
    ],
)
def test_filter(text: str, expected: set[int]) -> None:
    rows = [job(1, title="Shot 10"), job(2, title="shot 20", user="mira"), job(3, state=JobState.FAILED)]
    accepts = job_filter(text)
    assert {row.id for row in rows if accepts is None or accepts(row)} == expected


def test_what_a_rerun_asks() -> None:
    assert rerun_question([job(1)], RerunEffect(0, 3, 0.0, 0)) is None
    asked = rerun_question([job(1)], RerunEffect(240, 2, 12_000.0, 3))
    assert asked is not None
    assert "240 finished frames" in asked.text
    assert "3 h 20 min" in asked.text
    assert asked.option_text == "3 jobs depend on it: rerun these too"
    assert rerun_tasks_question([task(1, state=TaskState.FAILED)]) is None
    done = task(1, state=TaskState.DONE, time_started=NOW, time_finished=NOW + timedelta(seconds=60))
    asked = rerun_tasks_question([done, task(2, state=TaskState.FAILED)])
    assert asked is not None
    assert asked.title == "Rerun 2 frames?"
    assert "1 min 00 s" in asked.text


def test_what_other_questions_say() -> None:
    assert stop_question([job(1)]) is None
    asked = stop_question([job(1, counts=TaskCounts(running=2))])
    assert asked is not None
    assert asked.items == ("job 1: 2 running frames",)
    assert "may start" in mark_question("done", [job(1)], ()).text
    deleted = delete_question(DeleteEffect(("a", "b"), 1, ("c",)))
    assert deleted.title == "Delete 3 jobs?"
    assert deleted.items == ("a", "b", "↳ c"), "what depends on them goes along"
    assert "1 running frame" in deleted.text
    assert deleted.option_text == "Keep the job that depends on them, waiting no longer"
    assert delete_question(DeleteEffect(("a",), 0, ())).option_text is None
    alone = stop_question([job(1, counts=TaskCounts(running=1))])
    assert alone is not None
    assert "The job is paused until you resume it." in alone.text
    assert "left of it" in mark_question("done", [job(1)], ()).text
    aside = set_aside_question([agent("a", tasks_running=2), agent("b")])
    assert aside is not None
    assert aside.items == ("a: 2 running frames",)
    assert set_aside_question([agent("b")]) is None
    room = room_question(job(1), [Ending(7, "frame 3", "comp", "farm01", 75.0)])
    assert room.items == ("comp, frame 3 on farm01: 1 min 15 s lost",)
    assert room.verb == "End 1 frame"
    many_titles = tuple(f"job {number}" for number in range(2000))
    assert len(delete_question(DeleteEffect(many_titles, 0, ())).items) == 501


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        (FarmSummary(), "No jobs, no agent yet."),
        (
            FarmSummary(jobs=1, agents=1, agents_online=1, cpus=2),
            "1 job, nothing left to render, 0 of 2 cores busy.",
        ),
        (
            FarmSummary(
                jobs=3,
                tasks=TaskCounts(queued=118, running=2),
                failed_jobs=1,
                agents=2,
                agents_online=1,
                cpus=2,
                cpus_in_use=2,
            ),
            "3 jobs, 120 frames to go, 2 running, 1 job failed, 2 of 2 cores busy on 1 of 2 agents.",
        ),
        (FarmSummary(jobs=1, agents=2), "1 job, nothing left to render, no agent online."),
    ],
    ids=["empty", "idle", "busy", "no agent"],
)
def test_the_farm_in_one_sentence(summary: FarmSummary, words: str) -> None:
    assert farm_sentence(summary) == words


def test_who_leads_in_a_sentence() -> None:
    def led_by(lead: LeadRow | None) -> str:
        return lead_sentence(FarmSummary(lead=lead), None)

    assert lead_sentence(FarmSummary(), Leading()) == "", "it is about to find out"
    assert lead_sentence(FarmSummary(), Leading(begun=True)) == "Nobody schedules: nothing new will start."
    assert lead_sentence(None, None) == ""
    assert "Nobody" in led_by(None)
    assert led_by(LeadRow("a", 1, "window", is_me=True)) == "This window schedules."
    assert led_by(LeadRow("a", 1, "window", is_me=False)).startswith("Another window leads")
    assert "without a window" in led_by(LeadRow("a", 1, "run", is_me=False))


def test_which_rows_are_picked() -> None:
    jobs = [job(number, counts=TaskCounts(queued=60)) for number in range(5)]
    assert len(jobs_within(jobs, 130)) == 2
    assert len(jobs_within(jobs[:1], 10)) == 1
    assert jobs_within([]) == []
    done = task(1, state=TaskState.DONE, attempt_id=1, time_finished=NOW)
    later = task(2, state=TaskState.DONE, attempt_id=2, time_finished=NOW + timedelta(seconds=1))
    running = task(3, state=TaskState.RUNNING, attempt_id=3)
    assert most_telling([task(9)]) is None
    assert most_telling([done, later]) == later
    assert most_telling([done, running]) == running


def at(hour: int, day: int = 12) -> datetime:
    """A moment of local time."""
    return datetime(2026, 6, day, hour, 30).astimezone()


def test_a_moment_to_come_is_as_short_as_is_clear() -> None:
    now = at(20)
    assert [soon(moment, now) for moment in (None, at(22), at(1, 13), at(14, 15), at(9, 30))] == [
        "",
        "22:30",
        "tomorrow 01:30",
        "Mon 14:30",
        "30 Jun",
    ]
    assert expected_words(Expected(None)) == "When it will be done can't be said yet."
    now = NOW.astimezone()
    words = expected_words(Expected(now, now, now))
    assert words.startswith(f"Done at about {soon(now)}, between {soon(now)} and {soon(now)}.")


def test_effects_name_the_job_itself_first_and_then_whom_it_touches() -> None:
    now = NOW
    effects = [
        Effect(5, "comp", 3, 2),
        Effect(4, "other", 4, 4),
        Effect(2, "shot_020", 16, 8),
        Effect(1, "shot_010", 4, 12, now + timedelta(hours=3), now + timedelta(hours=1)),
    ]
    own, second, third = effect_lines([1], effects)
    assert own.startswith("12 instead of 4 cpus, done ")
    assert second == "shot_020: 8 instead of 16 cpus"
    assert third == "comp: 2 instead of 3 cpus"
    assert effect_lines([4], [effects[1]]) == ["Nothing would change right now."]
    assert len(effect_lines([], [Effect(n, "a", 0, n) for n in range(1, 9)])) == 5


@pytest.mark.parametrize(
    ("text", "between", "parts"),
    [
        ("gpu -slo", ", ", ("gpu -", "slo")),
        ("", ", ", ("", "")),
        ("blender 4.2, nu", ",", ("blender 4.2, ", "nu")),
        ("/film/sh", "", ("", "/film/sh")),
    ],
)
def test_the_last_word_is_completed(text: str, between: str, parts: tuple[str, str]) -> None:
    assert split_last(text, between) == parts


def test_the_log_that_tells_most_is_chosen_once_for_each_job(qapp: QApplication) -> None:
    shown: list[int | None] = []
    choice = LogChoice(lambda task: shown.append(task.id if task else None))
    tasks = RowsModel(TASK_COLUMNS, lambda task: task.id)
    running = task(1, state=TaskState.RUNNING, attempt_id=1)
    failed = task(2, state=TaskState.FAILED, attempt_id=2)

    def read(*rows: TaskRow, selected: tuple[TaskRow, ...] = ()) -> None:
        tasks.update_rows(rows)
        choice.take(rows)
        choice.select(tasks, selected)

    choice.of_jobs((1,))
    read(task(3))
    read(running, task(2))
    read(running, failed)
    assert shown == [None, running.id, running.id], "what is read isn't taken away"
    read(running, failed, selected=(failed,))
    choice.of_jobs((2,))
    read(task(7, 2, state=TaskState.FAILED, attempt_id=7))
    assert shown[3:] == [failed.id, 200_007]
