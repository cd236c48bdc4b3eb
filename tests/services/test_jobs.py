"""States and counts after each command."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from farmgui.domain.errors import InvalidValue, NotFound
from farmgui.domain.states import AttemptState, JobState
from tests.factories import FarmInMemory
from tests.fakes import NOW


@pytest.fixture
def mixed(farm: FarmInMemory) -> int:
    """A job whose six tasks are done, failed, running, assigned, queued and queued."""
    job = farm.submit("1-6", requeue=0)
    farm.beat()
    done, failed = farm.runner.tokens()
    farm.runner.finish(done)
    farm.runner.finish(failed, state=AttemptState.FAILED, reason="no light")
    farm.beat()
    farm.runner.begin(farm.runner.tokens()[2])
    farm.results.take()
    assert farm.states(job) == "dfraqq"
    return job


def end_what_was_stopped(farm: FarmInMemory) -> None:
    """The lead passes stops on, and the agent does as it is told."""
    farm.dispatch.tick(start_new=False)
    agent = farm.runner.agents["a"]
    farm.runner.finish(*sorted(agent.stopped & agent.held), state=AttemptState.STOPPED)
    farm.results.take()


Command = Callable[[FarmInMemory, int], int]

COMMANDS = [
    pytest.param(lambda f, j: f.jobs.pause([j]), 1, "dfraqq", "dfraqq", "paused", id="pause"),
    pytest.param(lambda f, j: f.jobs.stop([j]), 1, "dfraqq", "dfqqqq", "paused", id="stop"),
    pytest.param(lambda f, j: f.jobs.rerun([j]), 2, "qqraqq", "qqraqq", "running", id="rerun"),
    pytest.param(lambda f, j: f.jobs.rerun_failed([j]), 1, "dqraqq", "dqraqq", "running", id="rerun failed"),
    pytest.param(
        lambda f, j: f.jobs.restart_running([j]), 2, "dfraqq", "dfqqqq", "queued", id="restart running"
    ),
    pytest.param(lambda f, j: f.jobs.mark_done([j]), 5, "ddradd", "dddddd", "done", id="mark done"),
    pytest.param(lambda f, j: f.jobs.mark_failed([j]), 5, "dfraff", "dfffff", "failed", id="mark failed"),
    pytest.param(lambda f, j: f.jobs.delete([j]), 1, "dfraqq", "dfqqqq", "queued", id="delete"),
    pytest.param(
        lambda f, j: f.jobs.rerun_tasks(_ids(f, j, 0, 2, 4)),
        1,
        "qfraqq",
        "qfraqq",
        "running",
        id="rerun tasks",
    ),
    pytest.param(
        lambda f, j: f.jobs.stop_tasks(_ids(f, j, 0, 2, 4)), 1, "dfraqq", "dfqaqq", "running", id="stop tasks"
    ),
    pytest.param(
        lambda f, j: f.jobs.mark_done(task_ids=_ids(f, j, 0, 1, 2, 4)),
        3,
        "ddradq",
        "dddadq",
        "running",
        id="mark tasks done",
    ),
    pytest.param(
        lambda f, j: f.jobs.mark_failed(task_ids=_ids(f, j, 0, 1, 2, 4)),
        4,
        "ffrafq",
        "fffafq",
        "running",
        id="mark tasks failed",
    ),
    pytest.param(
        lambda f, j: f.jobs.set_frames(j, "1-6"), 0, "dfraqq", "dfraqq", "running", id="same frames"
    ),
    pytest.param(lambda f, j: f.jobs.set_frames(j, "1-8"), 2, "dfraqqqq", "dfraqqqq", "running", id="more"),
    pytest.param(lambda f, j: f.jobs.set_frames(j, "2-4"), 3, "fra", "fra", "running", id="fewer"),
    pytest.param(lambda f, j: f.jobs.set_frames(j, "1,2,5"), 3, "dfqra", "dfq", "queued", id="not what runs"),
    pytest.param(lambda f, j: f.jobs.set_frames(j, "6-1"), 0, "qqarfd", "qqarfd", "running", id="backwards"),
]


def _ids(farm: FarmInMemory, job: int, *places: int) -> list[int]:
    tasks = farm.tasks(job)
    return [tasks[place].id for place in places]


@pytest.mark.parametrize(("command", "changed", "at_once", "in_the_end", "state"), COMMANDS)
def test_what_a_command_does(
    farm: FarmInMemory,
    mixed: int,
    command: Command,
    changed: int,
    at_once: str,
    in_the_end: str,
    state: str,
) -> None:
    assert command(farm, mixed) == changed
    assert farm.states(mixed) == at_once
    farm.check()
    end_what_was_stopped(farm)
    assert farm.states(mixed) == in_the_end
    assert farm.job(mixed).state == state
    assert all(row.failures <= 1 for row in farm.tasks(mixed)), "a stop is no failure"


def test_a_paused_job_gets_nothing_and_resumes(farm: FarmInMemory) -> None:
    job = farm.submit("1-2")
    assert farm.jobs.pause([job]) == 1
    assert farm.beat() == 0
    assert farm.job(job).waiting is None
    assert farm.jobs.pause([job]) == 0
    assert farm.jobs.resume([job]) == 1
    assert farm.jobs.resume([job]) == 0
    assert farm.beat() == 2


def test_what_runs_when_a_job_is_paused_finishes(farm: FarmInMemory, mixed: int) -> None:
    farm.jobs.pause([mixed])
    farm.runner.finish(*farm.runner.tokens()[2:])
    assert farm.beat() == 0
    assert farm.states(mixed) == "dfddqq"
    assert farm.job(mixed).state is JobState.PAUSED
    farm.jobs.resume([mixed])
    assert farm.job(mixed).state is JobState.QUEUED


def test_a_paused_job_stays_paused_when_rerun(farm: FarmInMemory, mixed: int) -> None:
    farm.jobs.pause([mixed])
    farm.jobs.rerun([mixed])
    assert farm.job(mixed).state is JobState.PAUSED


def test_a_finished_job_is_not_paused(farm: FarmInMemory) -> None:
    job = farm.submit("1")
    farm.run_to_end()
    assert farm.jobs.pause([job]) == 0
    assert farm.job(job).state is JobState.DONE


def test_a_rerun_begins_anew_and_keeps_the_logs(farm: FarmInMemory) -> None:
    job = farm.submit("1", requeue=0)
    farm.beat()
    farm.runner.finish(*farm.runner.tokens(), state=AttemptState.FAILED, reason="no light")
    farm.beat()
    (task,) = farm.tasks(job)
    assert (task.failures, task.last_error, farm.job(job).last_error) == (1, "no light", "no light")
    assert farm.job(job).time_finished is not None

    farm.jobs.rerun([job])
    (task,) = farm.tasks(job)
    row = farm.job(job)
    assert (task.failures, task.progress, task.last_error, task.time_finished) == (0, 0.0, None, None)
    assert (row.state, row.last_error, row.time_started, row.time_finished) == ("queued", None, None, None)
    assert len(farm.farm.queries.attempts(task.id)) == 1

    farm.beat()
    farm.runner.finish(farm.runner.tokens()[-1])
    farm.beat()
    first, second = farm.farm.queries.attempts(farm.tasks(job)[0].id)
    assert (first.state, second.state, second.number) == (AttemptState.FAILED, AttemptState.DONE, 2)
    assert first.log != second.log


def test_the_error_of_a_job_is_one_that_it_has(farm: FarmInMemory) -> None:
    job = farm.submit("1-2", requeue=0)
    farm.beat()
    for token, reason in zip(farm.runner.tokens(), ("first", "second"), strict=True):
        farm.runner.finish(token, state=AttemptState.FAILED, reason=reason)
        farm.results.take()
    assert farm.job(job).last_error == "second"
    farm.jobs.rerun_tasks([farm.tasks(job)[1].id])
    assert farm.job(job).last_error == "first"
    farm.jobs.rerun_failed([job])
    assert farm.job(job).last_error is None


def test_a_mark_is_shown_and_forgotten_by_a_rerun(farm: FarmInMemory) -> None:
    job = farm.submit("1-2")
    first, second = (row.id for row in farm.tasks(job))
    farm.jobs.mark_done(task_ids=[first])
    farm.jobs.mark_failed(task_ids=[second])
    assert [row.marked for row in farm.tasks(job)] == [True, True]
    assert [row.progress for row in farm.tasks(job)] == [1.0, 0.0]
    assert farm.jobs.mark_failed(task_ids=[second]) == 0
    farm.jobs.rerun([job])
    assert [row.marked for row in farm.tasks(job)] == [False, False]


def test_a_stop_is_shown_until_the_processes_are_gone(farm: FarmInMemory, mixed: int) -> None:
    farm.jobs.stop_tasks(_ids(farm, mixed, 2))
    assert [row.stopping for row in farm.tasks(mixed)] == [False, False, True, False, False, False]
    end_what_was_stopped(farm)
    assert not any(row.stopping for row in farm.tasks(mixed))


def test_a_stop_is_told_to_the_agent_once(farm: FarmInMemory, mixed: int) -> None:
    farm.jobs.stop([mixed])
    farm.beat()
    farm.beat()
    assert farm.runner.calls.count("stop 2") == 1


@pytest.mark.parametrize(
    ("mark", "became"),
    [
        pytest.param("restart_running", "d", id="restart"),
        pytest.param("mark_done", "d", id="done"),
        pytest.param("mark_failed", "f", id="failed"),
    ],
)
def test_a_frame_that_comes_out_whole_before_the_stop_counts(
    farm: FarmInMemory, mark: str, became: str
) -> None:
    job = farm.submit("1")
    farm.beat()
    getattr(farm.jobs, mark)([job])
    farm.runner.finish(*farm.runner.tokens())
    farm.results.take()
    assert farm.states(job) == became


class TestDependencies:
    def test_a_child_waits_for_its_parent(self, farm: FarmInMemory) -> None:
        parent = farm.submit("1")
        child = farm.submit("1", parents=(parent,))
        assert farm.beat() == 1
        row = farm.job(child)
        assert (row.unfinished_parents, row.failed_parents) == (1, 0)
        assert row.waiting == "waits for #1 job"
        farm.runner.finish(*farm.runner.tokens())
        assert farm.beat() == 1
        assert farm.job(child).unfinished_parents == 0
        assert farm.job(child).waiting is None

    @pytest.mark.parametrize(
        ("marks", "released"),
        [
            pytest.param([], False, id="failed by itself"),
            pytest.param(["mark_failed"], True, id="marked failed"),
            pytest.param(["mark_done"], True, id="marked done"),
            pytest.param(["mark_failed", "rerun_failed"], False, id="marked, then rerun"),
        ],
    )
    def test_a_failed_parent(self, farm: FarmInMemory, marks: list[str], released: bool) -> None:
        parent = farm.submit("1-2", requeue=0)
        child = farm.submit("1", parents=(parent,))
        farm.beat()
        done, failed = farm.runner.tokens()
        farm.runner.finish(done)
        farm.runner.finish(failed, state=AttemptState.FAILED)
        farm.results.take()
        assert farm.job(child).failed_parents == 1
        for mark in marks:
            getattr(farm.jobs, mark)([parent])
        row = farm.job(child)
        assert (row.failed_parents + row.unfinished_parents == 0) is released
        farm.beat()
        assert (farm.states(child) == "a") is released

    def test_a_rerun_takes_dependants_only_when_asked(self, farm: FarmInMemory) -> None:
        jobs = [farm.submit("1")]
        for _ in range(2):
            jobs.append(farm.submit("1", parents=(jobs[-1],)))
        farm.run_to_end()
        assert farm.farm.queries.rerun_effect(jobs[:1]).dependants == 2
        assert farm.jobs.rerun(jobs[:1]) == 1
        assert [farm.states(job) for job in jobs] == ["q", "d", "d"]
        assert farm.jobs.rerun(jobs[:1], dependants=True) == 2
        assert [farm.states(job) for job in jobs] == ["q", "q", "q"]


class TestValues:
    def test_values_are_stored_on_all_jobs(self, farm: FarmInMemory) -> None:
        jobs = [farm.submit("1"), farm.submit("1")]
        values = {"priority": 7, "ram_max": None, "title": "night", "notes": "", "output_link": "file:///x"}
        assert farm.jobs.change(jobs, values) == 2
        for job in jobs:
            row = farm.job(job)
            assert (row.priority, row.title, row.output_link) == (7, "night", "file:///x")

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            pytest.param({"priority": 2000}, "from -1000 to 1000", id="too high"),
            pytest.param({"cpus": 1.5}, "whole number", id="no whole number"),
            pytest.param({"priority": 5, "weight": -1}, "from 1", id="one of two"),
            pytest.param({"priority": None}, "Priority", id="empty"),
            pytest.param({"title": "  "}, "1 to 255", id="no title"),
            pytest.param({"notes": 3}, "text", id="no text"),
            pytest.param({"hidden": 1}, "true or false", id="no truth"),
            pytest.param({"state": "done"}, "can't be changed", id="not a value"),
            pytest.param({"num_tiles": 4}, "can't be changed", id="tiles"),
        ],
    )
    def test_a_value_out_of_range_stores_nothing(
        self, farm: FarmInMemory, values: dict[str, object], words: str
    ) -> None:
        job = farm.submit("1")
        before = farm.job(job)
        with pytest.raises(InvalidValue, match=words):
            farm.jobs.change([job], values)
        assert farm.job(job) == before

    @pytest.mark.parametrize("text", ["", "x", "1-", "1-2000000"])
    def test_frames_that_make_no_sense_change_nothing(self, farm: FarmInMemory, text: str) -> None:
        job = farm.submit("1-3")
        with pytest.raises(InvalidValue):
            farm.jobs.set_frames(job, text)
        assert farm.job(job).frames == "1-3"
        assert farm.states(job) == "qqq"

    def test_a_hidden_job_gets_nothing(self, farm: FarmInMemory) -> None:
        job = farm.submit("1")
        farm.jobs.change([job], {"hidden": True})
        assert farm.beat() == 0
        farm.jobs.change([job], {"hidden": False})
        assert farm.beat() == 1

    def test_more_frames_start_a_finished_job_again(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-2")
        farm.run_to_end()
        farm.jobs.set_frames(job, "1-3")
        assert (farm.job(job).state, farm.job(job).time_finished) == (JobState.QUEUED, None)
        farm.run_to_end()
        assert farm.states(job) == "ddd"

    def test_tiles_are_matched_with_their_frames(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-3", job_type="tiled", num_tiles=2)
        assert farm.jobs.set_frames(job, "2-3") == 2
        assert [(str(row.frame), row.tile) for row in farm.tasks(job)] == [
            ("2", 0),
            ("2", 1),
            ("3", 0),
            ("3", 1),
        ]

    def test_a_frame_that_comes_back_before_it_has_ended_stays(self, farm: FarmInMemory, mixed: int) -> None:
        farm.jobs.set_frames(mixed, "1-2")
        farm.jobs.set_frames(mixed, "1-6")
        end_what_was_stopped(farm)
        assert farm.states(mixed) == "dfqqqq"


@pytest.mark.parametrize(
    "command",
    [
        lambda f: f.jobs.pause([99]),
        lambda f: f.jobs.stop([99]),
        lambda f: f.jobs.rerun([99]),
        lambda f: f.jobs.delete([99]),
        lambda f: f.jobs.change([99], {"priority": 1}),
        lambda f: f.jobs.set_frames(99, "1"),
        lambda f: f.jobs.mark_done([99]),
        lambda f: f.farm.queries.rerun_effect([99]),
        lambda f: f.farm.queries.delete_effect([99]),
        lambda f: f.farm.queries.job_data(99),
    ],
)
def test_a_job_that_is_not_there_is_told(
    farm: FarmInMemory, command: Callable[[FarmInMemory], object]
) -> None:
    with pytest.raises(NotFound, match=r"There is no job 99\."):
        command(farm)


def test_one_missing_job_of_several_leaves_the_others_alone(farm: FarmInMemory) -> None:
    job = farm.submit("1")
    with pytest.raises(NotFound):
        farm.jobs.pause([job, 99])
    assert farm.job(job).state is JobState.QUEUED


def test_times_are_the_agents_own(farm: FarmInMemory) -> None:
    job = farm.submit("1")
    farm.run_to_end()
    (task,) = farm.tasks(job)
    assert task.time_started is not None
    assert task.time_finished is not None
    assert (task.time_started.timestamp(), task.time_finished.timestamp()) == (NOW, NOW + 1)


def test_what_was_marked_stays_so_when_all_that_runs_is_ended(farm: FarmInMemory, mixed: int) -> None:
    running, assigned = _ids(farm, mixed, 2, 3)
    farm.jobs.mark_done(task_ids=[running])
    assert farm.jobs.end_running() == 1
    assert farm.jobs.end_running() == 0
    end_what_was_stopped(farm)
    states = {row.id: row.state for row in farm.tasks(mixed)}
    assert (states[running], states[assigned]) == ("done", "queued")


def test_values_and_frames_are_changed_together_or_not_at_all(farm: FarmInMemory) -> None:
    job = farm.submit("1-3")
    with pytest.raises(InvalidValue, match="no frame range"):
        farm.jobs.change([job], {"priority": 5}, "nonsense")
    assert farm.job(job).priority == 0
    assert farm.jobs.change([job], {"priority": 5}, "1-4") == 1
    assert (farm.job(job).priority, farm.states(job)) == (5, "qqqq")


def test_a_number_that_no_row_can_have_is_not_there(farm: FarmInMemory) -> None:
    with pytest.raises(NotFound, match="no job 1000"):
        farm.jobs.pause([10**30])
