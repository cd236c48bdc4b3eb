"""What holds of every decision, on random farms."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farmgui.scheduler.decide import assign
from farmgui.scheduler.view import FarmView
from tests.scheduler import farms as rows
from tests.scheduler.referee import Farm, replay
from tests.scheduler.strategies import Dice, dices, farms, make_agent, make_farm, make_job, make_need, view_of

often = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


@often
@given(farms)
def test_no_rule_is_broken_by_any_grant(farm: Farm) -> None:
    """Resources, requirements, maximums, limits, and agents that are set aside: checked before each grant."""
    for grant in replay(farm, assign(view_of(farm)).grants):
        assert farm.could(farm.jobs[grant.job_id], farm.agents[grant.agent_id]), grant
        assert grant.tasks > 0


@often
@given(farms)
def test_nothing_idle_could_run(farm: Farm) -> None:
    decision = assign(view_of(farm))
    farm.new += decision.grants
    for job in farm.jobs.values():
        for agent in farm.agents.values():
            assert agent.id in decision.kept or not farm.could(job, agent), (job.id, agent.id)


@often
@given(farms)
def test_an_agent_is_kept_only_for_who_could_use_it(farm: Farm) -> None:
    decision = assign(view_of(farm))
    for agent_id, job_id in decision.kept.items():
        assert farm.suits(farm.jobs[job_id], farm.agents[agent_id])
        assert any(agent_id == where for _, where in farm.running) or any(
            agent_id == grant.agent_id for grant in decision.grants
        )
    farm.new += decision.grants
    for job_id in decision.kept.values():
        assert farm.may_start(farm.jobs[job_id])


@often
@given(farms)
def test_minimums_that_can_be_met_come_before_all_else(farm: Farm) -> None:
    decision = assign(view_of(farm))
    for grant in replay(farm, decision.grants):
        if farm.serves_minimum(farm.jobs[grant.job_id], grant.agent_id):
            continue
        for agent in farm.agents.values():
            for job in farm.jobs.values():
                lacks = agent.id not in decision.kept and farm.serves_minimum(job, agent.id)
                assert not (lacks and farm.could(job, agent)), (grant, job.id, agent.id)


@often
@given(farms)
def test_minimums_of_jobs_come_before_those_of_queues(farm: Farm) -> None:
    decision = assign(view_of(farm))
    for grant in replay(farm, decision.grants):
        if farm.unmet(farm.jobs[grant.job_id], grant.agent_id):
            continue
        for job in farm.jobs.values():
            for agent in farm.agents.values():
                lacks = agent.id not in decision.kept and farm.unmet(job, agent.id)
                assert not (lacks and farm.could(job, agent)), (grant, job.id, agent.id)


@often
@given(farms)
def test_nobody_is_served_whom_another_precedes_that_could_use_the_same_agent(farm: Farm) -> None:
    """By priority, strictly; then by the share of the weight; weight 0 last of all."""
    decision = assign(view_of(farm))
    for grant in replay(farm, decision.grants):
        job, agent = farm.jobs[grant.job_id], farm.agents[grant.agent_id]
        if farm.serves_minimum(job, agent.id) or agent.id in decision.kept:
            continue
        for other in farm.jobs.values():
            if other.id != job.id and farm.could(other, agent):
                assert farm.before(other, job) is None, (farm.before(other, job), grant, other.id)


@often
@given(farms)
def test_the_same_view_gives_the_same_decision_and_stays_as_it_is(farm: Farm) -> None:
    view = view_of(farm)
    first = assign(view)
    assert assign(view) == first
    assert assign(view_of(farm)) == first


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(10, 60), min_size=2, max_size=8), st.integers(1, 3), st.booleans())
def test_shares_are_within_one_agent_of_the_ideal(weights: list[int], size: int, in_queues: bool) -> None:
    """The ideal is a common level: each has its weight times that, but for the one that makes a whole."""
    count = 8 * len(weights)
    numbers = range(1, len(weights) + 1)
    queues = [rows.queue(number, weight=weight) for number, weight in zip(numbers, weights, strict=True)]
    if in_queues:
        jobs = [rows.job(number, queue_id=number) for number in numbers]
    else:
        jobs = [rows.job(number, weight=weight) for number, weight in zip(numbers, weights, strict=True)]
    got = rows.given(FarmView.of(jobs, rows.agents(count, size), queues))
    level_low = max((got[number] - 1) / weight for number, weight in zip(numbers, weights, strict=True))
    level_high = min((got[number] + 1) / weight for number, weight in zip(numbers, weights, strict=True))
    assert level_low <= level_high
    assert sum(got.values()) == count * size


@settings(max_examples=80, deadline=None)
@given(st.tuples(*[st.integers(10, 60)] * 3), st.integers(20, 100))
def test_three_jobs_get_what_their_weights_say_to_the_agent(weights: tuple[int, ...], count: int) -> None:
    jobs = [rows.job(number, weight=weight) for number, weight in enumerate(weights, 1)]
    got = rows.given(FarmView.of(jobs, rows.agents(count)))
    for number, weight in enumerate(weights, 1):
        assert got[number] == pytest.approx(weight / sum(weights) * count, abs=1)


@often
@given(dices)
def test_a_view_that_was_updated_is_the_same_as_one_made_anew(dice: Dice) -> None:
    farm = make_farm(dice)
    view = view_of(farm)
    for _ in range(dice.choice((1, 5, 20))):
        _change(dice, farm, view)
    assert assign(view) == assign(made_anew(view))


def made_anew(view: FarmView) -> FarmView:
    return FarmView.of(view.jobs, view.agents, view.queue_snapshots, view.limits)


def _change(dice: Dice, farm: Farm, view: FarmView) -> None:
    """One of the updates that a view takes."""
    kind = dice.choice(("start", "job", "job", "drop job", "agent", "drop agent", "queues", "limits"))
    agent_ids = [*farm.agents, "a8"]
    if kind == "start":
        rows.start(view, assign(view).grants)
    elif kind == "job":
        needs = [make_need(dice, agent_ids)]
        view.put_job(make_job(dice, dice.randint(1, 12), needs, list(farm.queues), agent_ids))
    elif kind == "drop job":
        view.drop_job(dice.randint(1, 12))
    elif kind == "agent":
        view.put_agent(make_agent(dice, dice.randint(0, 9)))
    elif kind == "drop agent":
        view.drop_agent(f"a{dice.randint(0, 9)}")
    elif kind == "queues":
        other = make_farm(dice)
        view.set_queues(other.queues.values())
    else:
        view.set_limits(make_farm(dice).limits.values())
