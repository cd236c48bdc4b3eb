"""What is counted of the farm, and how it is thinned."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from farmgui.domain.states import AttemptState
from farmgui.domain.thinning import stretch_of
from farmgui.models import AgentCount, Event, TaskCount, TaskEventCount
from farmgui.services.database import Database, open_database
from farmgui.services.statistics import Statistics
from farmgui.services.thinning import Thinning
from tests.factories import FarmInMemory
from tests.fakes import an_inventory

NOW = datetime(2026, 11, 25, 14, 37, 12, tzinfo=UTC)
EVENTS = ("new", "deleted", "restarted", "started", "failed", "done")


def happened(farm: FarmInMemory, queue: int = 0) -> dict[str, int]:
    """What happened to tasks of a queue, as it was counted, without what didn't."""
    with farm.database.reading() as session:
        sums = session.execute(
            select(*(func.sum(getattr(TaskEventCount, f"num_{name}")) for name in EVENTS)).where(
                TaskEventCount.job_queue_id == queue
            )
        ).one()
    return {name: number for name, number in zip(EVENTS, sums, strict=True) if number}


def run_to_end(farm: FarmInMemory, job: int) -> None:
    farm.run_to_end()


def remove(farm: FarmInMemory, job: int) -> None:
    farm.jobs.delete([job])
    farm.cleanup.run()


def fail_one(farm: FarmInMemory, job: int) -> None:
    farm.beat()
    farm.runner.finish(farm.runner.tokens()[0], state=AttemptState.FAILED)
    farm.results.take()


STEPS: list[Any] = [
    pytest.param([], {"new": 3}, id="submitted"),
    pytest.param([run_to_end], {"new": 3, "started": 3, "done": 3}, id="done"),
    pytest.param([fail_one], {"new": 3, "started": 1, "failed": 1}, id="failed and tried again"),
    pytest.param([lambda f, j: f.jobs.mark_done([j])], {"new": 3, "done": 3}, id="marked done"),
    pytest.param([lambda f, j: f.jobs.mark_failed([j])], {"new": 3, "failed": 3}, id="marked failed"),
    pytest.param(
        [lambda f, j: f.jobs.mark_done([j]), lambda f, j: f.jobs.rerun([j])],
        {"new": 3, "done": 3, "restarted": 3},
        id="rerun",
    ),
    pytest.param([lambda f, j: f.jobs.set_frames(j, "2-6")], {"new": 6, "deleted": 1}, id="another range"),
    pytest.param(
        [remove],
        {"new": 3, "deleted": 3},
        id="deleted",
    ),
]


@pytest.mark.parametrize(("steps", "expected"), STEPS)
def test_what_happens_to_tasks_is_counted(
    farm: FarmInMemory, steps: list[Callable[[FarmInMemory, int], object]], expected: dict[str, int]
) -> None:
    job = farm.submit("1-3")
    for step in steps:
        step(farm, job)
    assert happened(farm) == expected


def test_what_happens_is_counted_by_queue_and_minute(farm: FarmInMemory) -> None:
    farm.submit("1-3", queue="/film")
    farm.submit("1-2")
    farm.submit("1-2", queue="/film")
    with farm.database.reading() as session:
        rows = session.scalars(select(TaskEventCount)).all()
    film = [row for row in rows if row.job_queue_id]
    assert sum(row.num_new for row in film) == 5
    assert sum(row.num_new for row in rows) == 7
    assert len(rows) <= 4, "one row for each queue and minute"
    assert all(row.time_end - row.time_start == timedelta(minutes=1) for row in rows)
    assert all(stretch_of(row.time_start, timedelta(minutes=1)) == row.time_start for row in rows)


def test_agents_are_counted_each_once(tmp_path: Path) -> None:
    farm = FarmInMemory(tmp_path, *(an_inventory(name) for name in "abcd"))
    farm.submit("1", cpus=2)
    farm.farm.agents.disable(["b"])
    farm.results.lost_contact("c", "gone")
    assert farm.beat() == 1
    Statistics(farm.database, lambda: NOW).count_agents()
    with farm.database.reading() as session:
        row = session.scalars(select(AgentCount)).one()
    assert (row.num_online, row.num_running, row.num_offline, row.num_disabled) == (1, 1, 1, 1)
    assert row.counted_time == NOW
    farm.close()


def test_tasks_are_counted_by_queue(farm: FarmInMemory) -> None:
    farm.submit("1-3", queue="/film")
    farm.submit("1-4")
    done = farm.submit("1-2")
    farm.jobs.mark_done([done])
    farm.jobs.delete([farm.submit("1-9")])
    Statistics(farm.database, lambda: NOW).count_tasks()
    with farm.database.reading() as session:
        rows = session.scalars(select(TaskCount).order_by(TaskCount.job_queue_id)).all()
    assert [(row.job_queue_id == 0, row.total_queued, row.total_done) for row in rows] == [
        (True, 4, 2),
        (False, 3, 0),
    ]


