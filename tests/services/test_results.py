"""What becomes of tasks when agents tell, die, come back, or tell too late."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest
from sqlalchemy import event, select

from farmgui.domain.errors import StoreError
from farmgui.domain.reports import Finished, Progressed, Started, Usage, Warned
from farmgui.domain.states import AttemptState, JobState
from farmgui.models import Attempt, Event, failed_on
from farmgui.services.lease import LostLease
from tests.factories import FarmInMemory
from tests.fakes import NOW

DONE, FAILED, STOPPED = AttemptState.DONE, AttemptState.FAILED, AttemptState.STOPPED


def attempts(farm: FarmInMemory) -> list[str]:
    """The states of all attempts, in order."""
    with farm.database.reading() as session:
        return [str(state) for state in session.scalars(select(Attempt.state).order_by(Attempt.id))]


def diary(farm: FarmInMemory) -> list[str]:
    with farm.database.reading() as session:
        return list(session.scalars(select(Event.text).order_by(Event.id)))


def test_a_task_from_start_to_end(farm: FarmInMemory) -> None:
    job = farm.submit("1")
    farm.beat()
    (token,) = farm.runner.tokens()
    assert farm.job(job).state is JobState.RUNNING

    farm.runner.tell(Started(token, NOW), Progressed(token, 0.25), Warned(token, "the scene has changed"))
    assert farm.results.take() == 1
    (task,) = farm.tasks(job)
    assert (task.state, task.progress, task.warning, task.agent) == (
        "running",
        0.25,
        "the scene has changed",
        "host-a",
    )
    assert farm.job(job).warning == "the scene has changed"
    assert farm.farm.queries.agents()[0].tasks_running == 1

    farm.runner.tell(Progressed(token, 7.0))
    farm.results.take()
    assert farm.tasks(job)[0].progress == 1.0

    farm.runner.tell(Finished(token, DONE, NOW, NOW + 2, exit_status=0, usage=Usage(1.5, 300)))
    farm.results.take()
    (task,) = farm.tasks(job)
    (attempt,) = farm.farm.queries.attempts(task.id)
    assert (task.state, task.attempts, task.failures, task.attempt_id) == ("done", 1, 0, attempt.id)
    assert (attempt.state, attempt.number, attempt.exit_status) == (DONE, 1, 0)
    assert (attempt.cpu_seconds, attempt.peak_ram) == (1.5, 300)
    row = farm.job(job)
    assert (row.state, row.progress, row.agents_in_use) == (JobState.DONE, 1.0, 0)
    assert row.time_finished is not None
    assert farm.results.take() == 0


@pytest.mark.parametrize(
    ("requeue", "failures", "states"),
    [
        pytest.param(0, 1, "f", id="never"),
        pytest.param(1, 1, "q", id="once, first failure"),
        pytest.param(1, 2, "f", id="once, second failure"),
        pytest.param(3, 3, "q", id="three, third failure"),
        pytest.param(3, 4, "f", id="three, fourth failure"),
        pytest.param(-1, 20, "q", id="for ever"),
    ],
)
def test_a_failed_task_is_tried_again(farm: FarmInMemory, requeue: int, failures: int, states: str) -> None:
    job = farm.submit("1", requeue=requeue)
    for number in range(failures):
        farm.results.take()
        farm.wait()
        farm.beat()
        farm.runner.finish(farm.runner.tokens()[-1], state=FAILED, reason=f"fault {number}")
    farm.results.take()
    (task,) = farm.tasks(job)
    assert farm.states(job) == states
    assert (task.failures, task.attempts) == (failures, failures)
    assert task.last_error == farm.job(job).last_error == f"fault {failures - 1}"
    assert len(farm.farm.queries.attempts(task.id)) == failures


def test_a_success_forgets_the_errors(farm: FarmInMemory) -> None:
    job = farm.submit("1")
    farm.beat()
    farm.runner.finish(*farm.runner.tokens(), state=FAILED, reason="fault")
    farm.run_to_end()
    (task,) = farm.tasks(job)
    assert (task.state, task.last_error, task.failures) == ("done", None, 1)
    assert farm.job(job).last_error is None


def test_a_failure_without_a_reason_has_one(farm: FarmInMemory) -> None:
    job = farm.submit("1", requeue=0)
    farm.beat()
    farm.runner.finish(*farm.runner.tokens(), state=FAILED)
    farm.results.take()
    assert farm.tasks(job)[0].last_error == "it failed and didn't say why"


def test_a_batch_that_dies_in_the_middle(farm: FarmInMemory) -> None:
    job = farm.submit("1-10", job_type="render", data={"scene": "s"}, batch=10, requeue=3)
    farm.beat()
    tokens = farm.runner.tokens()
    farm.runner.finish(*tokens[:6])
    farm.runner.finish(tokens[6], state=FAILED, reason="Error: out of memory")
    farm.runner.finish(*tokens[7:], state=STOPPED)
    farm.results.take()
    assert farm.states(job) == "ddddddqqqq"
    assert [row.failures for row in farm.tasks(job)] == [0] * 6 + [1, 0, 0, 0]
    assert farm.job(job).last_error == "Error: out of memory"
    farm.wait()
    farm.beat()
    (batch,) = farm.runner.agents["a"].batches[1:]
    assert [task.frame for task in batch.tasks] == ["7", "8", "9", "10"]


def test_a_job_is_finished_with_its_last_task(farm: FarmInMemory) -> None:
    job = farm.submit("1-2", requeue=0)
    farm.beat()
    first, second = farm.runner.tokens()
    farm.runner.finish(first, state=FAILED)
    farm.results.take()
    assert farm.job(job).state is JobState.RUNNING
    farm.runner.finish(second)
    farm.results.take()
    assert farm.job(job).state is JobState.FAILED


def test_results_are_acknowledged_after_they_are_stored(farm: FarmInMemory) -> None:
    farm.submit("1-2")
    farm.beat()
    farm.runner.finish(*farm.runner.tokens())
    assert farm.runner.agents["a"].held
    farm.results.take()
    assert not farm.runner.agents["a"].held
    assert farm.runner.calls[-1] == "acknowledge 2"


def test_results_survive_a_full_disk(farm: FarmInMemory) -> None:
    job = farm.submit("1")
    farm.beat()
    limit = [1]

    # SQLite's own limit of the file stands for that of the disk; the error is the same.
    def limit_size(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {limit[0]}").close()

    event.listen(farm.database.engine, "checkout", limit_size)
    farm.runner.finish(*farm.runner.tokens())
    farm.runner.tell(Warned(farm.runner.tokens()[0], "w" * 1_000_000))
    with pytest.raises(StoreError, match="full"):
        farm.results.take()
    assert farm.states(job) == "a"
    assert farm.runner.agents["a"].held, "not acknowledged"
    limit[0] = 1_000_000
    assert farm.results.take() == 1
    assert farm.states(job) == "d"


class TestLateWord:
    def test_of_an_unknown_attempt(self, farm: FarmInMemory) -> None:
        farm.runner.finish("nobody.1")
        farm.results.take()
        assert diary(farm) == ["said of an unknown attempt (nobody.1) that it is done"]
        assert farm.runner.calls[-1] == "acknowledge 1"

    def test_of_an_attempt_that_was_lost(self, farm: FarmInMemory) -> None:
        job = farm.submit("1")
        farm.beat()
        (token,) = farm.runner.tokens()
        farm.runner.restart("a-2")
        farm.beat()
        farm.runner.finish(token)
        farm.results.take()
        assert farm.states(job) == "a", "the new attempt counts"
        assert attempts(farm) == ["lost", "assigned"]
        assert diary(farm) == ["said that the attempt is done, which had ended as lost"]
        assert farm.runner.calls[-1] == "acknowledge 1"

    def test_of_another_agents_attempt(self, farm: FarmInMemory) -> None:
        job = farm.submit("1")
        farm.beat()
        farm.results.happened("b", [Finished(farm.runner.tokens()[0], DONE, None, NOW)])
        farm.runner.agents["b"] = farm.runner.agents["a"]
        farm.results.take()
        assert farm.states(job) == "a"
        assert diary(farm) == ["said of another agent's attempt that it is done"]

    def test_said_again_and_again_is_kept_once(self, farm: FarmInMemory) -> None:
        farm.submit("1-2")
        farm.beat()
        lost = farm.runner.tokens()
        farm.runner.restart("a-2")
        farm.beat()
        for state in (DONE, DONE, FAILED):
            farm.runner.finish(*lost, "nobody.1", state=state)
            farm.results.take()
        assert len(lost) == 2
        assert diary(farm) == [
            "said that the attempt is done, which had ended as lost",
            "said that the attempt is done, which had ended as lost",
            "said of an unknown attempt (nobody.1) that it is done",
        ]

    def test_the_same_word_again_is_only_acknowledged(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-2")
        farm.beat()
        token = farm.runner.tokens()[0]
        farm.runner.finish(token)
        farm.results.take()
        farm.runner.finish(token)
        farm.results.take()
        assert farm.runner.calls[-1] == "acknowledge 1"
        assert diary(farm) == []
        assert farm.job(job).counts.done == 1

    def test_of_progress_changes_nothing(self, farm: FarmInMemory) -> None:
        job = farm.submit("1")
        farm.run_to_end()
        token = farm.runner.tokens()[0]
        farm.runner.tell(Started(token, NOW + 9), Progressed(token, 0.1), Warned(token, "late"))
        farm.results.take()
        (task,) = farm.tasks(job)
        assert (task.state, task.progress, task.warning) == ("done", 1.0, None)
        assert diary(farm) == []

    def test_a_former_lead_takes_nothing(self, farm: FarmInMemory) -> None:
        job = farm.submit("1")
        farm.beat()
        old = farm.results
        farm.lease.release()
        farm.lead()
        old.happened("a", [Finished(farm.runner.tokens()[0], DONE, None, NOW)])
        calls = list(farm.runner.calls)
        with pytest.raises(LostLease):
            old.take()
        assert farm.states(job) == "a"
        assert farm.runner.calls == calls, "what isn't stored isn't acknowledged"


Step = Callable[[FarmInMemory], None]


def the_order_never_arrived(farm: FarmInMemory) -> None:
    farm.runner.agents["a"].batches.clear()
    farm.runner.agents["a"].held.clear()
    farm.runner.inventory("a")


class TestReconcile:
    def test_what_never_arrived_is_sent_again(self, farm: FarmInMemory) -> None:
        farm.submit("1-4", batch=2, environ={"A": "b"})
        farm.beat()
        sent = list(farm.runner.agents["a"].batches)
        the_order_never_arrived(farm)
        farm.results.take()
        assert farm.runner.agents["a"].batches == sent, "the very same orders"
        assert attempts(farm) == ["assigned"] * 4

    def test_only_what_is_open_of_a_batch_is_sent_again(self, farm: FarmInMemory) -> None:
        farm.submit("1-3", batch=3)
        farm.beat()
        tokens = farm.runner.tokens()
        farm.runner.finish(tokens[0])
        farm.results.take()
        the_order_never_arrived(farm)
        farm.results.take()
        assert farm.runner.tokens() == tokens[1:]

    def test_what_runs_goes_on(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-2")
        farm.beat()
        farm.runner.begin(*farm.runner.tokens())
        farm.results.take()
        calls = list(farm.runner.calls)
        farm.runner.inventory("a")
        farm.results.take()
        assert farm.runner.calls == calls
        assert farm.states(job) == "rr"

    def test_a_new_lead_adopts_what_runs(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-3")
        farm.beat()
        farm.runner.begin(*farm.runner.tokens())
        farm.results.take()
        farm.lease.release()
        farm.lead()
        farm.runner.finish(*farm.runner.tokens())
        farm.beat()
        assert farm.states(job) == "dda"

    def test_what_nobody_knows_is_stopped(self, farm: FarmInMemory) -> None:
        farm.runner.agents["a"].held.add("ghost.1")
        farm.runner.inventory("a")
        farm.results.take()
        assert farm.runner.agents["a"].stopped == {"ghost.1"}

    def test_what_is_being_acknowledged_is_not_stopped(self, farm: FarmInMemory) -> None:
        farm.submit("1")
        farm.beat()
        farm.runner.finish(*farm.runner.tokens())
        farm.runner.inventory("a")
        farm.results.take()
        assert farm.runner.agents["a"].stopped == set()
        assert farm.runner.agents["a"].held == set()

    @pytest.mark.parametrize(
        ("before", "states"),
        [
            pytest.param(FarmInMemory.check, "qqqq", id="assigned"),
            pytest.param(lambda farm: farm.runner.begin(*farm.runner.tokens()), "qqqq", id="running"),
            pytest.param(lambda farm: farm.runner.finish(farm.runner.tokens()[0]), "dqqq", id="journalled"),
            pytest.param(lambda farm: farm.jobs.mark_done([1]), "dddd", id="marked done meanwhile"),
            pytest.param(lambda farm: farm.jobs.mark_failed([1]), "ffff", id="marked failed meanwhile"),
        ],
    )
    def test_a_killed_agent_loses_what_it_had(self, farm: FarmInMemory, before: Step, states: str) -> None:
        job = farm.submit("1-4", requeue=0)
        farm.beat()
        before(farm)
        farm.runner.restart("a-2")
        farm.results.take()
        assert farm.states(job) == states
        assert all(row.failures == 0 for row in farm.tasks(job)), "lost is no failure"
        assert farm.job(job).last_error is None
        with farm.database.reading() as session:
            assert session.execute(select(failed_on)).all() == []

    def test_a_stop_that_the_agent_did_not_hear_is_told_again(self, farm: FarmInMemory) -> None:
        job = farm.submit("1")
        farm.beat()
        farm.runner.agents["a"].connected = False
        farm.jobs.stop([job])
        farm.beat()
        assert farm.runner.agents["a"].stopped == set()
        farm.runner.agents["a"].connected = True
        farm.runner.inventory("a")
        farm.beat()
        assert farm.runner.agents["a"].stopped == set(farm.runner.tokens())

    def test_what_was_stopped_before_it_arrived_is_sent_and_stopped(self, farm: FarmInMemory) -> None:
        job = farm.submit("1")
        farm.runner.agents["a"].connected = False
        farm.beat()
        farm.jobs.stop([job])
        farm.runner.agents["a"].connected = True
        farm.runner.inventory("a")
        farm.results.take()
        assert farm.runner.calls[-2:] == ["start 1", "stop 1"]
        farm.runner.finish(*farm.runner.tokens(), state=STOPPED)
        farm.results.take()
        assert farm.states(job) == "q"

    def test_a_new_agent_is_stored_as_it_tells(self, farm: FarmInMemory) -> None:
        (row,) = farm.farm.queries.agents()
        assert (row.id, row.hostname, row.state, row.cpus, row.ram, row.os) == (
            "a",
            "host-a",
            "online",
            2,
            8192,
            "Linux",
        )
        assert row.last_heard_from is not None


def test_a_frame_that_was_removed_while_it_ran_goes(farm: FarmInMemory) -> None:
    job = farm.submit("1-2")
    farm.beat()
    farm.jobs.set_frames(job, "2-3")
    assert farm.job(job).counts.total == 3
    farm.runner.finish(farm.runner.tokens()[0])
    farm.results.take()
    assert [str(row.frame) for row in farm.tasks(job)] == ["2", "3"]
    farm.run_to_end()
    assert farm.job(job).state is JobState.DONE


def test_what_cant_be_stored_takes_nothing_else_with_it(farm: FarmInMemory) -> None:
    job = farm.submit("1-2", cpus=1)
    farm.beat()
    poisoned, other = farm.runner.tokens()
    farm.runner.tell(Started(poisoned, 1e300))
    farm.runner.finish(other)
    farm.runner.tell(Warned(other, "late word"))
    for _ in range(2):
        with pytest.raises((OverflowError, ValueError)):
            farm.results.take()
    while farm.results.take():
        pass
    assert sorted(farm.states(job)) == ["a", "d"]
    assert farm.runner.agents["a"].held == {poisoned}
