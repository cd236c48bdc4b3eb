"""In which order jobs and queues are served, and how much each gets."""

from __future__ import annotations

from random import Random

import pytest

from farmgui.scheduler.decide import assign
from farmgui.scheduler.farm import Holding, JobSnapshot
from farmgui.scheduler.needs import Need
from farmgui.scheduler.view import FarmView
from tests.scheduler.farms import agents, busy, given, job, queue, start


@pytest.mark.parametrize(
    ("jobs", "count", "expected"),
    [
        pytest.param([job(1, weight=10), job(2, weight=30)], 40, {1: 10, 2: 30}, id="weights"),
        pytest.param([job(1, weight=10), job(2, weight=10)], 2, {1: 1, 2: 1}, id="one each"),
        pytest.param([job(1, weight=900), job(2, weight=1)], 10, {1: 9, 2: 1}, id="each starts at once"),
        pytest.param([job(1, priority=1), job(2)], 10, {1: 10}, id="priority is strict"),
        pytest.param([job(1, priority=-1), job(2, weight=1)], 10, {2: 10}, id="whatever the weights"),
        pytest.param([job(1, priority=1, queued=3), job(2)], 10, {1: 3, 2: 7}, id="what is left goes down"),
        pytest.param([job(1, maximum_agents=4), job(2)], 10, {1: 4, 2: 6}, id="maximum"),
        pytest.param([job(1, maximum_agents=0), job(2)], 10, {2: 10}, id="maximum 0 is none"),
        pytest.param([job(1, maximum_agents=None)], 10, {1: 10}, id="no maximum is no limit"),
        pytest.param([job(1, weight=0), job(2, queued=4)], 10, {1: 6, 2: 4}, id="weight 0 gets leftovers"),
        pytest.param([job(1, weight=0), job(2)], 10, {2: 10}, id="weight 0 gets nothing that others use"),
        pytest.param(
            [job(1, weight=0, priority=5), job(2, priority=-5)], 10, {2: 10}, id="weight 0 yields to all"
        ),
        pytest.param(
            [job(1, weight=0), job(2, weight=0, priority=1)], 10, {2: 10}, id="priority among leftovers"
        ),
        pytest.param(
            [job(1, minimum_agents=2), job(2, priority=9, maximum_agents=5)], 10, {1: 5, 2: 5}, id="minimums"
        ),
        pytest.param([job(1, minimum_agents=2), job(2, priority=9)], 10, {1: 2, 2: 8}, id="minimum, no more"),
        pytest.param(
            [job(1, minimum_agents=2), job(2, minimum_agents=2, priority=1)], 3, {1: 1, 2: 2},
            id="priority among minimums",
        ),
        pytest.param(
            [job(1, minimum_agents=3, weight=0), job(2)], 5, {1: 3, 2: 2}, id="minimum of weight 0"
        ),
        pytest.param(
            [job(1, minimum_agents=3, maximum_agents=1), job(2)], 5, {1: 1, 2: 4}, id="maximum below minimum"
        ),
        pytest.param([job(1, hold="waits"), job(2)], 5, {2: 5}, id="held"),
        pytest.param([job(1, queued=0), job(2)], 5, {2: 5}, id="nothing to start"),
        pytest.param([job(1, queued=10, batch=4)], 5, {1: 3}, id="batches"),
    ],
)  # fmt: skip
def test_what_each_job_gets(jobs: list[JobSnapshot], count: int, expected: dict[int, int]) -> None:
    assert given(FarmView.of(jobs, agents(count))) == expected


def test_a_batch_has_up_to_as_many_tasks_as_the_job_says() -> None:
    grants = assign(FarmView.of([job(1, queued=10, batch=4)], agents(5))).grants
    assert [grant.tasks for grant in grants] == [4, 4, 2]


@pytest.mark.parametrize("weights", [(60, 30, 10), (6, 3, 1)], ids=["60/30/10", "6/3/1"])
@pytest.mark.parametrize("empty", [0, 3], ids=["alone", "beside empty queues"])
@pytest.mark.parametrize("one_by_one", [False, True], ids=["at once", "one by one"])
def test_queues_share_60_30_10(weights: tuple[int, ...], empty: int, one_by_one: bool) -> None:
    queues = [queue(number, weight=weight) for number, weight in enumerate(weights, 1)]
    queues += [queue(10 + number, weight=10) for number in range(empty)]
    jobs = [job(number, queue_id=number, queued=100) for number in (1, 2, 3)]
    farm = agents(100, ram=32)
    view = FarmView.of(jobs, [] if one_by_one else farm, queues)
    if one_by_one:
        for one in farm:
            view.put_agent(one)
            start(view, assign(view).grants)
    else:
        start(view, assign(view).grants)
    found = [view.queues[number].mask.bit_count() for number in (1, 2, 3)]
    assert found == [pytest.approx(60, abs=1), pytest.approx(30, abs=1), pytest.approx(10, abs=1)]


def test_queued_jobs_share_60_30_10_from_the_start() -> None:
    jobs = [job(1, weight=60), job(2, weight=30), job(3, weight=10)]
    assert given(FarmView.of(jobs, agents(100))) == {1: 60, 2: 30, 3: 10}


def test_nested_queues_share_60_30_10_of_what_their_parent_gets() -> None:
    queues = [queue(1, weight=50), queue(2, weight=50)]
    queues += [queue(number, 1, weight=weight) for number, weight in ((3, 60), (4, 30), (5, 10), (6, 99))]
    jobs = [job(number, queue_id=number) for number in (2, 3, 4, 5)]
    assert given(FarmView.of(jobs, agents(200), queues)) == {2: 100, 3: 60, 4: 30, 5: 10}


