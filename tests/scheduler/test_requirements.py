"""Which agents a job may use: what it needs of them, limits, and agents that failed it."""

from __future__ import annotations

import pytest

from farmgui.domain.requirements import Per
from farmgui.scheduler.decide import assign
from farmgui.scheduler.farm import Holding, LimitSnapshot
from farmgui.scheduler.needs import Need
from farmgui.scheduler.view import FarmView, eligible
from tests.scheduler.farms import agent, agents, busy, given, job, placed, start

BLENDER = 7


@pytest.mark.parametrize(
    ("need", "expected"),
    [
        pytest.param(Need(), "abc", id="nothing"),
        pytest.param(Need(tags=frozenset({1})), "ab", id="a tag"),
        pytest.param(Need(tags=frozenset({1, 2})), "b", id="two tags"),
        pytest.param(Need(without_tags=frozenset({2})), "a", id="without a tag"),
        pytest.param(Need(tags=frozenset({9})), "", id="a tag that nobody has"),
        pytest.param(Need(without_tags=frozenset({9})), "abc", id="without a tag that nobody has"),
        pytest.param(Need(software=((BLENDER, None, None),)), "ab", id="software in any version"),
        pytest.param(Need(software=((BLENDER, 200, None),)), "b", id="or newer"),
        pytest.param(Need(software=((BLENDER, None, 100),)), "a", id="or older"),
        pytest.param(Need(software=((BLENDER, 100, 200),)), "ab", id="an interval"),
        pytest.param(Need(software=((BLENDER, 101, 199),)), "", id="an interval without a version"),
        pytest.param(Need(software=((BLENDER, None, None), (8, None, None))), "b", id="two of them"),
        pytest.param(Need(gpus=1), "c", id="gpus"),
        pytest.param(Need(gpus=3), "", id="too many gpus"),
        pytest.param(Need(cpus=8), "c", id="cpus"),
        pytest.param(Need(ram=2000), "bc", id="ram"),
        pytest.param(Need(cpus=-1, ram=3000), "bc", id="a whole agent of so much ram"),
        pytest.param(Need(cpus=8, ram=-1), "c", id="a whole agent of so many cpus"),
        pytest.param(Need(allowed=frozenset("ac")), "ac", id="allowed"),
        pytest.param(Need(allowed=frozenset()), "", id="none allowed"),
        pytest.param(Need(allowed=frozenset({"gone"})), "", id="one allowed that isn't there"),
        pytest.param(Need(excluded=frozenset("ac")), "b", id="excluded"),
    ],
)
def test_which_agents_are_eligible_and_used(need: Need, expected: str) -> None:
    farm = [
        agent("a", 4, 1000, tags=frozenset({1}), software=frozenset({(BLENDER, 100)})),
        agent("b", 4, 3000, tags=frozenset({1, 2}), software=frozenset({(BLENDER, 200), (8, 1)})),
        agent("c", 8, 3000, 2, tags=frozenset({2})),
    ]
    view = FarmView.of([job(1, need)], farm)
    assert eligible(view, 1) == frozenset(expected)
    assert set(placed(view)) == set(expected)


def test_an_agent_that_is_expected_is_eligible_and_takes_nothing() -> None:
    view = FarmView.of([job(1)], [agent("a", present=False), agent("b")])
    assert eligible(view, 1) == {"a", "b"}
    assert placed(view) == {"b": 1}


def test_what_is_eligible_follows_the_agents() -> None:
    view = FarmView.of([job(1, Need(tags=frozenset({1})))], [agent("a")])
    assert eligible(view, 1) == frozenset()
    view.put_agent(agent("a", tags=frozenset({1})))
    assert eligible(view, 1) == {"a"}
    view.drop_agent("a")
    assert eligible(view, 1) == frozenset()


@pytest.mark.parametrize(
    ("most", "expected"), [(None, 16), (1, 2), (3, 6)], ids=["no limit", "one each", "three each"]
)
def test_most_per_agent(most: int | None, expected: int) -> None:
    assert len(assign(FarmView.of([job(1, most_per_agent=most)], agents(2, 8))).grants) == expected


def test_most_per_agent_counts_what_runs() -> None:
    held = job(1, most_per_agent=3, holdings=(Holding("a", 2, 2),))
    assert placed(FarmView.of([held], [busy("a", 8, 6, 2), agent("b", 8)])) == {"a": 1, "b": 3}


@pytest.mark.parametrize(
    ("per", "amount", "expected"),
    [
        pytest.param(Per.TASK, 3, 3, id="per task"),
        pytest.param(Per.AGENT, 3, 12, id="per agent"),
        pytest.param(Per.JOB, 3, 24, id="per job"),
        pytest.param(Per.JOB, 1, 24, id="one job"),
        pytest.param(Per.TASK, 0, 0, id="none"),
        pytest.param(Per.AGENT, 0, 0, id="none per agent"),
        pytest.param(Per.JOB, 0, 0, id="none per job"),
    ],
)
def test_a_limit_is_never_exceeded_within_one_decision(per: Per, amount: int, expected: int) -> None:
    jobs = [job(number, Need(limits=(("nuke", 1),))) for number in (1, 2, 3, 4)]
    view = FarmView.of(jobs, agents(6, 4), limits=[LimitSnapshot("nuke", amount, per)])
    found = given(view)
    assert sum(found.values()) == expected
    if per is Per.JOB:
        assert len(found) == amount


def test_a_job_that_takes_the_last_of_a_limit_for_its_minimum_goes_on_in_its_turn() -> None:
    need = Need(limits=(("nuke", 1),))
    jobs = [job(1, need, minimum_agents=1, priority=-1), job(2, need)]
    assert given(FarmView.of(jobs, agents(4), limits=[LimitSnapshot("nuke", 1, Per.JOB)])) == {1: 4}


