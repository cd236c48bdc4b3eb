"""What a window reads again and again: after each reading it has what is stored, and is told little."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from farmgui.domain.errors import FarmError
from farmgui.services import watch_tasks
from farmgui.services.updates import PART, Kind, Update, Wanted
from farmgui.services.watch import Watch
from tests.factories import FarmInMemory
from tests.fakes import an_inventory


class Copy:
    """Keeps rows as a window does, from what it is told alone."""

    def __init__(self, farm: FarmInMemory) -> None:
        self.farm = farm
        self.watch = Watch(farm.database)
        self.rows: dict[Kind, dict[Any, Any]] = {kind: {} for kind in Kind}
        self.told: list[Update] = []
        self.wanted = Wanted()

    def take(self, update: Update) -> None:
        self.told.append(update)
        known = self.rows[update.kind]
        for key in update.gone:
            del known[key]
        known.update({row.id: row for row in update.rows})

    def select(self, *job_ids: int) -> None:
        self.wanted = Wanted(task_jobs=job_ids)

    def read(self) -> list[Update]:
        """Read until all is told; gives what was told."""
        self.told = []
        while not self.watch.read(self.wanted, self.take).whole:
            pass
        return self.told

    def check(self) -> None:
        """Fail unless the rows are those that are stored."""
        queries, rows = self.farm.farm.queries, self.rows
        assert list(rows[Kind.JOBS].values()) == unordered(queries.jobs(), rows[Kind.JOBS])
        assert list(rows[Kind.AGENTS].values()) == unordered(queries.agents(), rows[Kind.AGENTS])
        assert list(rows[Kind.TASKS].values()) == unordered(
            queries.tasks(self.wanted.task_jobs), rows[Kind.TASKS]
        )


def unordered(stored: list[Any], like: dict[Any, Any]) -> list[Any]:
    """`stored` in the order of `like`, what isn't in it at the end."""
    order = list(like)
    return sorted(stored, key=lambda row: order.index(row.id) if row.id in like else len(order))


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[FarmInMemory]:
    made = FarmInMemory(tmp_path, an_inventory("a", cpus=4), an_inventory("b"))
    yield made
    made.close()


@pytest.fixture
def copy(farm: FarmInMemory) -> Copy:
    return Copy(farm)


def test_the_first_reading_tells_all_and_the_next_nothing(farm: FarmInMemory, copy: Copy) -> None:
    job = farm.submit("1-5")
    copy.select(job)
    copy.read()
    copy.check()
    assert len(copy.rows[Kind.TASKS]) == 5
    assert copy.read() == []


def test_many_jobs_come_in_parts_and_the_newest_first(farm: FarmInMemory, copy: Copy) -> None:
    for _ in range(PART + 1):
        farm.submit("1")
    first, second = (update for update in copy.read() if update.kind is Kind.JOBS)
    assert [row.id for row in (*first.rows, *second.rows)] == list(range(PART + 1, 0, -1))
    copy.check()


def test_only_what_changed_is_told(farm: FarmInMemory, copy: Copy) -> None:
    first, second = farm.submit("1-400"), farm.submit("1", weight=0)
    copy.select(first)
    copy.read()
    farm.jobs.change([second], {"notes": "late"})
    (update,) = copy.read()
    assert [row.id for row in update.rows] == [second]
    assert farm.beat() == 6
    told = copy.read()
    assert {update.kind for update in told} == set(Kind)
    assert sum(len(update.rows) for update in told if update.kind is Kind.TASKS) == 6
    copy.check()


def test_what_a_job_waits_for_is_told_of_the_waiting_job(farm: FarmInMemory, copy: Copy) -> None:
    parent = farm.submit("1")
    child = farm.submit("1", parents=(parent,))
    copy.read()
    assert copy.rows[Kind.JOBS][child].unfinished_parents == 1
    farm.run_to_end()
    copy.read()
    assert copy.rows[Kind.JOBS][child].unfinished_parents == 0
    copy.check()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE job_queues SET fullpath = '/moved'",
        "UPDATE users SET name = 'somebody else'",
        "UPDATE agents SET hostname = 'renamed'",
    ],
    ids=["a queue", "a user", "an agent"],
)
def test_a_new_name_is_told_wherever_it_is_shown(farm: FarmInMemory, copy: Copy, change: str) -> None:
    copy.select(farm.submit("1-3", queue="/film", user="ana"))
    farm.beat()
    copy.read()
    with farm.database.sessions.begin() as session:
        session.execute(text(change))
    assert copy.read()
    copy.check()