def test_a_queue_and_a_job_side_by_side() -> None:
    view = FarmView.of([job(1, queue_id=1), job(2, weight=30)], agents(40), [queue(1, weight=10)])
    assert given(view) == {1: 10, 2: 30}


def test_shares_count_cpus_not_batches() -> None:
    view = FarmView.of([job(1, Need(4)), job(2)], agents(10, 8))
    assert given(view) == {1: 10, 2: 40}


def test_what_runs_counts_in_the_share() -> None:
    at_work = [busy(f"b{number}", 1, 0) for number in range(5)]
    holdings = tuple(Holding(one.id, 1, 1) for one in at_work)
    assert given(FarmView.of([job(1, holdings=holdings), job(2)], at_work + agents(5))) == {2: 5}


def test_priority_is_compared_among_the_children_of_one_queue_only() -> None:
    queues = [queue(1), queue(2)]
    jobs = [job(1, queue_id=1, priority=100), job(2, queue_id=2, priority=-100), job(3, queue_id=2)]
    assert given(FarmView.of(jobs, agents(10), queues)) == {1: 5, 3: 5}


def test_a_queues_priority_is_strict_as_well() -> None:
    queues = [queue(1, priority=1), queue(2)]
    jobs = [job(1, queue_id=1, queued=4), job(2, queue_id=2, priority=100)]
    assert given(FarmView.of(jobs, agents(10), queues)) == {1: 4, 2: 6}


def test_a_queues_maximum_caps_its_subtree() -> None:
    queues = [queue(1, maximum_agents=5), queue(2, 1)]
    found = given(FarmView.of([job(1, queue_id=1), job(2, queue_id=2), job(3)], agents(20), queues))
    assert found[1] + found[2] == 5
    assert found[3] == 15


def test_a_queues_maximum_counts_agents_not_batches() -> None:
    queues = [queue(1, maximum_agents=2)]
    assert given(FarmView.of([job(1, queue_id=1)], agents(5, 4), queues)) == {1: 8}


def test_a_queue_with_maximum_0_gets_nothing() -> None:
    queues = [queue(1, maximum_agents=0), queue(2, 1)]
    assert given(FarmView.of([job(1, queue_id=2), job(2)], agents(5), queues)) == {2: 5}


def test_a_queues_minimum_comes_before_priority() -> None:
    queues = [queue(1, minimum_agents=3, priority=-5)]
    assert given(FarmView.of([job(1, queue_id=1), job(2, priority=10)], agents(10), queues)) == {1: 3, 2: 7}


def test_minimums_of_jobs_come_before_those_of_queues() -> None:
    jobs = [job(1, queue_id=1), job(2, minimum_agents=2, priority=-9)]
    queues = [queue(1, minimum_agents=5)]
    assert given(FarmView.of(jobs, agents(4), queues)) == {1: 2, 2: 2}


def test_a_minimum_counts_the_agents_of_the_whole_subtree() -> None:
    queues = [queue(1, minimum_agents=3), queue(2, 1)]
    at_work = busy("b", 1, 0)
    held = job(2, queue_id=2, holdings=(Holding("b", 1, 1),))
    found = given(FarmView.of([held, job(3, priority=5)], [at_work, *agents(4)], queues))
    assert found == {2: 2, 3: 2}


def test_a_queue_of_weight_0_gets_leftovers_and_shares_them_by_weight() -> None:
    queues = [queue(1, weight=0, priority=9)]
    jobs = [job(1, queue_id=1, weight=30), job(2, queue_id=1, weight=10), job(3, queued=20)]
    jobs.append(job(4, queue_id=1, weight=0))
    assert given(FarmView.of(jobs, agents(60), queues)) == {1: 30, 2: 10, 3: 20}


def test_weight_0_in_a_queue_yields_to_jobs_of_other_queues() -> None:
    queues = [queue(1, priority=9), queue(2)]
    jobs = [job(1, queue_id=1, weight=0), job(2, queue_id=2, queued=4)]
    assert given(FarmView.of(jobs, agents(10), queues)) == {1: 6, 2: 4}


def test_a_job_at_its_maximum_gets_more_on_the_agents_that_it_has() -> None:
    mine, other = busy("a", 4, 2), busy("b", 4, 2)
    held = job(1, priority=5, maximum_agents=1, holdings=(Holding("a", 2, 2),))
    rest = job(2, holdings=(Holding("b", 2, 2),))
    grants = assign(FarmView.of([held, rest], [mine, other])).grants
    assert [(grant.job_id, grant.agent_id) for grant in grants] == [(1, "a"), (1, "a"), (2, "b"), (2, "b")]


def test_a_job_of_an_unknown_queue_stands_at_the_top() -> None:
    assert given(FarmView.of([job(1, queue_id=77)], agents(3))) == {1: 3}


def test_leftovers_serve_the_minimum_of_a_queue_above_as_well() -> None:
    queues = [queue(1, minimum_agents=2), queue(2, 1)]
    jobs = [job(1, Need(9), queue_id=2), job(2, queue_id=2, weight=0), job(3, priority=9)]
    assert given(FarmView.of(jobs, agents(5), queues)) == {2: 2, 3: 3}


@pytest.mark.parametrize("seed", range(20))
def test_many_jobs_get_what_their_weights_say_to_the_agent(seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - any weights will do
    weights = {number: chance.randint(10, 100) for number in range(1, chance.randint(4, 10))}
    count = chance.randint(60, 150)
    got = given(
        FarmView.of([job(number, weight=weight) for number, weight in weights.items()], agents(count))
    )
    total = sum(weights.values())
    assert got == {number: pytest.approx(count * weight / total, abs=1) for number, weight in weights.items()}
