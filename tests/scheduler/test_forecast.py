"""When jobs are expected to be done, and what a change would do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from farmgui.scheduler.decide import assign
from farmgui.scheduler.farm import Holding, JobSnapshot, LimitSnapshot
from farmgui.scheduler.forecast import Expected, forecast
from farmgui.scheduler.needs import Need
from farmgui.scheduler.view import FarmView
from farmgui.scheduler.whatif import Changes, Difference, what_if
from tests.scheduler.farms import agent, agents, busy, job, queue, start

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def measured(number: int, tasks: int, seconds: float | None = 10.0, **values: object) -> JobSnapshot:
    row = {"queued": tasks, "unfinished": tasks, "task_seconds": seconds, "task_spread": 0.0, **values}
    return job(number, **row)


def seconds(expected: Expected) -> float:
    assert expected.finish is not None
    return (expected.finish - NOW).total_seconds()


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        pytest.param([measured(1, 100)], {1: 100}, id="one job"),
        pytest.param([measured(1, 5)], {1: 10}, id="fewer tasks than agents"),
        pytest.param([measured(1, 100), measured(2, 100)], {1: 200, 2: 200}, id="two share"),
        pytest.param(
            [measured(1, 100, priority=1), measured(2, 100)], {1: 100, 2: 200}, id="one after the other"
        ),
        pytest.param([measured(1, 50), measured(2, 100)], {1: 100, 2: 150}, id="the rest gets what is freed"),
        pytest.param(
            [measured(1, 90, weight=90), measured(2, 10, weight=10)], {1: 100, 2: 100}, id="by weight"
        ),
        pytest.param([measured(1, 100, maximum_agents=5)], {1: 200}, id="a maximum"),
        pytest.param([measured(1, 10, need=Need(-1))], {1: 10}, id="whole agents"),
        pytest.param(
            [measured(1, 100, seconds=1.0), measured(2, 100, priority=-1)], {1: 10, 2: 110}, id="quick ones"
        ),
    ],
)
def test_when_jobs_are_done(jobs: list[JobSnapshot], expected: dict[int, float]) -> None:
    found = forecast(FarmView.of(jobs, agents(10)), NOW)
    assert {job_id: seconds(each) for job_id, each in found.items()} == pytest.approx(expected, rel=0.1)


def test_what_runs_is_reckoned_as_work_left() -> None:
    running = measured(1, 98, unfinished=100, holdings=(Holding("a", 2, 2),))
    found = forecast(FarmView.of([running], [busy("a", 2, 0, 2), *agents(8)]), NOW)
    assert seconds(found[1]) == pytest.approx(100, rel=0.1)


def test_a_job_that_waits_for_others_starts_when_they_are_done() -> None:
    child = measured(2, 100, hold="waits for shot_001", priority=5)
    view = FarmView.of([measured(1, 50), child, measured(3, 300)], agents(10))
    found = forecast(view, NOW, after={2: [1]})
    assert seconds(found[1]) == pytest.approx(100, rel=0.05)
    assert seconds(found[2]) == pytest.approx(200, rel=0.05)
    assert forecast(view, NOW)[2] == Expected(reason="waits for shot_001")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param(measured(1, 9, seconds=None), "no task of it was measured yet", id="not measured"),
        pytest.param(measured(1, 9, hold="is paused"), "is paused", id="held"),
        pytest.param(
            measured(1, 9, need=Need(99)), "needs 99 cpus: none of 3 agents has so many", id="fits nowhere"
        ),
        pytest.param(
            measured(1, 10**6, seconds=10**6), "it is done later than is looked ahead", id="too far"
        ),
    ],
)
def test_a_job_without_a_time_says_why(row: JobSnapshot, reason: str) -> None:
    found = forecast(FarmView.of([row, measured(2, 3)], agents(3)), NOW)
    assert found[1] == Expected(reason=reason)
    assert found[2].finish is not None


def test_a_job_that_was_not_measured_still_takes_its_share() -> None:
    found = forecast(FarmView.of([measured(1, 50), measured(2, 500, seconds=None)], agents(10)), NOW)
    assert seconds(found[1]) == pytest.approx(100, rel=0.05)


@pytest.mark.parametrize(
    ("spread", "low", "high"), [(0.0, 100, 100), (2.0, 80, 122)], ids=["none", "a fifth"]
)
def test_the_spread_of_tasks_widens_what_is_expected(spread: float, low: float, high: float) -> None:
    found = forecast(FarmView.of([measured(1, 100, task_spread=spread)], agents(10)), NOW)[1]
    assert found.earliest == NOW + timedelta(seconds=low)
    assert found.latest == NOW + timedelta(seconds=high)


def test_a_job_with_nothing_left_is_not_told_of() -> None:
    assert forecast(FarmView.of([job(1, queued=0)], agents(1)), NOW) == {}


def by_job(differences: tuple[Difference, ...]) -> dict[int, tuple[int, int]]:
    return {each.job_id: (each.before.cpus, each.after.cpus) for each in differences}


def test_what_another_weight_and_priority_would_do() -> None:
    jobs = [job(1), job(2), job(3, priority=-1)]
    view = FarmView.of(jobs, agents(20))
    heavier = Changes(jobs={1: jobs[0]._replace(weight=30)})
    assert by_job(what_if(view, heavier)) == {1: (10, 15), 2: (10, 5)}
    higher = Changes(jobs={3: jobs[2]._replace(priority=1)})
    assert by_job(what_if(view, higher)) == {3: (0, 20), 1: (10, 0), 2: (10, 0)}


def test_what_a_maximum_of_a_queue_and_a_limit_would_do() -> None:
    jobs = [job(1, queue_id=1), job(2, Need(limits=(("nuke", 1),)))]
    view = FarmView.of(jobs, agents(10), [queue(1)], [LimitSnapshot("nuke", 9)])
    assert by_job(what_if(view, Changes(queues={1: queue(1, maximum_agents=2)}))) == {1: (5, 2), 2: (5, 8)}
    assert by_job(what_if(view, Changes(limits={"nuke": LimitSnapshot("nuke", 1)}))) == {1: (5, 9), 2: (5, 1)}
    assert what_if(view, Changes()) == ()


def test_what_would_start_at_once_and_that_nothing_is_ended() -> None:
    running, waiting = job(1, queued=5), job(2, priority=-1)
    view = FarmView.of([running, waiting], agents(5, 1))
    start(view, assign(view).grants)
    view.put_agent(agent("z"))
    held = view.job(1)
    assert held is not None
    (first, second) = what_if(view, Changes(jobs={2: waiting._replace(priority=1)}))
    assert (first.job_id, second.job_id) == (2, 1)
    assert (first.before.starts, first.after.starts) == (1, 1)
    assert view.job(1) == held


def test_what_a_change_does_to_the_finish() -> None:
    jobs = [measured(1, 100), measured(2, 100)]
    view = FarmView.of(jobs, agents(10))
    found = {
        each.job_id: each for each in what_if(view, Changes(jobs={2: jobs[1]._replace(priority=1)}), NOW)
    }
    before, after = found[2].before.expected, found[2].after.expected
    assert before is not None
    assert after is not None
    assert seconds(before) == pytest.approx(200, rel=0.05)
    assert seconds(after) == pytest.approx(100, rel=0.05)
