"""What failures lead to: waits, agents that are remembered, jobs that are paused; and what forgets them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from farmgui.domain.reports import Finished, Progressed
from farmgui.domain.states import AttemptState, JobState
from farmgui.models import Agent, Job, JobAgentFailures, Task, failed_on
from tests.factories import FarmInMemory
from tests.fakes import NOW, an_inventory

FAILED = AttemptState.FAILED


def fail(farm: FarmInMemory, *, agent_id: str = "a", times: int = 1) -> None:
    """Have what the agent was given last fail, time after time."""
    for _ in range(times):
        farm.wait()
        farm.beat()
        farm.runner.finish(farm.runner.tokens(agent_id)[-1], state=FAILED, reason="fault", agent_id=agent_id)
        farm.results.take()


def stored(farm: FarmInMemory, job: int) -> Job:
    with farm.database.reading() as session:
        return session.get_one(Job, job)


def waits(farm: FarmInMemory, job: int) -> list[datetime | None]:
    with farm.database.reading() as session:
        return list(
            session.scalars(select(Task.not_before).where(Task.job_id == job).order_by(Task.position))
        )


def bad_agents(farm: FarmInMemory, job: int) -> dict[str, int]:
    with farm.database.reading() as session:
        rows = session.execute(
            select(JobAgentFailures.agent_id, JobAgentFailures.failures).where(JobAgentFailures.job_id == job)
        )
        return {row.agent_id: row.failures for row in rows}


def bad_pairs(farm: FarmInMemory) -> int:
    with farm.database.reading() as session:
        return len(session.execute(select(failed_on)).all())


class TestWaits:
    @pytest.mark.parametrize(("times", "seconds"), [(1, 5), (2, 10), (3, 20), (7, 300)])
    def test_each_retry_waits_twice_as_long(self, farm: FarmInMemory, times: int, seconds: int) -> None:
        job = farm.submit("1", requeue=-1)
        fail(farm, times=times)
        (until,) = waits(farm, job)
        assert until is not None
        assert timedelta(0) <= timedelta(seconds=seconds) - (until - farm.clock()) < timedelta(seconds=4)

    def test_it_is_not_given_out_before(self, farm: FarmInMemory) -> None:
        job = farm.submit("1")
        fail(farm)
        assert farm.beat() == 0
        farm.wait(4)
        assert farm.beat() == 0
        farm.wait(2)
        assert farm.beat() == 1
        assert waits(farm, job) == [None]

    def test_what_was_stopped_or_lost_waits_for_nothing(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-2")
        farm.beat()
        farm.runner.finish(farm.runner.tokens()[0], state=AttemptState.STOPPED)
        farm.runner.restart("a-2")
        farm.results.take()
        assert waits(farm, job) == [None, None]

    def test_what_failed_for_good_waits_for_nothing(self, farm: FarmInMemory) -> None:
        job = farm.submit("1", requeue=0)
        fail(farm)
        assert waits(farm, job) == [None]

    @pytest.mark.parametrize("command", ["rerun", "rerun_failed", "mark_done", "mark_failed"])
    def test_a_person_ends_the_wait(self, farm: FarmInMemory, command: str) -> None:
        job = farm.submit("1")
        fail(farm)
        getattr(farm.jobs, command)([job])
        assert waits(farm, job) == [None]

    def test_a_rerun_has_a_task_that_waits_begin_anew(self, farm: FarmInMemory) -> None:
        job = farm.submit("1")
        fail(farm, times=3)
        assert farm.jobs.rerun_failed([job]) == 0, "it is queued already"
        (task,) = farm.tasks(job)
        assert (task.failures, task.last_error, farm.job(job).last_error) == (0, None, None)
        assert (bad_agents(farm, job), bad_pairs(farm), stored(farm, job).failures) == ({}, 0, 0)
        assert farm.beat() == 1


class TestBadAgents:
    def test_failures_are_counted_by_agent(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-2", requeue=-1)
        farm.beat()
        farm.runner.finish(*farm.runner.tokens(), state=FAILED)
        farm.results.take()
        assert bad_agents(farm, job) == {"a": 2}
        other = farm.submit("1", requeue=-1)
        assert farm.beat() == 1, "the others wait"
        farm.runner.finish(farm.runner.tokens()[-1], state=FAILED)
        farm.results.take()
        assert bad_agents(farm, other) == {"a": 1}
        assert bad_pairs(farm) == 3

    def test_what_is_no_failure_is_not_counted(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-2")
        farm.beat()
        farm.runner.finish(farm.runner.tokens()[0], state=AttemptState.STOPPED)
        farm.jobs.stop_tasks([farm.tasks(job)[1].id])
        farm.runner.finish(farm.runner.tokens()[1], state=FAILED)
        farm.results.take()
        assert (bad_agents(farm, job), bad_pairs(farm), stored(farm, job).failures) == ({}, 0, 0)

    def test_a_rerun_of_one_task_forgets_those_of_its_job_alone(self, farm: FarmInMemory) -> None:
        jobs = [farm.submit("1", requeue=0), farm.submit("1", requeue=0)]
        farm.beat()
        farm.runner.finish(*farm.runner.tokens(), state=FAILED)
        farm.results.take()
        farm.jobs.rerun_tasks([farm.tasks(jobs[0])[0].id])
        assert [bad_agents(farm, job) for job in jobs] == [{}, {"a": 1}]
        assert [stored(farm, job).failures for job in jobs] == [0, 1]
        assert bad_pairs(farm) == 1


class TestMostFailures:
    @pytest.fixture
    def job(self, farm: FarmInMemory) -> int:
        """A job of four frames that may fail twice."""
        return farm.submit("1-4", requeue=-1, most_failures=2)

    def fail_both(self, farm: FarmInMemory) -> None:
        farm.beat()
        farm.runner.finish(*farm.runner.tokens()[-2:], state=FAILED, reason="no light")
        farm.results.take()

    def test_it_is_paused_with_the_reason(self, farm: FarmInMemory, job: int) -> None:
        fail(farm)
        assert farm.job(job).state in (JobState.QUEUED, JobState.RUNNING)
        fail(farm)
        row = stored(farm, job)
        assert (row.state, row.failures, row.waiting) == (JobState.PAUSED, 2, None)
        assert row.pause_reason is not None
        assert row.pause_reason.startswith("paused after 2 failures, the most that it may have. Look at the")
        farm.wait()
        assert farm.beat() == 0

    def test_what_runs_goes_on(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-4", requeue=-1, most_failures=1)
        farm.beat()
        first, second = farm.runner.tokens()
        farm.runner.finish(first, state=FAILED)
        farm.results.take()
        assert farm.job(job).state is JobState.PAUSED
        farm.runner.finish(second)
        farm.results.take()
        assert (farm.states(job), farm.job(job).state) == ("qdqq", JobState.PAUSED)
        assert not farm.runner.agents["a"].stopped

    def test_a_resumed_job_may_fail_as_often_again(self, farm: FarmInMemory, job: int) -> None:
        self.fail_both(farm)
        farm.jobs.resume([job])
        row = stored(farm, job)
        assert (row.state, row.failures, row.pause_reason) == (JobState.QUEUED, 0, None)
        fail(farm)
        assert farm.job(job).state is not JobState.PAUSED
        fail(farm)
        assert farm.job(job).state is JobState.PAUSED

    def test_a_rerun_resumes_it(self, farm: FarmInMemory, job: int) -> None:
        self.fail_both(farm)
        farm.jobs.rerun_failed([job])
        row = stored(farm, job)
        assert (row.state, row.failures, row.pause_reason) == (JobState.QUEUED, 0, None)

    def test_a_rerun_does_not_resume_what_a_person_paused(self, farm: FarmInMemory, job: int) -> None:
        fail(farm)
        farm.jobs.pause([job])
        farm.jobs.rerun_failed([job])
        assert farm.job(job).state is JobState.PAUSED

    def test_a_failure_of_a_job_that_is_paused_by_hand_gives_no_reason(
        self, farm: FarmInMemory, job: int
    ) -> None:
        farm.beat()
        farm.jobs.pause([job])
        farm.runner.finish(*farm.runner.tokens(), state=FAILED)
        farm.results.take()
        assert (stored(farm, job).failures, stored(farm, job).pause_reason) == (2, None)

    def test_a_job_that_is_over_has_failed(self, farm: FarmInMemory) -> None:
        job = farm.submit("1", requeue=0, most_failures=1)
        fail(farm)
        row = stored(farm, job)
        assert (row.state, row.pause_reason) == (JobState.FAILED, None)

    def test_frames_that_are_added_do_not_resume_it(self, farm: FarmInMemory, job: int) -> None:
        self.fail_both(farm)
        farm.jobs.set_frames(job, "1-9")
        row = stored(farm, job)
        assert row.state is JobState.PAUSED
        assert row.pause_reason is not None

    def test_without_a_limit_it_goes_on(self, farm: FarmInMemory) -> None:
        job = farm.submit("1", requeue=-1)
        fail(farm, times=8)
        row = stored(farm, job)
        assert (row.state, row.failures) == (JobState.QUEUED, 8)


def test_an_agent_is_known_by_its_last_success(farm: FarmInMemory) -> None:
    def last() -> Any:
        with farm.database.reading() as session:
            return session.get_one(Agent, "a").last_success_on

    farm.submit("1-2", requeue=0)
    fail(farm)
    assert last() is None
    farm.runner.finish(farm.runner.tokens()[0])
    farm.results.take()
    assert last().timestamp() == NOW + 1


def test_how_long_tasks_take_and_by_how_much_they_differ(farm: FarmInMemory) -> None:
    job = farm.submit("1-2")
    farm.beat()
    for token, seconds in zip(farm.runner.tokens(), (4.0, 8.0), strict=True):
        farm.runner.finish(token, seconds=seconds)
    farm.results.take()
    row = stored(farm, job)
    assert (row.task_seconds, row.task_spread) == (6.0, 2.0)


def test_why_a_job_waits_is_forgotten_when_it_runs(farm: FarmInMemory) -> None:
    job = farm.submit("1", cpus=200)
    farm.beat()
    assert stored(farm, job).waiting is not None
    assert stored(farm, job).waiting_since is not None
    farm.runner.agents["a"].inventory = an_inventory(cpus=256)
    farm.runner.inventory("a")
    assert farm.beat() == 1
    assert (stored(farm, job).waiting, stored(farm, job).waiting_since) == (None, None)


def test_the_start_of_a_run_is_stamped_once(farm: FarmInMemory) -> None:
    job = farm.submit("1-3")
    farm.beat()
    started = stored(farm, job).time_started
    assert started is not None
    farm.jobs.pause([job])
    farm.runner.finish(*farm.runner.tokens())
    farm.results.take()
    farm.jobs.resume([job])
    farm.beat()
    assert stored(farm, job).time_started == started, "one run, although it was queued and paused between"
    farm.run_to_end()
    assert stored(farm, job).time_started == started
    farm.jobs.rerun([job])
    assert stored(farm, job).time_started is None, "another run"


def test_a_task_that_starts_itself_began_with_its_first_progress(farm: FarmInMemory) -> None:
    """Its process's start is told at last, with its end."""
    job = farm.submit("1")
    farm.beat()
    (token,) = farm.runner.tokens()
    farm.runner.tell(Progressed(token, 0.1))
    farm.results.take()
    began = farm.tasks(job)[0].time_started
    assert (farm.states(job), farm.job(job).state) == ("r", JobState.RUNNING)
    assert began is not None
    assert farm.clock() - began < timedelta(seconds=30), "by the lead's clock"
    farm.runner.tell(Progressed(token, 0.7))
    farm.runner.tell(Finished(token, AttemptState.DONE, NOW, NOW + 5))
    farm.results.take()
    assert farm.tasks(job)[0].time_started == began
    (attempt,) = farm.farm.queries.attempts(farm.tasks(job)[0].id)
    assert attempt.time_started is not None
    assert attempt.time_started.timestamp() == NOW, "the attempt's own start is its process's"