def test_another_selection_takes_the_place_of_the_first(farm: FarmInMemory, copy: Copy) -> None:
    first, second = farm.submit("1-3"), farm.submit("1-2")
    copy.select(first)
    copy.read()
    copy.select(second)
    (update,) = copy.read()
    assert (len(update.rows), len(update.gone)) == (2, 3)
    copy.check()
    copy.select(second, first)
    assert [len(update.rows) for update in copy.read()] == [3]
    copy.select()
    (update,) = copy.read()
    assert len(update.gone) == 5


def test_a_selection_is_changed_while_it_is_read(farm: FarmInMemory, copy: Copy) -> None:
    first, second = farm.submit("1-1000"), farm.submit("1-2")
    copy.select(first)
    copy.watch.read(copy.wanted, copy.take, lambda: False)
    copy.select(second)
    copy.watch.read(copy.wanted, copy.take, lambda: False)
    copy.select(first)
    copy.read()
    copy.check()


def test_a_long_reading_stops_and_goes_on(
    farm: FarmInMemory, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy.select(farm.submit("1-1000"))
    monkeypatch.setattr(watch_tasks, "AT_ONCE", 0.0)
    assert not copy.watch.read(copy.wanted, copy.take).whole
    copy.read()
    assert len(copy.told) > 5
    copy.check()


def test_what_is_wanted_no_more_is_not_read_to_its_end(farm: FarmInMemory, copy: Copy) -> None:
    copy.select(farm.submit("1-1000"))
    assert not copy.watch.read(copy.wanted, copy.take, lambda: not copy.rows[Kind.TASKS]).whole
    assert 0 < len(copy.rows[Kind.TASKS]) < 1000


def test_a_reading_that_failed_is_made_up_for(farm: FarmInMemory, copy: Copy) -> None:
    for _ in range(2 * PART):
        farm.submit("1")

    def fail(update: Update) -> None:
        copy.take(update)
        raise FarmError("The disk is gone.")

    with pytest.raises(FarmError):
        copy.watch.read(copy.wanted, fail)
    copy.read()
    copy.check()


@pytest.mark.parametrize("seed", range(3))
def test_after_whatever_happens_the_rows_are_those_that_are_stored(
    farm: FarmInMemory, copy: Copy, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - a game, no secret.
    jobs = [farm.submit("1-20") for _ in range(3)]
    told: set[str] = set()

    def finish_some() -> None:
        for agent_id in farm.runner.agents:
            new = [token for token in farm.runner.tokens(agent_id) if token not in told]
            some = dice.sample(new, min(len(new), 2))
            told.update(some)
            farm.runner.finish(*some, agent_id=agent_id)

    steps = (
        farm.beat,
        farm.beat,
        finish_some,
        finish_some,
        lambda: jobs.append(farm.submit("1-7", parents=(dice.choice(jobs),))),
        lambda: farm.jobs.rerun([dice.choice(jobs)]),
        lambda: farm.jobs.change([dice.choice(jobs)], {"priority": dice.randrange(9), "notes": "x"}),
        lambda: farm.jobs.set_frames(dice.choice(jobs), f"1-{dice.randrange(3, 30)}"),
        lambda: farm.jobs.delete([jobs.pop(dice.randrange(len(jobs)))]) if len(jobs) > 2 else None,
        farm.cleanup.run,
        lambda: copy.select(*dice.sample(jobs, dice.randrange(3))),
    )
    for _ in range(60):
        dice.choice(steps)()
        if dice.random() < 0.5:
            copy.read()
            copy.check()
    copy.read()
    copy.check()
