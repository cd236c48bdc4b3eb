"""Which batches would be ended to make room for a job."""

from __future__ import annotations

import pytest

from farmgui.scheduler.farm import Holding, JobSnapshot, LimitSnapshot
from farmgui.scheduler.needs import Need
from farmgui.scheduler.room import Room, RunningBatch, make_room
from farmgui.scheduler.view import FarmView
from tests.scheduler.farms import agent, busy, job, queue


def batch(name: str, job_id: int, agent_id: str, seconds: float, cpus: int = 2) -> RunningBatch:
    return RunningBatch(name, job_id, agent_id, cpus, 0, 0, seconds)


def running(number: int, *agent_ids: str, cpus: int = 2, **values: object) -> JobSnapshot:
    holdings = tuple(
        Holding(agent_id, agent_ids.count(agent_id), cpus) for agent_id in dict.fromkeys(agent_ids)
    )
    return job(number, Need(cpus), holdings=holdings, **values)


def view_of(wants: JobSnapshot) -> FarmView:
    jobs = [wants, running(2, "a", "b", priority=1), running(3, "a", "a", "b", priority=-1)]
    jobs.append(running(4, "b", priority=9))
    return FarmView.of(jobs, [busy("a", 6, 0, 3), busy("b", 6, 0, 3)])


BATCHES = [
    batch("a2", 2, "a", 50), batch("a3", 3, "a", 100), batch("a3b", 3, "a", 80),
    batch("b2", 2, "b", 10), batch("b3", 3, "b", 90), batch("b4", 4, "b", 5),
]  # fmt: skip


@pytest.mark.parametrize(
    ("wants", "where", "ended", "lost"),
    [
        pytest.param(job(1, Need(2), priority=5), "a", ["a3b"], 80, id="the lowest priority, the least time"),
        pytest.param(job(1, Need(2), priority=0), "a", ["a3b"], 80, id="what is just below"),
        pytest.param(job(1, Need(4), priority=5), "a", ["a3b", "a3"], 180, id="two of the lowest"),
        pytest.param(job(1, Need(5), priority=5), "a", ["a3b", "a3", "a2"], 230, id="all on one agent"),
        pytest.param(job(1, Need(-1), priority=5), "a", ["a3b", "a3", "a2"], 230, id="a whole agent"),
        pytest.param(
            job(1, Need(6, allowed=frozenset("b")), priority=20),
            "b",
            ["b3", "b2", "b4"],
            105,
            id="on an allowed agent",
        ),
        pytest.param(job(1, Need(2), priority=5, avoid=frozenset("a")), "b", ["b3"], 90, id="elsewhere"),
    ],
)
def test_what_is_ended(wants: JobSnapshot, where: str, ended: list[str], lost: float) -> None:
    room = make_room(view_of(wants), 1, BATCHES)
    assert room.reason is None
    assert room.agent_id == where
    assert [each.batch for each in room.ended] == ended
    assert room.lost_seconds == lost


@pytest.mark.parametrize(
    ("wants", "reason"),
    [
        pytest.param(
            job(1, Need(2), priority=-1),
            "what runs where it could run has the same priority or a higher one: it is not ended for this",
            id="the same priority",
        ),
        pytest.param(
            job(1, Need(-1), priority=1),
            "what runs where it could run has the same priority or a higher one: it is not ended for this",
            id="not enough below it",
        ),
        pytest.param(job(1, Need(7)), "needs 7 cpus: none of 2 agents has so many", id="too big"),
        pytest.param(job(1, hold="is paused"), "is paused", id="held"),
        pytest.param(job(1, queued=0), "the job has no task that may start now", id="nothing to start"),
        pytest.param(job(1, maximum_agents=0, priority=9), "its maximum of agents is 0", id="maximum"),
        pytest.param(
            job(1, Need(limits=(("nuke", 1),)), priority=9),
            "the limit “nuke” isn't known: define it, or take it off the job",
            id="unknown limit",
        ),
    ],
)
def test_why_no_room_can_be_made(wants: JobSnapshot, reason: str) -> None:
    assert make_room(view_of(wants), 1, BATCHES) == Room(reason=reason)


def test_nothing_is_ended_where_there_is_room() -> None:
    view = view_of(job(1))
    view.put_agent(agent("c"))
    assert make_room(view, 1, BATCHES) == Room("c")


def test_a_limit_in_use_is_told_of() -> None:
    view = view_of(job(1, Need(limits=(("nuke", 1),)), priority=9))
    view.set_limits([LimitSnapshot("nuke", 0)])
    assert make_room(view, 1, BATCHES).reason == "needs 1 of the limit “nuke”, of which there are 0"


def test_no_more_is_ended_than_is_needed() -> None:
    view = FarmView.of(
        [job(1, Need(4), priority=5), running(2, "a"), running(3, "a", cpus=4)], [busy("a", 6, 0, 2)]
    )
    found = make_room(view, 1, [batch("small", 2, "a", 1), batch("large", 3, "a", 50, cpus=4)])
    assert [each.batch for each in found.ended] == ["large"]


def test_a_batch_that_has_its_agent_to_itself_is_ended_for_a_small_one() -> None:
    alone = job(2, Need(-1), holdings=(Holding("a", 1, 6),))
    view = FarmView.of([job(1, priority=5), alone], [busy("a", 6, 0, exclusive=True)])
    assert [each.batch for each in make_room(view, 1, [batch("x", 2, "a", 9, 6)]).ended] == ["x"]


def test_priority_is_compared_below_the_nearest_common_queue() -> None:
    queues = [queue(1, priority=1), queue(2, priority=0)]
    wants = job(1, queue_id=1, priority=-100)
    other = running(2, "a", priority=100)._replace(queue_id=2)
    view = FarmView.of([wants, other], [busy("a", 2, 0)], queues)
    assert [each.batch for each in make_room(view, 1, [batch("x", 2, "a", 9)]).ended] == ["x"]
    view.set_queues([queue(1), queue(2)])
    assert make_room(view, 1, [batch("x", 2, "a", 9)]).reason is not None
