"""Machines that have joined, with real processes: engine, stations, agents, courier, tasks, over TLS."""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from farmgui.domain.reports import Finished, Started
from farmgui.domain.states import AttemptState
from farmgui.execution import wire
from farmgui.execution.engine.runner import EngineRunner
from tests.execution.engine.small_farm import ROOT, Ear, Machine, SmallFarm, courier_pid, order
from tests.execution.leading import python, until

TRUE = ("/bin/true",)


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[SmallFarm]:
    """A farm without an engine yet; no process of it is left."""
    made = SmallFarm(tmp_path / "farm")
    yield made
    made.end()


@pytest.fixture
def machines(farm: SmallFarm) -> tuple[Machine, Machine]:
    """Two that have joined; the engine runs."""
    farm.start_engine()
    return farm.machine("first"), farm.machine("second")


def led(farm: SmallFarm, *machines: Machine, fence: int = 1) -> tuple[EngineRunner, Ear]:
    """A lead that has heard of these machines."""
    runner, ear = farm.lead(fence)
    for machine in machines:
        ear.wait(lambda known=machine: ear.inventories(known.agent_id))
    return runner, ear


def test_orders_reach_the_right_machine_and_news_come_in_order(
    farm: SmallFarm, machines: tuple[Machine, Machine], work: Path
) -> None:
    """Each task is told of as started, then as finished, in the order in which they ran."""
    runner, ear = led(farm, *machines)
    orders = {machine.agent_id: order(work, *[TRUE] * 20) for machine in machines}
    for agent_id, batch in orders.items():
        assert ear.inventories(agent_id)[0].joined
        assert runner.start(agent_id, [batch])
    for agent_id, batch in orders.items():
        tokens = [task.token for task in batch.tasks]
        ear.wait(lambda known=agent_id: len(ear.finished(known)) == 20)
        told = [(type(item), item.token) for item in ear.of(agent_id) if isinstance(item, Started | Finished)]
        assert told == [(kind, token) for token in tokens for kind in (Started, Finished)]
        assert {item.state for item in ear.finished(agent_id)} == {AttemptState.DONE}


def test_stops_questions_and_receipts_arrive(
    farm: SmallFarm, machines: tuple[Machine, Machine], work: Path
) -> None:
    """All that a lead may say to an agent; what it says last is handed on before it goes."""
    agent_id = machines[0].agent_id
    runner, ear = led(farm, machines[0])
    batch = order(work, python("import time; time.sleep(60)"))
    token = batch.tasks[0].token
    runner.start(agent_id, [batch])
    ear.wait(lambda: ear.started(agent_id))
    runner.inventory(agent_id)
    assert ear.wait_reported(agent_id).tokens == {token}
    runner.stop(agent_id, [token])
    ear.wait(lambda: ear.finished(agent_id))
    assert ear.finished(agent_id)[0].state is AttemptState.STOPPED
    runner.acknowledge(agent_id, [token])
    runner.close(end_agent=True)
    _, later = led(farm, machines[0], fence=2)
    assert later.finished(agent_id) == []


def test_the_agents_outlive_the_lead_and_the_next_one_adopts_what_runs(
    farm: SmallFarm, machines: tuple[Machine, Machine], work: Path
) -> None:
    """Also a lead that was asked to end its agents: these are the farm's."""
    agent_id = machines[0].agent_id
    runner, ear = led(farm, machines[0])
    batch = order(work, python("import time; time.sleep(2)"))
    runner.start(agent_id, [batch])
    ear.wait(lambda: ear.started(agent_id))
    pid = courier_pid(runner)
    runner.close(end_agent=True)
    assert not psutil.pid_exists(pid)
    later_runner, later = led(farm, machines[0], fence=2)
    assert later.inventories(agent_id)[0].pid == ear.inventories(agent_id)[0].pid
    assert later.inventories(agent_id)[0].tokens == {batch.tasks[0].token}
    later.wait(lambda: later.finished(agent_id))
    assert later.finished(agent_id)[0].state is AttemptState.DONE
    assert later_runner.start(agent_id, [order(work, TRUE)])


def test_a_lead_whose_fence_is_outdated_is_refused(
    farm: SmallFarm, machines: tuple[Machine, Machine]
) -> None:
    """The lead that leads by now isn't disturbed by it."""
    agent_id = machines[0].agent_id
    _, ear = led(farm, machines[0], fence=2)
    late, late_ear = farm.lead(1)
    late_ear.wait(lambda: late_ear.lost(agent_id))
    assert "Another program leads this farm by now" in late_ear.lost(agent_id)[0]
    assert not late.start(agent_id, [])
    assert ear.lost(agent_id) == []


