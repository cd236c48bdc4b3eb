"""Which agent a batch goes to: packing, whole agents, and agents that are kept."""

from __future__ import annotations

import pytest

from farmgui.scheduler.decide import assign
from farmgui.scheduler.farm import AgentSnapshot, Grant, Holding
from farmgui.scheduler.needs import Need
from farmgui.scheduler.view import FarmView
from tests.scheduler.farms import agent, agents, busy, given, job, placed, start


@pytest.mark.parametrize(
    ("need", "one", "expected"),
    [
        pytest.param(Need(2), agent("a", 8), 4, id="by cpus"),
        pytest.param(Need(2, 400), agent("a", 8), 2, id="by ram"),
        pytest.param(Need(1, 0, 1), agent("a", 8, gpus=3), 3, id="by gpus"),
        pytest.param(Need(3), agent("a", 8), 2, id="what doesn't fit stays free"),
        pytest.param(Need(1), agent("a", 8, free_cpus=3, batches=2), 3, id="by what is free"),
        pytest.param(Need(1, 300), agent("a", 8, free_ram=700), 2, id="by the ram that is free"),
        pytest.param(Need(0), agent("a", 8), 8, id="0 cpus: as many processes as cpus"),
        pytest.param(Need(0), agent("a", 8, free_cpus=0, batches=1), 7, id="0 cpus beside a big one"),
        pytest.param(Need(1, 0), agent("a", 2, ram=0), 2, id="0 ram: none required"),
        pytest.param(Need(-1), agent("a", 8), 1, id="-1 cpus: the whole agent"),
        pytest.param(Need(1, -1), agent("a", 8), 1, id="-1 ram: the whole agent"),
        pytest.param(Need(-1), agent("a", 8, free_cpus=7, batches=1), 0, id="whole only when idle"),
        pytest.param(Need(-1, 800), agent("a", 8, free_ram=500), 0, id="whole and ram that others hold"),
        pytest.param(Need(1), agent("a", 8, exclusive=True, free_cpus=0, batches=1), 0, id="exclusive"),
        pytest.param(Need(0), agent("a", 8, exclusive=True, free_cpus=0, batches=1), 0, id="the same for 0"),
        pytest.param(Need(1), agent("a", 8, present=False), 0, id="expected agents take nothing"),
        pytest.param(Need(9), agent("a", 8), 0, id="too big"),
    ],
)  # fmt: skip
def test_how_many_batches_an_agent_takes(need: Need, one: AgentSnapshot, expected: int) -> None:
    assert len(assign(FarmView.of([job(1, need)], [one])).grants) == expected


def test_minus_one_has_the_agent_to_itself() -> None:
    decision = assign(FarmView.of([job(1, Need(-1), batch=5), job(2)], [agent("a", 8)]))
    assert decision.grants == (Grant(1, "a", 5),)


def test_a_whole_agent_counts_with_all_its_cpus() -> None:
    assert given(FarmView.of([job(1, Need(-1)), job(2)], agents(10, 8))) == {1: 5, 2: 40}


def test_the_tightest_agent_comes_first() -> None:
    farm = [agent("large", 16), agent("small", 4), busy("open", 16, 2)]
    assert placed(FarmView.of([job(1, Need(2), queued=1)], farm)) == {"open": 1}
    assert placed(FarmView.of([job(1, Need(4), queued=1)], farm)) == {"small": 1}
    assert placed(FarmView.of([job(1, Need(8), queued=1)], farm)) == {"large": 1}


def test_gpus_stay_free_for_who_asks_for_them() -> None:
    farm = [agent("gpu", 4, gpus=1), agent("plain", 4)]
    assert placed(FarmView.of([job(1, Need(1), queued=4)], farm)) == {"plain": 4}
    assert placed(FarmView.of([job(1, Need(1), queued=5)], farm)) == {"plain": 4, "gpu": 1}
    assert placed(FarmView.of([job(1, Need(1, gpus=1), queued=4)], farm)) == {"gpu": 1}


def test_small_batches_do_not_keep_a_busy_agent_from_one_that_wants_it_whole() -> None:
    small = job(2, holdings=(Holding("a", 1, 1),))
    decision = assign(FarmView.of([job(1, Need(-1)), small], [busy("a", 8, 7)]))
    assert decision.grants == ()
    assert decision.kept == {"a": 1}


