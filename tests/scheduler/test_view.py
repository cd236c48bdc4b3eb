"""A view that is updated row by row, and what a decision on it costs."""

from __future__ import annotations

import pytest

from farmgui.domain.requirements import Per
from farmgui.scheduler.decide import Assignment, assign
from farmgui.scheduler.farm import Holding, LimitSnapshot, QueueSnapshot
from farmgui.scheduler.needs import Need
from farmgui.scheduler.steady import end
from farmgui.scheduler.view import FarmView
from tests.scheduler.farms import agent, agents, busy, given, job, queue, start


def test_rows_are_read_back_and_forgotten() -> None:
    view = FarmView.of([job(1), job(2)], agents(2), [queue(1)], [LimitSnapshot("nuke", 1)])
    view.drop_job(1)
    view.drop_agent("a000")
    view.drop_agent("never seen")
    view.drop_job(77)
    assert [row.id for row in view.jobs] == [2]
    assert [row.id for row in view.agents] == ["a001"]
    assert view.job(1) is None
    assert view.agent("a000") is None
    assert [row.id for row in view.queue_snapshots] == [1]
    assert [row.name for row in view.limits] == ["nuke"]


def test_a_queue_that_is_set_anew_counts_what_runs() -> None:
    view = FarmView.of([job(1, queue_id=1)], agents(3), [queue(1)])
    start(view, assign(view).grants[:1])
    view.set_queues([queue(1, maximum_agents=2)])
    assert given(view) == {1: 1}


def test_queues_in_a_circle_are_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        FarmView.of(queues=[QueueSnapshot(1, 2), QueueSnapshot(2, 1)])


def test_an_agent_that_is_gone_counts_for_the_maximum_while_batches_are_there() -> None:
    view = FarmView.of([job(1, maximum_agents=2, holdings=(Holding("gone", 1, 1),))], agents(5))
    assert given(view) == {1: 1}


def test_an_agent_of_which_all_has_ended_counts_no_more_for_the_maximum_of_a_queue() -> None:
    view = FarmView.of(
        [job(1, queue_id=1), job(2, queue_id=1, priority=-1)], agents(3), [queue(1, maximum_agents=1)]
    )
    start(view, assign(view).grants)
    assert given(view) == {}
    end(view, view.nodes[1])
    view.drop_agent("a000")
    assert given(view) == {2: 1}


def test_a_job_that_was_at_its_maximum_is_gone_from_its_agents() -> None:
    capped = job(1, maximum_agents=1, holdings=(Holding("b", 1, 1),))
    view = FarmView.of([capped, job(2, priority=-1)], [busy("b", 4, 3)])
    assert given(view) == {1: 3}
    view.drop_job(1)
    assert given(view) == {2: 3}


def test_an_agent_that_was_set_aside_before_it_came_is_set_aside() -> None:
    view = FarmView.of([job(1, set_aside=frozenset({"b"}))], [agent("a")])
    view.put_agent(agent("b"))
    assert given(view) == {1: 1}


def test_a_view_that_has_seen_much_come_and_go_is_numbered_anew() -> None:
    view = FarmView.of([], agents(2))
    for number in range(1, 2500):
        view.put_job(job(number, Need(ram=number)))
        view.drop_job(number)
        view.put_agent(agent(f"b{number}"))
        view.drop_agent(f"b{number}")
    view.put_job(job(9999))
    assert len(view.classes) < 1500
    assert given(view) == {9999: 2}


def touched(view: FarmView) -> int:
    """How many jobs and queues a decision looks at."""
    deciding = Assignment(view)
    deciding.decide()
    return len(deciding._jobs) + len(deciding._queues)


def test_jobs_that_fit_nowhere_are_not_tried_one_by_one() -> None:
    large = [job(number, Need(64), priority=number % 3) for number in range(100, 2100)]
    view = FarmView.of([job(1, queued=1), *large], agents(3, 8))
    assert given(view) == {1: 1}
    assert touched(view) <= 3 * 3


def test_neither_are_jobs_at_their_maximum_whose_agents_are_busy() -> None:
    capped = [job(number, maximum_agents=1, holdings=(Holding("b", 1, 1),)) for number in range(100, 2100)]
    view = FarmView.of([job(1, queued=1), *capped], [busy("b", 8, 0, 8), *agents(2)])
    assert given(view) == {1: 1}
    assert touched(view) <= 3


def test_nor_those_of_a_queue_at_its_maximum() -> None:
    held = job(50, queue_id=1, holdings=(Holding("b", 1, 1),))
    waiting = [job(number, queue_id=1) for number in range(100, 2100)]
    queues = [queue(1, maximum_agents=1, priority=5)]
    view = FarmView.of([job(1), held, *waiting], [busy("b", 8, 0, 8), *agents(2)], queues)
    assert given(view) == {1: 2}
    assert touched(view) <= 5


def test_nor_those_below_their_minimum() -> None:
    waiting = [job(number, Need(9), minimum_agents=2) for number in range(100, 2100)]
    view = FarmView.of([job(1), *waiting], [busy("b", 9, 0, 9), *agents(2)])
    assert given(view) == {1: 2}
    assert touched(view) <= 5


def test_nor_those_below_their_minimum_that_lack_a_limit() -> None:
    need = Need(limits=(("nuke", 1),))
    waiting = [job(number, need, minimum_agents=1) for number in range(100, 2100)]
    view = FarmView.of(waiting, agents(5), limits=[LimitSnapshot("nuke", 1, Per.JOB)])
    assert given(view) == {100: 5}
    assert touched(view) <= 3


def test_jobs_that_are_held_and_empty_queues_are_not_looked_at() -> None:
    held = [job(number, hold="waits", queue_id=number) for number in range(100, 1100)]
    queues = [queue(number) for number in range(100, 1100)]
    view = FarmView.of([job(1), *held], agents(2), queues)
    assert given(view) == {1: 2}
    assert touched(view) <= 2


def test_what_a_decision_looks_at_is_what_it_grants() -> None:
    waiting = [job(number, queue_id=number % 10 + 1) for number in range(1, 3001)]
    view = FarmView.of(waiting, agents(20), [queue(number) for number in range(1, 11)])
    assert touched(view) <= 20 + 12


def test_a_job_that_ends_frees_its_agents() -> None:
    view = FarmView.of([job(1), job(2, priority=-1)], agents(2, 4))
    start(view, assign(view).grants)
    end(view, view.nodes[1])
    assert given(view) == {2: 8}
