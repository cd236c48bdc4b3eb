"""Blocked tasks whatever happens, and what it costs to keep them right."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, insert, select

from farmgui.models import dependencies
from tests.factories import FarmInMemory
from tests.services.blocked import ASSEMBLED, DONE, FAILED, depend, ids, picture, recompute, run, run_tasks


@contextmanager
def counted(farm: FarmInMemory) -> Iterator[Callable[[], int]]:
    """Count what SQLite does, in hundreds of its instructions."""
    hundreds = [0]

    def tick() -> int:
        hundreds[0] += 1
        return 0

    def watch(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_progress_handler(tick, 100)

    event.listen(farm.database.engine, "checkout", watch)
    try:
        yield lambda: hundreds[0]
    finally:
        event.remove(farm.database.engine, "checkout", watch)


@pytest.mark.parametrize(
    ("place", "move"),
    [
        pytest.param(0, lambda farm, task: run_tasks(farm, [task]), id="done"),
        pytest.param(0, lambda farm, task: farm.jobs.mark_done(task_ids=[task]), id="marked"),
        pytest.param(5, lambda farm, task: farm.jobs.rerun_tasks([task]), id="rerun"),
    ],
)
def test_what_it_costs_follows_from_what_moved(
    farm: FarmInMemory, place: int, move: Callable[[FarmInMemory, int], object]
) -> None:
    def cost(frames: int) -> int:
        parent, child = farm.submit(f"1-{frames}"), farm.submit(f"1-{frames}")
        depend(farm, child, parent)
        farm.jobs.mark_done(task_ids=ids(farm, parent, 5))
        (task,) = ids(farm, parent, place)
        with counted(farm) as count:
            move(farm, task)
            return count()

    few, many = cost(20), cost(3_000)
    assert few > 0
    assert many <= few * 1.5 + 20


Move = tuple[str, int, int]
MOVES = st.tuples(
    st.sampled_from(
        ["done", "failed", "mark done", "mark failed", "rerun", "rerun failed", "rerun task", "frames",
         "depend", "undo", "remove"]
    ),
    st.integers(0, 2),
    st.integers(0, 8),
)  # fmt: skip
RANGES = ("1-3", "2-5", "1", "3-1", "2", "1-2x0.5", "4-6", "1-4", "2-3")


@settings(max_examples=25, deadline=None)
@given(st.lists(MOVES, max_size=12))
def test_whatever_happens(moves: list[Move]) -> None:
    """The blocked tasks are always those that the rule says, and the counts are theirs (`farm.check`)."""
    with TemporaryDirectory() as folder:
        farm = FarmInMemory(Path(folder))
        try:
            jobs = [
                farm.submit("1-3", requeue=1, **ASSEMBLED),
                farm.submit("2-5", requeue=0),
                farm.submit("1-2", requeue=0, **ASSEMBLED),
            ]
            for parent, child in ((0, 1), (0, 2), (1, 2)):
                depend(farm, jobs[child], jobs[parent])
            for move, number, choice in moves:
                happen(farm, jobs, move, number, choice)
                farm.check()
        finally:
            farm.close()


def happen(farm: FarmInMemory, jobs: list[int], move: str, number: int, choice: int) -> None:
    job = jobs[number]
    if move in ("done", "failed"):
        free = [place for place, letter in enumerate(picture(farm, job)) if letter == "q"]
        if free:
            run(farm, job, free[choice % len(free)], state=DONE if move == "done" else FAILED)
        return
    task = [farm.tasks(job)[choice % len(farm.tasks(job))].id]
    if move == "undo":
        with farm.database.sessions.begin() as session:
            session.execute(delete(dependencies).where(dependencies.c.childid == job))
        recompute(farm, job)
    elif move == "depend" and number:
        with farm.database.sessions.begin() as session:
            pair = {"childid": job, "parentid": jobs[number - 1]}
            if session.execute(select(dependencies).filter_by(**pair)).first() is None:
                session.execute(insert(dependencies), pair | {"by_frame": True})
        recompute(farm, job)
    elif move == "remove" and number == 0 and not choice:
        farm.jobs.delete([job])
        farm.cleanup.run()
        jobs[0] = farm.submit("1-2", **ASSEMBLED)
    elif move == "frames":
        farm.jobs.set_frames(job, RANGES[choice])
    else:
        commands: dict[str, Callable[[], object]] = {
            "mark done": lambda: farm.jobs.mark_done(task_ids=task),
            "mark failed": lambda: farm.jobs.mark_failed(task_ids=task),
            "rerun": lambda: farm.jobs.rerun([job]),
            "rerun failed": lambda: farm.jobs.rerun_failed([job]),
            "rerun task": lambda: farm.jobs.rerun_tasks(task),
        }
        commands.get(move, lambda: None)()