@pytest.mark.parametrize("per", list(Per))
def test_what_ends_gives_back_what_it_used(per: Per) -> None:
    need = Need(limits=(("nuke", 2),))
    jobs = [job(number, need, queued=3) for number in (1, 2, 3)]
    view = FarmView.of(jobs, agents(4, 2), limits=[LimitSnapshot("nuke", 4, per)])
    start(view, assign(view).grants)
    use = view.uses["nuke"]
    assert use.taken == 4
    for row in view.jobs:
        if row.holdings:
            first, *others = row.holdings
            fewer = (
                [first._replace(batches=first.batches - 1, cpus=first.cpus - 1)] if first.batches > 1 else []
            )
            view.put_job(row._replace(holdings=(*fewer, *others)))
    anew = FarmView.of(view.jobs, view.agents, limits=view.limits).uses["nuke"]
    assert (use.taken, use.levels, use.users) == (anew.taken, anew.levels, anew.users)
    for row in view.jobs:
        view.drop_job(row.id)
    assert (use.taken, use.levels, use.users) == (0, {}, {})


def test_an_amount_is_used_by_each_batch() -> None:
    view = FarmView.of([job(1, Need(limits=(("nuke", 3),)))], agents(6), limits=[LimitSnapshot("nuke", 10)])
    assert given(view) == {1: 3}


def test_what_runs_uses_a_limit_also_of_a_job_that_may_start_nothing() -> None:
    need = Need(limits=(("nuke", 1),))
    held = job(1, need, hold="is paused", holdings=(Holding("b", 2, 2),))
    view = FarmView.of(
        [held, job(2, need)], [busy("b", 2, 0, 2), *agents(5)], limits=[LimitSnapshot("nuke", 3)]
    )
    assert given(view) == {2: 1}


def test_an_agent_that_uses_a_limit_already_takes_more_of_it_free_of_charge() -> None:
    need = Need(limits=(("nuke", 1),))
    held = job(1, need, holdings=(Holding("b", 1, 1),))
    limits = [LimitSnapshot("nuke", 1, Per.AGENT)]
    assert placed(FarmView.of([held, job(2, need)], [busy("b", 4, 3), *agents(5)], limits=limits)) == {"b": 3}


def test_an_agent_that_uses_some_of_a_limit_does_not_take_what_needs_more_than_is_left() -> None:
    held = job(1, Need(limits=(("nuke", 1),)), queued=0, holdings=(Holding("b", 1, 1), Holding("c", 1, 1)))
    wants = job(2, Need(limits=(("nuke", 2),)))
    farm = [busy("b", 4, 3), busy("c", 4, 3), *agents(2)]
    assert placed(FarmView.of([held, wants], farm, limits=[LimitSnapshot("nuke", 2, Per.AGENT)])) == {}
    limits = [LimitSnapshot("nuke", 3, Per.AGENT)]
    assert placed(FarmView.of([held, wants._replace(queued=3)], farm, limits=limits)) == {"b": 3}


def test_all_limits_of_a_job_hold() -> None:
    need = Need(limits=(("nuke", 1), ("farm", 1)))
    limits = [LimitSnapshot("nuke", 5), LimitSnapshot("farm", 2, Per.AGENT)]
    assert given(FarmView.of([job(1, need)], agents(9, 2), limits=limits)) == {1: 4}


def test_a_job_that_names_an_unknown_limit_does_not_run() -> None:
    view = FarmView.of([job(1, Need(limits=(("nuke", 1),)))], agents(2))
    assert given(view) == {}
    view.set_limits([LimitSnapshot("nuke", 1)])
    assert given(view) == {1: 1}


def test_a_limit_that_was_lowered_lets_nothing_start_and_others_go_on() -> None:
    need = Need(limits=(("nuke", 1),))
    held = job(1, need, holdings=(Holding("b", 2, 2),))
    view = FarmView.of([held, job(2)], [busy("b", 2, 0, 2), *agents(2)], limits=[LimitSnapshot("nuke", 1)])
    assert given(view) == {2: 2}


@pytest.mark.parametrize(
    ("farm", "values", "expected"),
    [
        pytest.param("ab", {"set_aside": frozenset("a")}, "b", id="another is there"),
        pytest.param("a", {"set_aside": frozenset("a")}, "a", id="a farm of one"),
        pytest.param("ab", {"set_aside": frozenset("ab")}, "ab", id="all failed"),
        pytest.param("ab", {"set_aside": frozenset("a"), "avoid": frozenset("b")}, "a", id="other avoided"),
        pytest.param("a", {"avoid": frozenset("a")}, "", id="avoided"),
        pytest.param("ab", {"avoid": frozenset("a")}, "b", id="one avoided"),
        pytest.param(
            "ab", {"set_aside": frozenset("a"), "need": Need(excluded=frozenset("b"))}, "a", id="excluded"
        ),
    ],
)
def test_agents_that_failed_the_job(farm: str, values: dict[str, object], expected: str) -> None:
    view = FarmView.of([job(1, **values)], [agent(name) for name in farm])
    assert set(placed(view)) == set(expected)


@pytest.mark.parametrize("other", [busy("b", 1, 0), agent("b", present=False)], ids=["at work", "expected"])
def test_another_agent_counts_though_it_takes_nothing_now(other: object) -> None:
    assert placed(FarmView.of([job(1, set_aside=frozenset("a"))], [agent("a"), other])) == {}  # type: ignore[list-item]