def test_a_killed_machine_is_lost_at_once_and_the_other_goes_on(
    farm: SmallFarm, machines: tuple[Machine, Machine], work: Path
) -> None:
    """Within a second; when it is back, so are the results that nobody heard of."""
    first, second = machines
    runner, ear = led(farm, first, second)
    batch = order(work, python("import time; time.sleep(1.5)"))
    runner.start(first.agent_id, [batch])
    ear.wait(lambda: ear.started(first.agent_id))
    killed = time.monotonic()
    first.kill()
    ear.wait(lambda: ear.lost(first.agent_id))
    assert time.monotonic() - killed < 1.0
    assert re.search(r"The machine at 127\.0\.0\.1 left the farm: .*\.$", ear.lost(first.agent_id)[0])
    assert not runner.start(first.agent_id, [order(work, TRUE)])
    assert runner.start(second.agent_id, [order(work, TRUE)])
    ear.wait(lambda: ear.finished(second.agent_id))
    time.sleep(1.5)
    farm.machine("first")
    ear.wait(lambda: ear.finished(first.agent_id))
    assert ear.finished(first.agent_id)[0].state is AttemptState.DONE


def test_a_killed_agent_process_is_told_of_and_another_one_started(
    farm: SmallFarm, machines: tuple[Machine, Machine]
) -> None:
    """Its machine stays in the farm."""
    agent_id = machines[0].agent_id
    _, ear = led(farm, machines[0])
    before = ear.inventories(agent_id)[-1]
    os.kill(before.pid, signal.SIGKILL)
    ear.wait(lambda: ear.lost(agent_id))
    ear.wait(lambda: ear.inventories(agent_id)[-1].incarnation != before.incarnation)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_frozen_machine_is_lost_within_40_seconds_and_comes_back(
    farm: SmallFarm, machines: tuple[Machine, Machine], work: Path
) -> None:
    """Its connection stands, but nothing comes; the other one isn't held up."""
    first, second = machines
    runner, ear = led(farm, first, second)
    frozen = time.monotonic()
    first.process.send_signal(signal.SIGSTOP)
    for count in range(1, 5):
        runner.start(first.agent_id, [order(work, TRUE)])
        assert runner.start(second.agent_id, [order(work, TRUE)])
        ear.wait(lambda known=count: len(ear.finished(second.agent_id)) == known, patience=2)
    ear.wait(lambda: ear.lost(first.agent_id), patience=60)
    assert time.monotonic() - frozen < 40.0
    first.process.send_signal(signal.SIGCONT)
    # The engine has dropped it perhaps; then the process ends, and is started again by who watches it.
    time.sleep(1.0)
    if first.process.poll() is not None:
        farm.machine("first")
    ear.wait_reported(first.agent_id, patience=60)
    assert ear.lost(second.agent_id) == []


def test_the_engine_is_killed_and_comes_back(
    farm: SmallFarm, machines: tuple[Machine, Machine], work: Path
) -> None:
    """All machines are lost by it, and what runs goes on; when all are back, its results come."""
    first, second = machines
    runner, ear = led(farm, first, second)
    batch = order(work, python("import time; time.sleep(1)"))
    runner.start(first.agent_id, [batch])
    ear.wait(lambda: ear.started(first.agent_id))
    incarnation = ear.inventories(first.agent_id)[-1].incarnation
    farm.stop_engine()
    for machine in machines:
        ear.wait(lambda known=machine: ear.lost(known.agent_id))
    assert not runner.start(second.agent_id, [order(work, TRUE)])
    for machine in machines:
        machine.kill()
    farm.start_engine()
    farm.machine("first"), farm.machine("second")
    ear.wait(lambda: ear.finished(first.agent_id), patience=40)
    assert ear.finished(first.agent_id)[0].state is AttemptState.DONE
    ear.wait(lambda: ear.inventories(first.agent_id)[-1].incarnation == incarnation)
    ear.wait(lambda: runner.start(second.agent_id, [order(work, TRUE)]))
    ear.wait(lambda: ear.finished(second.agent_id))


def test_the_courier_is_killed_and_comes_back(
    farm: SmallFarm, machines: tuple[Machine, Machine], work: Path
) -> None:
    """Its agents are lost, with a sentence, and there again as soon as another one has started."""
    runner, ear = led(farm, *machines)
    pid = courier_pid(runner)
    known = {machine.agent_id: len(ear.inventories(machine.agent_id)) for machine in machines}
    os.kill(pid, signal.SIGKILL)
    for agent_id, count in known.items():
        ear.wait(lambda one=agent_id: ear.lost(one))
        assert "it is started again. Its log is" in ear.lost(agent_id)[0]
        ear.wait(lambda one=agent_id, before=count: len(ear.inventories(one)) > before)
        assert runner.start(agent_id, [order(work, TRUE)])
        ear.wait(lambda one=agent_id: ear.finished(one))
    assert courier_pid(runner) != pid


