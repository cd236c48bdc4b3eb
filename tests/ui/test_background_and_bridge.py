"""Work off the GUI thread, and the farm read by it: results, errors, rhythm."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from farmgui.domain.errors import FarmError
from farmgui.domain.snapshots import FarmSummary
from farmgui.services.updates import Reading, Wanted
from farmgui.ui.background import Background, Lane, Outcome
from farmgui.ui.bridge import LEAST_GAP, Bridge
from tests.ui.fakes import FakeFarm, agent, job, task


@pytest.fixture
def background(qapp: Any) -> Iterator[Background]:
    """A background that is closed at the end."""
    made = Background()
    yield made
    made.close()


@pytest.fixture
def farm() -> FakeFarm:
    """A job with two tasks, and an agent."""
    return FakeFarm(job_rows=[job(1)], task_rows=[task(1), task(2)], agent_rows=[agent()])


@pytest.fixture
def bridge(farm: FakeFarm, background: Background) -> Iterator[Bridge]:
    """A bridge over the fake farm, not started."""
    made = Bridge(farm, background)  # type: ignore[arg-type]
    yield made
    made.close()


def test_work_is_done_elsewhere_and_told_here(qtbot: QtBot, background: Background) -> None:
    told: list[tuple[Outcome[Any], threading.Thread]] = []
    background.run(threading.current_thread, lambda out: told.append((out, threading.current_thread())))
    qtbot.waitUntil(lambda: bool(told))
    outcome, where = told[0]
    assert outcome.get() is not threading.main_thread()
    assert where is threading.main_thread()


def test_an_error_of_the_world_is_an_outcome(qtbot: QtBot, background: Background) -> None:
    told: list[Outcome[None]] = []

    def work() -> None:
        raise FarmError("It rains.")

    background.run(work, told.append)
    qtbot.waitUntil(lambda: bool(told))
    assert str(told[0].error) == "It rains."
    with pytest.raises(FarmError, match="rains"):
        told[0].get()


@pytest.mark.warns("work failed")
def test_a_defect_goes_to_the_excepthook_and_the_caller_goes_on(
    qtbot: QtBot, background: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    caught: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda _kind, error, _trace: caught.append(error))
    told: list[Outcome[float]] = []
    background.run(lambda: 1 / 0, told.append, label="dividing")
    qtbot.waitUntil(lambda: bool(told))
    assert isinstance(caught[0], ZeroDivisionError)
    assert str(told[0].error).startswith("Dividing failed inside the program")


def test_commands_keep_their_order(qtbot: QtBot, background: Background) -> None:
    done: list[int] = []
    for number in range(20):
        background.run(lambda number=number: number, lambda out: done.append(out.get()), lane=Lane.COMMAND)
    qtbot.waitUntil(lambda: len(done) == 20)
    assert done == list(range(20))


def test_nothing_is_told_after_the_end(qtbot: QtBot, background: Background) -> None:
    told: list[Outcome[None]] = []
    background.run(lambda: time.sleep(0.05), told.append)
    background.close()
    background.run(lambda: None, told.append)
    qtbot.wait(50)
    assert told == []


def test_reads_what_is_wanted(qtbot: QtBot, farm: FakeFarm, bridge: Bridge) -> None:
    got: dict[str, list[Any]] = {"jobs": [], "tasks": [], "agents": []}
    bridge.jobs_read.connect(got["jobs"].append)
    bridge.tasks_read.connect(got["tasks"].append)
    bridge.agents_read.connect(got["agents"].append)
    bridge.want(Wanted(agents=False))
    with qtbot.waitSignal(bridge.was_read):
        bridge.start()
    assert [len(got[name]) for name in got] == [1, 0, 0]
    with qtbot.waitSignal(bridge.was_read):
        bridge.want_tasks([1])
    assert [row.id for row in got["tasks"][-1].rows] == [100_001, 100_002]
    with qtbot.waitSignal(bridge.was_read):
        bridge.want(Wanted(task_jobs=(1,)))
    assert [update.rows for update in got["agents"]] == [farm.agent_rows]
    assert len(got["jobs"]) == 1, "what was told isn't told again"


def test_a_change_is_read_at_once_and_more_are_gathered(qtbot: QtBot, farm: FakeFarm, bridge: Bridge) -> None:
    bridge.start()
    qtbot.waitUntil(lambda: "agents" in farm.reads)
    qtbot.wait(round(LEAST_GAP * 1500))
    farm.reads.clear()
    began = time.monotonic()
    farm.put_job(job(2))
    qtbot.waitUntil(lambda: farm.reads.count("jobs") == 1)
    assert time.monotonic() - began < LEAST_GAP / 2
    for number in range(50):
        threading.Thread(target=farm.changes.tell, name=f"teller {number}").start()
    qtbot.wait(round(LEAST_GAP * 3000))
    assert 2 <= farm.reads.count("jobs") <= 3


def test_slow_reading_takes_a_fifth_of_the_time(qtbot: QtBot, bridge: Bridge, farm: FakeFarm) -> None:
    reading = bridge._watch.read
    bridge._watch.read = lambda *asked: replace(reading(*asked), seconds=0.1)  # type: ignore[method-assign]
    with qtbot.waitSignal(bridge.was_read):
        bridge.start()
    farm.reads.clear()
    farm.changes.tell()
    qtbot.wait(350)
    assert farm.reads == []
    qtbot.waitUntil(lambda: bool(farm.reads), timeout=1000)


def test_a_reading_that_is_not_whole_goes_on(qtbot: QtBot, bridge: Bridge) -> None:
    readings = iter([Reading(FarmSummary(), whole=False), Reading(FarmSummary())])
    bridge._watch.read = lambda *_asked: next(readings)  # type: ignore[method-assign]
    with qtbot.waitSignals([bridge.was_read, bridge.was_read]):
        bridge.start()


def test_many_rows_are_handed_out_in_slices(qtbot: QtBot, farm: FakeFarm, bridge: Bridge) -> None:
    farm.job_rows = [job(number) for number in range(5000)]
    got: list[Any] = []
    bridge.jobs_read.connect(got.append)
    with qtbot.waitSignal(bridge.was_read):
        bridge.start()
    assert len(got) > 2
    assert [row.id for update in got for row in update.rows] == list(range(5000))


def test_no_reading_begins_before_the_last_one_is_shown(qtbot: QtBot, farm: FakeFarm, bridge: Bridge) -> None:
    farm.job_rows = [job(number) for number in range(5000)]
    order: list[str] = []
    bridge.jobs_read.connect(lambda _update: order.append("slice"))
    bridge.was_read.connect(lambda: order.append("read"))
    bridge.start()
    bridge.want_tasks([1])
    qtbot.waitUntil(lambda: order.count("read") == 2)
    assert order[-2:] == ["read", "read"]


def test_nobody_looks_nothing_is_read(qtbot: QtBot, farm: FakeFarm, bridge: Bridge) -> None:
    with qtbot.waitSignal(bridge.was_read):
        bridge.start()
    bridge.stop()
    qtbot.wait(round(LEAST_GAP * 1500))
    farm.reads.clear()
    farm.changes.tell()
    qtbot.wait(round(LEAST_GAP * 1500))
    assert farm.reads == []
    with qtbot.waitSignal(bridge.was_read):
        bridge.start()


def test_a_farm_that_cannot_be_read_is_told_once(qtbot: QtBot, farm: FakeFarm, bridge: Bridge) -> None:
    told: list[str] = []
    bridge.failed.connect(told.append)
    farm.read_error = FarmError("The database is locked.")
    bridge.start()
    qtbot.waitUntil(lambda: told == ["The database is locked."])
    farm.changes.tell()
    qtbot.wait(100)
    farm.read_error = None
    with qtbot.waitSignal(bridge.was_read):
        pass
    assert len(told) == 1
