"""What agents are given."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from farmgui.domain.orders import BatchMode, BatchOrder
from farmgui.domain.requirements import LimitUse, TagNeed
from farmgui.domain.states import AttemptState, JobState
from farmgui.models import Attempt, Job
from farmgui.services.dispatch import Dispatch
from farmgui.services.holdings import Holdings
from farmgui.services.lease import LostLease
from tests.factories import FarmInMemory
from tests.fakes import an_inventory


def batches(farm: FarmInMemory, agent_id: str = "a") -> list[BatchOrder]:
    return farm.runner.agents[agent_id].batches


def frames(farm: FarmInMemory, agent_id: str = "a") -> list[list[str]]:
    """The frames of the batches that the agent was given."""
    return [
        [task.frame if task.tile is None else f"{task.frame}/{task.tile}" for task in batch.tasks]
        for batch in batches(farm, agent_id)
    ]


RENDER: dict[str, Any] = {"job_type": "render", "data": {"scene": "shot.blend"}, "cpus": 1}


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        pytest.param("1-3", {}, [["1"], ["2"]], id="one at a time in two slots"),
        pytest.param("1-9", {"batch": 3}, [["1", "2", "3"], ["4", "5", "6"]], id="batches"),
        pytest.param("9-1", {"batch": 2}, [["9", "8"], ["7", "6"]], id="in the order asked for"),
        pytest.param(
            "1-99",
            {"batch": 60},
            [[str(n) for n in range(1, 51)], [str(n) for n in range(51, 100)]],
            id="the type's limit",
        ),
        pytest.param("1-3,7-9", RENDER | {"batch": 5}, [["1", "2", "3"], ["7", "8", "9"]], id="contiguous"),
        pytest.param("1-9x2", RENDER | {"batch": 3}, [["1", "3", "5"], ["7", "9"]], id="contiguous in steps"),
        pytest.param("5-1", RENDER | {"batch": 3}, [["5"], ["4"]], id="backwards is not contiguous"),
        pytest.param("1-3", {"cpus": 2}, [["1"]], id="all cpus"),
        pytest.param("1-3", {"cpus": -1}, [["1"]], id="the whole agent"),
        pytest.param("1-3", {"ram": 5000}, [["1"]], id="ram for one"),
        pytest.param("1-3", {"cpus": 3}, [], id="too many cpus"),
        pytest.param("1-3", {"cpus": 0}, [["1"], ["2"]], id="no cpus in particular"),
        pytest.param("1-3", {"maximum_agents": 0}, [], id="no agents"),
        pytest.param(
            "1-3",
            {"job_type": "tiled", "num_tiles": 2, "batch": 3, "data": {}},
            [["1/0", "2/0", "3/0"], ["1/1", "2/1", "3/1"]],
            id="one tile of each frame",
        ),
    ],
)
def test_what_an_agent_of_two_cpus_gets(
    farm: FarmInMemory, text: str, values: dict[str, Any], expected: list[list[str]]
) -> None:
    job = farm.submit(text, **values)
    assert farm.beat() == sum(len(batch) for batch in expected)
    assert frames(farm) == expected
    assert farm.beat() == 0
    assert farm.job(job).agents_in_use == (1 if expected else 0)


def test_an_order_of_tasks_on_their_own(farm: FarmInMemory, tmp_path: Path) -> None:
    data = {
        "command": ["true", "{frame:04d}", "{title}", "{output_file}"],
        "output": str(tmp_path / "o_##"),
        "extension": ".png",
        "cwd": str(tmp_path),
    }
    job = farm.submit("7", data=data, environ={"A": "b"}, ram=100, ram_warning=200, ram_max=300)
    farm.beat()
    (order,) = batches(farm)
    (task,) = order.tasks
    file = str(tmp_path / "o_07.png")
    assert (order.job_id, order.title, order.mode, order.argv) == (job, "job", BatchMode.EACH, ())
    assert task.argv == ("true", "0007", "job", file)
    assert task.outputs == (file,)
    assert (order.cwd, order.environ) == (str(tmp_path), {"A": "b"})
    assert (order.cpus, order.ram, order.ram_warning, order.ram_max) == (1, 100, 200, 300)
    assert len(order.token) == 22
    assert task.token == f"{order.token}.1"
    assert Path(task.log).is_relative_to(farm.log_folder / str(job))


def test_an_order_of_one_process(farm: FarmInMemory) -> None:
    farm.submit("1-9", **RENDER | {"batch": 4, "cpus": 2})
    farm.beat()
    (order,) = batches(farm)
    assert order.mode is BatchMode.ONE_PROCESS
    assert order.argv == ("true", "shot.blend", "-s", "1", "-e", "4", "-t", "2")
    assert [task.argv for task in order.tasks] == [()] * 4
    assert len({task.log for task in order.tasks}) == 4


def test_the_whole_agent_is_told_in_numbers(farm: FarmInMemory) -> None:
    farm.submit("1", cpus=-1, ram=-1)
    farm.beat()
    (order,) = batches(farm)
    assert (order.cpus, order.ram) == (2, 6553), "four fifths of its memory are allotted"
    assert farm.farm.queries.agents()[0].cpus_in_use == 2


@pytest.mark.parametrize(
    ("data", "watched"),
    [
        pytest.param({"scene_stamp": "1 2"}, ("s.blend", "1 2"), id="the scene as it is then"),
        pytest.param({"scene_stamp": "1 2", "scene_copy": True}, (None, None), id="a copy of it"),
        pytest.param({}, (None, None), id="no stamp"),
    ],
)
def test_a_scene_that_may_change_is_watched(
    farm: FarmInMemory, data: dict[str, Any], watched: tuple[str | None, str | None]
) -> None:
    farm.submit("1", job_type="render", data={"scene": "s.blend", **data})
    farm.beat()
    assert (batches(farm)[0].watched, batches(farm)[0].watched_stamp) == watched


def test_priority_goes_first(farm: FarmInMemory) -> None:
    farm.submit("1-2", title="low")
    farm.submit("1-2", title="high", priority=1)
    farm.beat()
    assert [batch.title for batch in batches(farm)] == ["high", "high"]


def test_why_a_job_waits_is_stored_when_it_changes(farm: FarmInMemory) -> None:
    first, second = farm.submit("1-2", priority=1), farm.submit("1")
    assert farm.job(second).waiting is None
    farm.beat()
    assert farm.job(first).waiting is None
    assert farm.job(second).waiting == (
        "waits for its turn: jobs of higher priority (job) use the agent that could run it"
    )
    revision = farm.farm.queries.jobs()
    farm.beat()
    assert farm.farm.queries.jobs() == revision
    farm.runner.finish(*farm.runner.tokens())
    farm.beat()
    assert farm.job(second).waiting is None


def test_since_when_a_job_waits_stays_while_it_waits(farm: FarmInMemory) -> None:
    first, second = farm.submit("1-2", priority=1), farm.submit("1")
    farm.beat()
    since = waiting_since(farm, second)
    assert since is not None
    farm.farm.agents.disable(["a"])
    farm.wait(10)
    farm.beat()
    assert waiting_since(farm, second) == since, "for another reason by now"
    farm.farm.agents.enable(["a"])
    farm.runner.finish(*farm.runner.tokens())
    farm.beat()
    assert (waiting_since(farm, first), waiting_since(farm, second)) == (None, None)


def waiting_since(farm: FarmInMemory, job_id: int) -> datetime | None:
    with farm.database.reading() as session:
        return session.scalars(select(Job.waiting_since).where(Job.id == job_id)).one()


def test_no_log_is_written_twice(farm: FarmInMemory) -> None:
    job = farm.submit("1-2", requeue=3)
    for _ in range(3):
        farm.beat()
        farm.runner.finish(*farm.runner.tokens()[-2:], state=AttemptState.FAILED)
        farm.results.take()
        farm.wait()
    farm.jobs.set_frames(job, "2")
    farm.jobs.set_frames(job, "1-2")
    farm.run_to_end()
    with farm.database.reading() as session:
        logs = session.scalars(select(Attempt.log)).all()
    assert len(logs) == len(set(logs)) == 5


class TestAgents:
    def test_a_disabled_agent_gets_nothing_and_keeps_what_it_has(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-4")
        farm.beat()
        farm.farm.agents.disable(["a"])
        farm.runner.finish(*farm.runner.tokens())
        assert farm.beat() == 0
        assert farm.states(job) == "ddqq"
        assert farm.job(job).waiting == "no agent is online and enabled"
        farm.farm.agents.enable(["a"])
        assert farm.beat() == 2

    def test_an_agent_that_is_silent_for_a_minute_is_offline(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-4")
        farm.beat()
        farm.later += timedelta(seconds=61)
        farm.runner.finish(*farm.runner.tokens()[:1])
        assert farm.beat() == 0
        assert farm.farm.queries.agents()[0].state == "offline"
        assert farm.states(job) == "daqq", "what it has stays until it tells"
        farm.runner.inventory("a")
        assert farm.beat() == 1

    def test_a_lost_connection_is_offline_at_once(self, farm: FarmInMemory) -> None:
        farm.results.lost_contact("a", "the agent's process ended")
        farm.submit("1")
        assert farm.beat() == 0
        assert farm.farm.queries.farm().agents_online == 0

    def test_a_failed_task_goes_to_another_agent(self, tmp_path: Path) -> None:
        farm = FarmInMemory(tmp_path, an_inventory("a", cpus=1), an_inventory("b", cpus=1))
        job = farm.submit("1", requeue=-1)
        seen = []
        for _ in range(4):
            farm.beat()
            row = farm.tasks(job)[0]
            seen.append(row.agent)
            agent_id = row.agent.removeprefix("host-")
            farm.runner.finish(farm.runner.tokens(agent_id)[-1], state=AttemptState.FAILED, agent_id=agent_id)
            farm.results.take()
            farm.wait()
        assert set(seen[:2]) == {"host-a", "host-b"}, "where it failed it isn't tried again"
        assert len(seen) == 4, "but for there being no other one left"
        farm.close()

    def test_an_agent_passes_over_what_failed_there(self, tmp_path: Path) -> None:
        farm = FarmInMemory(tmp_path, an_inventory("a", cpus=1), an_inventory("b", cpus=1))
        job = farm.submit("1-3", requeue=3)
        farm.farm.agents.disable(["b"])
        farm.beat()
        farm.runner.finish(*farm.runner.tokens("a"), state=AttemptState.FAILED)
        farm.results.take()
        farm.wait()
        farm.farm.agents.enable(["b"])
        farm.dispatch.tick()
        agents = {str(row.frame): row.agent for row in farm.tasks(job) if row.state == "assigned"}
        assert agents == {"1": "host-b", "2": "host-a"}
        farm.close()

    def test_agents_that_a_person_rules_out_come_last(self, tmp_path: Path) -> None:
        farm = FarmInMemory(tmp_path, an_inventory("a"), an_inventory("b"))
        job = farm.submit("1-2")
        farm.jobs.avoid_agents([row.id for row in farm.tasks(job)], ["a"])
        farm.beat()
        assert {row.agent for row in farm.tasks(job)} == {"host-b"}
        farm.close()

    def test_an_agent_is_set_aside_only_where_there_is_another(self, tmp_path: Path) -> None:
        farm = FarmInMemory(tmp_path, an_inventory("a", cpus=1), an_inventory("b", cpus=1))
        job = farm.submit("1-9", requeue=-1)
        farm.farm.agents.disable(["b"])
        for _ in range(4):
            farm.beat()
            farm.runner.finish(farm.runner.tokens("a")[-1], state=AttemptState.FAILED)
            farm.results.take()
            farm.wait()
        assert farm.beat() == 1, "it is the only one, so it goes on"
        farm.runner.finish(farm.runner.tokens("a")[-1])
        farm.results.take()
        farm.farm.agents.enable(["b"])
        farm.beat()
        assert [row.agent for row in farm.tasks(job) if row.state == "assigned"] == ["host-b"]
        farm.close()

    def test_what_a_missing_agent_has_is_run_elsewhere(self, tmp_path: Path) -> None:
        farm = FarmInMemory(tmp_path, an_inventory("a", cpus=1), an_inventory("b", cpus=1))
        job = farm.submit("1-2")
        farm.beat()
        lost = farm.runner.tokens("a")
        farm.runner.finish(*farm.runner.tokens("b"), agent_id="b")
        farm.results.take()
        farm.runner.agents["a"].connected = False
        farm.wait(61)
        assert farm.beat() == 0, "it has as long again to tell of itself"
        farm.wait(61)
        assert (farm.beat(), farm.beat()) == (0, 1), "its loss is stored, and wakes the lead"
        assert farm.states(job).count("a") == 1
        farm.runner.finish(*lost)
        farm.runner.agents["a"].connected = True
        farm.runner.inventory("a")
        farm.beat()
        assert farm.states(job) in {"ad", "da"}, "its late word is refused"
        farm.run_to_end()
        assert farm.states(job) == "dd"
        farm.close()

    def test_tags_say_who_may_run_it(self, tmp_path: Path) -> None:
        farm = FarmInMemory(tmp_path, an_inventory("a"), an_inventory("b"))
        farm.farm.agents.change(["b"], {"tags": ("gpu",)})
        wants = farm.submit("1-4", agent_tags=(TagNeed("gpu"),))
        avoids = farm.submit("1-4", agent_tags=(TagNeed("gpu", negate=True),))
        farm.beat()
        assert {row.agent for row in farm.tasks(wants)} - {""} == {"host-b"}
        assert {row.agent for row in farm.tasks(avoids)} - {""} == {"host-a"}
        farm.close()


class TestCaps:
    def test_a_limit(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-2", limits=(LimitUse("nuke", 1),))
        assert farm.beat() == 0
        assert farm.job(job).waiting == "the limit “nuke” isn't known: define it, or take it off the job"
        farm.farm.limits.put("nuke", 1)
        assert farm.beat() == 1
        farm.farm.limits.put("nuke", 2)
        assert farm.beat() == 1

    def test_the_most_tasks_of_a_job_on_one_agent(self, farm: FarmInMemory) -> None:
        farm.submit("1-2", most_per_agent=1)
        assert farm.beat() == 1
        assert farm.beat() == 0


class TestRetries:
    def test_a_retry_waits_and_is_due_to_the_moment(self, farm: FarmInMemory) -> None:
        job = farm.submit("1", requeue=3)
        farm.beat()
        farm.runner.finish(*farm.runner.tokens(), state=AttemptState.FAILED)
        assert farm.beat() == 0
        due = farm.dispatch.next_time
        assert due is not None
        assert farm.job(job).waiting == f"a failed task is tried again at {due.astimezone():%H:%M:%S}"
        assert not farm.dispatch.idle
        farm.wait((due - farm.clock()).total_seconds() - 1)
        assert farm.beat() == 0
        farm.wait(1)
        assert farm.beat() == 1
        assert farm.dispatch.next_time is None

    def test_others_of_the_job_do_not_wait(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-2", requeue=3, cpus=2)
        farm.beat()
        farm.runner.finish(*farm.runner.tokens(), state=AttemptState.FAILED)
        farm.beat()
        assert farm.states(job) == "qa"


class TestSafety:
    def test_an_agent_that_is_not_connected_hears_of_it_later(self, farm: FarmInMemory) -> None:
        job = farm.submit("1")
        farm.runner.agents["a"].connected = False
        assert farm.beat() == 1
        assert farm.states(job) == "a"
        assert frames(farm) == []
        farm.runner.agents["a"].connected = True
        farm.runner.inventory("a")
        farm.beat()
        assert frames(farm) == [["1"]]

    def test_a_former_lead_starts_nothing(self, farm: FarmInMemory) -> None:
        job = farm.submit("1")
        old = farm.dispatch
        farm.lease.release()
        farm.lead()
        with pytest.raises(LostLease):
            old.tick()
        assert farm.states(job) == "q"
        assert frames(farm) == []

    def test_nothing_new_is_started_while_draining(self, farm: FarmInMemory) -> None:
        job = farm.submit("1")
        assert farm.dispatch.tick(start_new=False) == 0
        assert farm.states(job) == "q"

    def test_a_command_that_cannot_be_made_fails_its_task_and_no_other(self, farm: FarmInMemory) -> None:
        bad, good = farm.submit("1-2"), farm.submit("1")
        with farm.database.sessions.begin() as session:
            session.execute(update(Job).where(Job.id == bad).values(data={"command": ["true", "{gone}"]}))
        farm.beat()
        farm.beat()
        farm.beat()
        row = farm.job(bad)
        assert row.state is JobState.FAILED
        assert row.last_error is not None
        assert "{gone}" in row.last_error
        assert farm.states(good) == "a"

    def test_a_job_that_was_deleted_meanwhile_gets_nothing(self, farm: FarmInMemory) -> None:
        job = farm.submit("1")
        farm.jobs.delete([job])
        assert farm.beat() == 0


@pytest.mark.parametrize(
    ("prepare", "busy", "idle"),
    [
        pytest.param(FarmInMemory.check, False, True, id="nothing"),
        pytest.param(lambda f: f.submit("1"), True, False, id="started"),
        pytest.param(lambda f: f.submit("1", paused=True), False, True, id="paused"),
        pytest.param(lambda f: f.submit("1", cpus=9), True, True, id="too big"),
        pytest.param(
            lambda f: (f.submit("1"), f.results.lost_contact("a", "")), True, False, id="no agent yet"
        ),
    ],
)
def test_whether_there_is_work(farm: FarmInMemory, prepare: Any, busy: bool, idle: bool) -> None:
    prepare(farm)
    farm.beat()
    assert (farm.dispatch.busy, farm.dispatch.idle) == (busy, idle)


class _PausedMeanwhile(Dispatch):
    """A wrangler pauses a job between the look at the farm and what is written of it."""

    farm: FarmInMemory
    job: int

    def _tell_reasons(self, *arguments: Any) -> None:
        self.farm.jobs.pause([self.job])
        super()._tell_reasons(*arguments)


def test_a_job_that_was_paused_meanwhile_keeps_no_reason_why_it_waits(farm: FarmInMemory) -> None:
    number = farm.submit(cpus=64)
    fence = farm.lease.try_acquire() or 0
    dispatch = _PausedMeanwhile(
        farm.database, farm.runner, fence, farm.log_folder, holdings=Holdings(), clock=farm.clock
    )
    dispatch.farm, dispatch.job = farm, number
    dispatch.tick()
    assert farm.job(number).waiting is None
