"""What the scheduler answers to people, on stored farms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from farmgui.domain.errors import FarmError, NotFound
from farmgui.domain.requirements import AgentChoice, LimitUse, TagNeed
from farmgui.domain.states import AgentState
from farmgui.models import Agent
from tests.factories import FarmInMemory
from tests.fakes import an_inventory


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[FarmInMemory]:
    """Two agents of two cpus."""
    farm = FarmInMemory(tmp_path, an_inventory("a"), an_inventory("b"))
    yield farm
    farm.close()


def _broken(farm: FarmInMemory, job: int, agent: str) -> list[str]:
    return [rule.text for rule in farm.farm.explaining.rules(job, agent) if not rule.holds]


def test_every_rule_is_told_for_a_job_and_an_agent(farm: FarmInMemory) -> None:
    job = farm.submit("1-4", cpus=1)
    assert _broken(farm, job, "a") == []
    farm.jobs.change([job], {"agent_tags": (TagNeed("gpu"),), "limits": (LimitUse("nuke"),)})
    broken = _broken(farm, job, "a")
    assert any("gpu" in text for text in broken) and any("nuke" in text for text in broken)
    farm.farm.agents.change(["a"], {"tags": ["gpu"]})
    farm.farm.limits.put("nuke", 1)
    assert _broken(farm, job, "a") == []
    assert len(_broken(farm, job, "b")) == 1
    with pytest.raises(NotFound):
        farm.farm.explaining.rules(99, "a")
    with pytest.raises(NotFound):
        farm.farm.explaining.rules(job, "z")


def test_an_idle_agent_says_why_and_a_busy_one_nothing(farm: FarmInMemory) -> None:
    assert farm.farm.explaining.idle("a") == "no job waits"
    farm.submit("1-2", agent_tags=(TagNeed("gpu"),))
    assert "gpu" in farm.farm.explaining.idle("a")
    farm.submit("1-9", cpus=1)
    farm.beat()
    assert farm.farm.explaining.idle("a") == ""


def test_jobs_and_agents_that_take_no_part_say_what_they_are(farm: FarmInMemory) -> None:
    job = farm.submit("1-2", cpus=1)
    farm.farm.agents.disable(["a"])
    assert _broken(farm, job, "a") == ["host-a is set aside: it is given nothing new"]
    assert farm.farm.explaining.idle("a") == "host-a is set aside: it is given nothing new"
    farm.farm.agents.enable(["a"])
    with farm.database.sessions.begin() as session:
        gone = {"state": AgentState.OFFLINE, "last_heard_from": datetime.now(UTC) - timedelta(days=1)}
        session.execute(update(Agent).where(Agent.id == "a").values(gone))
    assert _broken(farm, job, "a") == ["host-a is offline"]
    farm.jobs.pause([job])
    assert _broken(farm, job, "b") == ["the job is paused"]


def test_an_agent_that_a_job_may_not_run_on_is_told_once(farm: FarmInMemory) -> None:
    job = farm.submit("1-2", agents=(AgentChoice("host-a", excluded=True),))
    assert _broken(farm, job, "a") == ["may not run on host-a"]


def test_a_change_is_told_before_it_is_made(farm: FarmInMemory) -> None:
    one, other = farm.submit("1-50", title="one", cpus=1), farm.submit("1-50", title="other", cpus=1)
    farm.beat()
    effects = {effect.title: effect for effect in farm.farm.explaining.what_if([one], {"weight": 30})}
    assert (effects["one"].cpus_before, effects["one"].cpus_after) == (2, 3)
    assert (effects["other"].cpus_before, effects["other"].cpus_after) == (2, 1)
    assert farm.job(one).weight == 10
    assert farm.farm.explaining.what_if([one], {"notes": "nothing to do with it"}) == []
    farm.farm.queues.create("/low", {"priority": -10})
    effects = {effect.title: effect for effect in farm.farm.explaining.what_if([other], {"queue": "/low"})}
    assert effects["other"].cpus_after == 0


def test_a_job_is_expected_to_end_by_its_measured_times(farm: FarmInMemory) -> None:
    first = farm.submit("1-40", cpus=1)
    farm.submit("1-4", parents=(first,), cpus=1)
    assert farm.farm.explaining.expected()[first].finish is None
    with farm.database.sessions.begin() as session:
        session.connection().exec_driver_sql("UPDATE jobs SET task_seconds = 60, task_spread = 6")
    expected = farm.farm.explaining.expected()
    found = expected[first]
    assert found.finish is not None and found.earliest is not None and found.latest is not None
    assert found.earliest < found.finish < found.latest
    # 40 tasks of a minute on four cpus.
    assert abs(found.finish - datetime.now(UTC) - timedelta(minutes=10)) < timedelta(minutes=1)
    child = expected[first + 1].finish
    assert child is not None and child > found.finish


def test_room_is_made_by_ending_lower_priorities_alone(farm: FarmInMemory) -> None:
    low = farm.submit("1-4", title="low", cpus=1)
    farm.beat()
    for token in farm.runner.tokens("a"):
        farm.runner.begin(token, agent_id="a")
    farm.results.take()
    same = farm.submit("1", cpus=2)
    with pytest.raises(FarmError, match="same priority"):
        farm.farm.explaining.room(same)
    high = farm.submit("1", cpus=2, priority=5)
    ended = farm.farm.explaining.room(high)
    assert [(ending.job_title, ending.seconds >= 0) for ending in ended] == [("low", True)] * 2
    assert len({ending.agent for ending in ended}) == 1
    farm.jobs.stop_tasks([ending.task_id for ending in ended])
    assert sum(task.stopping for task in farm.tasks(low)) == 2