def test_strangers_and_copies_are_given_nothing(farm: SmallFarm, caplog: pytest.LogCaptureFixture) -> None:
    """The log says why; the copy takes over when the first is gone."""
    caplog.set_level(logging.INFO)
    farm.start_engine()
    first = farm.machine("first")
    _, ear = led(farm, first)
    farm.foreign_worker()
    farm.machine("second", agent=first.agent_id)
    until(lambda: "is no agent of this farm" in caplog.text and "has a copy of the folder" in caplog.text)
    assert {agent_id for agent_id, _ in ear.heard} == {first.agent_id}
    before = ear.inventories(first.agent_id)[-1]
    first.kill()
    ear.wait(lambda: ear.inventories(first.agent_id)[-1].pid != before.pid)


def test_a_batch_that_is_too_long_is_refused(
    farm: SmallFarm, machines: tuple[Machine, Machine], work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tasks fail with a sentence; the other batches are sent."""
    agent_id = machines[0].agent_id
    runner, ear = led(farm, machines[0])
    monkeypatch.setattr(wire, "MAX_BYTES", 20_000)
    long = replace(order(work, TRUE), environ={"LONG": "x" * 20_000})
    assert runner.start(agent_id, [long, order(work, TRUE)])
    ear.wait(lambda: len(ear.finished(agent_id)) == 2)
    refused, done = ear.finished(agent_id)
    assert (refused.token, refused.state) == (long.tasks[0].token, AttemptState.FAILED)
    assert refused.reason is not None
    assert "too long to be sent" in refused.reason
    assert done.state is AttemptState.DONE


def test_a_large_batch_arrives_whole(farm: SmallFarm, machines: tuple[Machine, Machine], work: Path) -> None:
    """Longer than any pipe or buffer between here and there."""
    agent_id = machines[0].agent_id
    runner, ear = led(farm, machines[0])
    large = replace(order(work, python("import os; assert os.environ['A']")), environ={"A": "x" * 100_000})
    many = [
        replace(large, token=f"b{n}", tasks=(replace(large.tasks[0], token=f"b{n}.1"),)) for n in range(60)
    ]
    assert runner.start(agent_id, many)
    ear.wait(lambda: len(ear.finished(agent_id)) == 60)
    assert {one.state for one in ear.finished(agent_id)} == {AttemptState.DONE}


# -- where there is no farm


def test_nothing_is_started_until_this_machine_is_that_of_a_farm(farm: SmallFarm) -> None:
    """It looks for one file; no process, and nothing of the engine, is there for it."""
    before = psutil.Process().children(recursive=True)
    runner, ear = farm.lead()
    time.sleep(0.5)
    assert psutil.Process().children(recursive=True) == before
    assert not runner.start("a", [])
    farm.start_engine()
    machine = farm.machine("first")
    ear.wait(lambda: ear.inventories(machine.agent_id))


def test_the_engine_is_not_imported_into_the_program() -> None:
    """It would hold up the window."""
    code = (
        "import sys, farmgui.app, farmgui.execution.engine.runner;"
        "print([name for name in ('distributed', 'dask', 'cryptography') if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_a_lead_whose_engine_is_down_closes_at_once(
    farm: SmallFarm, caplog: pytest.LogCaptureFixture
) -> None:
    """While the courier is about to connect, too."""
    caplog.set_level(logging.INFO)
    farm.found()
    runner, _ = farm.lead()
    pid = courier_pid(runner)
    until(lambda: "can't be reached. Start it with `farmgui cluster`" in caplog.text)
    began = time.monotonic()
    runner.close(end_agent=False)
    assert time.monotonic() - began < 3.0
    assert not psutil.pid_exists(pid)


def test_that_the_extra_is_missing_is_told_once(farm: SmallFarm, caplog: pytest.LogCaptureFixture) -> None:
    """Though the courier is started again and again."""
    caplog.set_level(logging.INFO)
    farm.found()
    code = "import sys; sys.modules['distributed'] = None\n" + (
        "from farmgui.execution.engine.courier import main; sys.exit(main())"
    )
    runner = EngineRunner(
        farm.cluster_folder, command=[sys.executable, "-c", code, "--folder", str(farm.cluster_folder)]
    )
    farm.runners.append(runner)
    runner.open(Ear(), 1)
    pids = {courier_pid(runner)}
    until(lambda: pids.add(courier_pid(runner)) or len(pids) == 2)
    runner.close(end_agent=False)
    assert [record.message for record in caplog.records] == [
        "What a farm of many machines needs (distributed) is missing. Install it: pip install 'farmgui[farm]'"
    ]