def test_the_agent_that_is_nearest_to_having_room_is_kept_the_others_are_not() -> None:
    farm = [busy("a", 8, 2), busy("b", 8, 5), busy("c", 8, 3)]
    small = job(2, holdings=tuple(Holding(one.id, 1, 8 - one.free_cpus) for one in farm))
    decision = assign(FarmView.of([job(1, Need(6)), small], farm))
    assert decision.kept == {"b": 1}
    assert {grant.agent_id for grant in decision.grants} == {"a", "c"}


def test_one_agent_is_kept_for_each_class_of_needs() -> None:
    farm = [busy(f"b{number}", 8, 3) for number in range(5)]
    running = job(9, holdings=tuple(Holding(one.id, 1, 5) for one in farm))
    jobs = [job(1, Need(6)), job(2, Need(6)), job(3, Need(7)), running]
    assert sorted(assign(FarmView.of(jobs, farm)).kept.values()) == [1, 3]


def test_one_alone_also_where_others_of_the_class_find_room() -> None:
    farm = [busy("a", 8, 3), busy("b", 8, 3), agent("c", 6)]
    jobs = [job(number, Need(6), avoid=frozenset("c"), priority=1) for number in (1, 2)]
    decision = assign(FarmView.of([*jobs, job(3, Need(6))], farm))
    assert list(decision.kept.values()) == [1]
    assert [grant.job_id for grant in decision.grants] == [3]


def test_of_an_agent_kept_for_gpus_others_get_what_that_batch_leaves() -> None:
    one = busy("a", 16, 12, gpus=1, free_gpus=0)
    decision = assign(FarmView.of([job(1, Need(4, gpus=1)), job(2, priority=-1)], [one]))
    assert decision.kept == {"a": 1}
    assert {grant.job_id for grant in decision.grants} == {2}
    assert len(decision.grants) == 8


def test_nothing_is_kept_for_a_minimum_whose_last_task_starts_elsewhere() -> None:
    farm = [busy("a", 8, 4), busy("b", 8, 2)]
    lacking = job(1, Need(4), minimum_agents=2, queued=1, holdings=(Holding("a", 1, 4),))
    view = FarmView.of([lacking, job(2, priority=-1)], farm)
    assert assign(view).kept == {}
    assert placed(view) == {"a": 1, "b": 2}
    view.put_job(lacking._replace(queued=2))
    assert assign(view).kept == {"b": 1}
    assert placed(view) == {"a": 1}


def test_where_no_cpu_is_free_nothing_is_kept() -> None:
    farm = [busy("a", 8, 0), busy("b", 8, 0)]
    assert assign(FarmView.of([job(1, Need(-1)), job(2)], [*farm, agent("c")])).kept == {}


def test_an_idle_agent_whose_memory_others_hold_is_not_kept_for_a_big_job() -> None:
    idle = agent("a", 2, free_ram=300)
    decision = assign(FarmView.of([job(1, Need(1, 500), priority=5), job(2, Need(1, 100))], [idle]))
    assert decision.kept == {}
    assert {grant.job_id for grant in decision.grants} == {2}


def test_an_agent_that_could_never_take_it_is_not_kept() -> None:
    decision = assign(FarmView.of([job(1, Need(9), priority=5), job(2)], [busy("a", 8, 3)]))
    assert decision.kept == {}
    assert len(decision.grants) == 3


def test_a_large_batch_comes_to_its_turn_though_small_ones_never_end() -> None:
    """With one batch that ends at a time, the agent that is kept becomes empty after as many steps."""
    view = FarmView.of([job(1, Need(-1), queued=1), job(2)], [busy("a", 4, 0, 4), busy("b", 4, 0, 4)])
    view.put_job(job(2, holdings=(Holding("a", 4, 4), Holding("b", 4, 4))))
    for step in range(12):
        name = "ab"[step % 2]
        small, where = view.job(2), view.agent(name)
        assert small is not None
        assert where is not None
        held = {holding.agent_id: holding.batches for holding in small.holdings}
        if not held.get(name):
            continue
        held[name] -= 1
        holdings = tuple(Holding(agent_id, batches, batches) for agent_id, batches in held.items() if batches)
        view.put_job(small._replace(holdings=holdings))
        view.put_agent(where._replace(free_cpus=where.free_cpus + 1, batches=where.batches - 1))
        decision = assign(view)
        start(view, decision.grants)
        if any(grant.job_id == 1 for grant in decision.grants):
            return
    pytest.fail("the job that needs a whole agent never got one")