def test_an_empty_farm_has_no_tasks(database: Database) -> None:
    Statistics(database, lambda: NOW).count_tasks()
    with database.reading() as session:
        assert session.scalars(select(TaskCount)).all() == []


def test_the_diary_is_kept_for_a_while(database: Database) -> None:
    with database.sessions.begin() as session:
        for days in (1, 89, 91, 400):
            session.add(Event(time=NOW - timedelta(days=days), kind="late", text=f"{days}"))
    assert Statistics(database, lambda: NOW).forget_diary() == 2
    with database.reading() as session:
        assert session.scalars(select(Event.text).order_by(Event.id)).all() == ["1", "89"]
    assert Statistics(database, lambda: NOW).forget_diary(timedelta(days=30)) == 1


def events(database: Database) -> dict[tuple[datetime, int], tuple[timedelta, int]]:
    with database.reading() as session:
        return {
            (row.time_start, row.job_queue_id): (row.time_end - row.time_start, row.num_done)
            for row in session.scalars(select(TaskEventCount))
        }


def add_events(database: Database, ages: list[tuple[int, int, int]]) -> None:
    with database.sessions.begin() as session:
        for minutes, queue, number in ages:
            start = stretch_of(NOW - timedelta(minutes=minutes), timedelta(minutes=1))
            session.add(
                TaskEventCount(
                    time_start=start,
                    time_end=start + timedelta(minutes=1),
                    job_queue_id=queue,
                    num_done=number,
                )
            )


def test_what_is_a_day_old_is_put_together_by_the_quarter_of_an_hour(database: Database) -> None:
    day = 24 * 60
    # Now it is 14:37: these are of 14:20, 14:16, 14:15 and 14:14 of the day before, and of half past two.
    add_events(
        database, [(day + 17, 1, 1), (day + 21, 1, 2), (day + 22, 2, 4), (day + 23, 1, 8), (day + 7, 1, 16)]
    )
    assert Thinning(database, lambda: NOW).run() == 3
    yesterday = NOW.replace(day=24, second=0)
    quarter = timedelta(minutes=15)
    assert events(database) == {
        (yesterday.replace(minute=15), 1): (quarter, 3),
        (yesterday.replace(minute=15), 2): (quarter, 4),
        (yesterday.replace(minute=0), 1): (quarter, 8),
        (yesterday.replace(minute=30), 1): (timedelta(minutes=1), 16),
    }


def test_counts_become_their_mean(database: Database) -> None:
    with database.sessions.begin() as session:
        for minute, number in ((1, 10), (6, 20), (11, 36)):
            time = NOW.replace(day=20, hour=3, minute=minute)
            session.add(
                AgentCount(counted_time=time, num_online=number, num_running=0, num_offline=1, num_disabled=0)
            )
            for queue in (0, 5):
                session.add(
                    TaskCount(
                        counted_time=time, job_queue_id=queue, total_queued=number + queue,
                        total_running=0, total_done=0, total_failed=0,
                    )
                )  # fmt: skip
    Thinning(database, lambda: NOW).run()
    start = NOW.replace(day=20, hour=3, minute=0, second=0)
    with database.reading() as session:
        agents = session.scalars(select(AgentCount)).all()
        tasks = session.scalars(select(TaskCount).order_by(TaskCount.job_queue_id)).all()
    assert [(row.counted_time, row.num_online, row.num_offline) for row in agents] == [(start, 22, 1)]
    assert [(row.counted_time, row.job_queue_id, row.total_queued) for row in tasks] == [
        (start, 0, 22),
        (start, 5, 27),
    ]


AGES = st.integers(0, 200 * 24 * 60) | st.integers(0, 9 * 24 * 60)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(AGES, st.integers(0, 1), st.integers(1, 5)), unique_by=lambda row: row[:2], max_size=80
    ),
    st.lists(st.integers(0, 100), max_size=3),
)
def test_nothing_is_lost_whenever_it_is_thinned(rows: list[tuple[int, int, int]], days: list[int]) -> None:
    """Thinned day by day or at once, it comes to the same, and the sums stay."""
    with TemporaryDirectory() as folder:
        kept: list[object] = []
        for number, clocks in enumerate(([100], [*sorted(days), 100])):
            database = open_database(f"sqlite:///{Path(folder) / f'{number}.db'}")
            add_events(database, rows)
            clock = [NOW]
            thinning = Thinning(database, lambda: clock[0])  # noqa: B023  called in this turn alone
            for day in clocks:
                clock[0] = NOW + timedelta(days=day)
                thinning.run()
            assert sum(done for _, done in events(database).values()) == sum(row[2] for row in rows)
            assert Thinning(database, lambda: clock[0]).run() == 0, "nothing is left to do"  # noqa: B023  as above
            kept.append(events(database))
            database.close()
        assert kept[0] == kept[1]
