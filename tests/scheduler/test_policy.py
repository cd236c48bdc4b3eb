"""Which job gets which agent, by tables."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from farmgui.scheduler.policy import assign
from farmgui.scheduler.snapshot import (
    AgentSnapshot,
    FarmSnapshot,
    Grant,
    Holding,
    JobSnapshot,
    QueueSnapshot,
)


def agent(name: str, cpus: int = 1, ram: int = 1000, **values: object) -> AgentSnapshot:
    free = {"free_cpus": cpus, "free_ram": ram, **values}
    return AgentSnapshot(name, cpus, ram, **free)  # type: ignore[arg-type]


def agents(count: int, cpus: int = 1) -> tuple[AgentSnapshot, ...]:
    return tuple(agent(f"a{number:03}", cpus) for number in range(count))


def job(number: int, **values: object) -> JobSnapshot:
    return JobSnapshot(number, **{"queued": 1000, **values})  # type: ignore[arg-type]


def shares(
    jobs: tuple[JobSnapshot, ...], count: int, queues: tuple[QueueSnapshot, ...] = ()
) -> dict[int, int]:
    decision = assign(FarmSnapshot(jobs, agents(count), queues))
    return dict(Counter(grant.job_id for grant in decision.grants))


@pytest.mark.parametrize(
    ("jobs", "count", "expected"),
    [
        pytest.param((job(1, weight=10), job(2, weight=30)), 40, {1: 10, 2: 30}, id="weights"),
        pytest.param((job(1, weight=10), job(2, weight=10)), 2, {1: 1, 2: 1}, id="one each"),
        pytest.param((job(1, priority=1), job(2)), 10, {1: 10}, id="priority is strict"),
        pytest.param((job(1, priority=1, queued=3), job(2)), 10, {1: 3, 2: 7}, id="what is left goes down"),
        pytest.param((job(1, maximum_agents=4), job(2)), 10, {1: 4, 2: 6}, id="maximum"),
        pytest.param((job(1, maximum_agents=0), job(2)), 10, {2: 10}, id="maximum 0 is none"),
        pytest.param((job(1, weight=0), job(2, queued=4)), 10, {1: 6, 2: 4}, id="weight 0 gets leftovers"),
        pytest.param((job(1, weight=0), job(2)), 10, {2: 10}, id="weight 0 gets nothing that others use"),
        pytest.param(
            (job(1, weight=0, priority=5), job(2, priority=-5)),
            10,
            {2: 10},
            id="weight 0 yields to any priority",
        ),
        pytest.param(
            (job(1, minimum_agents=2), job(2, priority=9, maximum_agents=5)),
            10,
            {1: 5, 2: 5},
            id="minimum first",
        ),
        pytest.param((job(1, ready=False), job(2)), 5, {2: 5}, id="parents not done"),
        pytest.param((job(1, cpus=2), job(2)), 5, {2: 5}, id="too big for any agent"),
    ],
)
def test_shares(jobs: tuple[JobSnapshot, ...], count: int, expected: dict[int, int]) -> None:
    assert shares(jobs, count) == expected


@pytest.mark.parametrize("empty", [0, 3])
def test_queues_share_60_30_10(empty: int) -> None:
    weights = {1: 60, 2: 30, 3: 10}
    queues = tuple(QueueSnapshot(number, weight=weight) for number, weight in weights.items())
    queues += tuple(QueueSnapshot(10 + number, weight=10) for number in range(empty))
    jobs = tuple(job(number, queue_id=number) for number in weights)
    assert shares(jobs, 100, queues) == {1: 60, 2: 30, 3: 10}


def test_nested_queues_share_within_their_parent() -> None:
    queues = (
        QueueSnapshot(1, weight=50),
        QueueSnapshot(2, weight=50),
        QueueSnapshot(3, parent_id=1, weight=75),
        QueueSnapshot(4, parent_id=1, weight=25),
    )
    jobs = (job(1, queue_id=3), job(2, queue_id=4), job(3, queue_id=2))
    assert shares(jobs, 80, queues) == {1: 30, 2: 10, 3: 40}


def test_a_queues_maximum_caps_its_subtree() -> None:
    queues = (QueueSnapshot(1, maximum_agents=5), QueueSnapshot(2, parent_id=1))
    jobs = (job(1, queue_id=1), job(2, queue_id=2), job(3))
    found = shares(jobs, 20, queues)
    assert found[1] + found[2] == 5
    assert found[3] == 15


def test_a_queues_minimum_comes_before_priority() -> None:
    queues = (QueueSnapshot(1, minimum_agents=3, priority=-5),)
    assert shares((job(1, queue_id=1), job(2, priority=10)), 10, queues) == {1: 3, 2: 7}


def test_several_batches_on_one_agent_as_cpus_and_ram_allow() -> None:
    one = agent("a", cpus=8, ram=1000)
    assert len(assign(FarmSnapshot((job(1, cpus=2),), (one,))).grants) == 4
    assert len(assign(FarmSnapshot((job(1, cpus=2, ram=400),), (one,))).grants) == 2
    assert len(assign(FarmSnapshot((job(1, cpus=0),), (one,))).grants) == 8


def test_minus_one_takes_the_whole_agent() -> None:
    one = agent("a", cpus=8)
    decision = assign(FarmSnapshot((job(1, cpus=-1, batch=5), job(2)), (one,)))
    assert decision.grants == (Grant(1, "a", 5),)
    busy = replace(one, free_cpus=7, batches=1)
    assert assign(FarmSnapshot((job(1, cpus=-1),), (busy,))).grants == ()


def test_small_batches_do_not_keep_a_busy_agent_from_one_that_wants_it_whole() -> None:
    busy = agent("a", cpus=8, free_cpus=7, batches=1)
    whole = job(1, cpus=-1)
    small = job(2, holdings=(Holding("a", 1, 1),))
    decision = assign(FarmSnapshot((whole, small), (busy,)))
    assert decision.grants == ()
    assert "whole agent" in decision.reasons[1]


def test_what_runs_counts_in_the_share() -> None:
    busy = tuple(agent(f"b{number}", free_cpus=0, batches=1) for number in range(5))
    holding = tuple(Holding(item.id, 1, 1) for item in busy)
    jobs = (job(1, holdings=holding), job(2))
    found = Counter(grant.job_id for grant in assign(FarmSnapshot(jobs, busy + agents(5))).grants)
    assert found == {2: 5}


@pytest.mark.parametrize(
    ("waiting", "farm", "words"),
    [
        pytest.param(job(1, ready=False), agents(2), "depends on", id="parents"),
        pytest.param(job(1), (), "no agent is online", id="no agents"),
        pytest.param(job(1, cpus=64), agents(3, 4), "64 cpus: none of 3 agents", id="cpus"),
        pytest.param(job(1, ram=5000), agents(3), "5000 MB of ram", id="ram"),
        pytest.param(job(1, maximum_agents=0), agents(3), "maximum of agents is 0", id="maximum"),
    ],
)
def test_reasons(waiting: JobSnapshot, farm: tuple[AgentSnapshot, ...], words: str) -> None:
    assert words in assign(FarmSnapshot((waiting,), farm)).reasons[1]


def test_a_job_that_runs_or_starts_has_no_reason() -> None:
    full = agent("a", free_cpus=0, batches=1)
    decision = assign(FarmSnapshot((job(1, holdings=(Holding("a", 1, 1),)), job(2)), (full, agent("b"))))
    assert decision.reasons == {}


def test_an_idle_agent_whose_memory_others_hold_is_not_kept_for_a_big_job() -> None:
    idle = agent("a", cpus=2, free_ram=300)
    decision = assign(FarmSnapshot((job(1, ram=500, priority=5), job(2, ram=100)), (idle,)))
    assert {grant.job_id for grant in decision.grants} == {2}
    assert "no idle agent has so much of it free" in decision.reasons[1]
