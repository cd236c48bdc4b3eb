"""A machine's process that is ended, killed, and started twice; its agent and what that runs."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import psutil
import pytest

from farmgui.domain.states import AttemptState
from farmgui.execution.family import attempts_of
from tests.execution.conftest import is_running
from tests.execution.engine.asking import Asking
from tests.execution.engine.conftest import MakeMachine
from tests.execution.engine.joined_machine import JoinedMachine
from tests.execution.engine.small_farm import SmallFarm
from tests.execution.leading import each, log_of, python, until


def agent_pids(joined_folder: Path) -> list[int]:
    """The agent processes of a machine."""
    words = {"farmgui.execution.agent", str(joined_folder / "agent")}
    return [one.pid for one in psutil.process_iter(["cmdline"]) if words <= set(one.info["cmdline"] or ())]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ending_it_ends_what_runs_and_tells(
    number: int, machine: JoinedMachine, asking: Asking, work: Path
) -> None:
    agent_id = asking.wait_for_station()
    asking.attach("one")
    order = each(work, ["/bin/sleep", "100"], ["/bin/sleep", "100"])
    asking.start("one", order)
    until(lambda: attempts_of(agent_id))
    pid = asking.inventory("one").pid
    assert machine.end(number) == 0
    assert not is_running(pid)
    assert not attempts_of(agent_id)
    assert [end.state for end in asking.wait_finished("one", order)] == [AttemptState.STOPPED] * 2
    assert machine.said == (
        'This machine is an agent of the farm "test" now. Ctrl-C ends that, and what runs here.\n'
    )
    assert asking.who() == []


def test_ending_it_without_a_lead_ends_the_agent(machine: JoinedMachine, asking: Asking, work: Path) -> None:
    asking.wait_for_station()
    asking.attach("one")
    pid = asking.inventory("one").pid
    asking.close()
    assert machine.end() == 0
    assert not is_running(pid)


def test_ending_it_while_the_engine_is_away(
    machine: JoinedMachine, engine: SmallFarm, asking: Asking, work: Path
) -> None:
    agent_id = asking.wait_for_station()
    asking.attach("one")
    order = each(work, ["/bin/sleep", "100"])
    asking.start("one", order)
    asking.wait_started("one", order)
    pid = asking.inventory("one").pid
    engine.stop_engine()
    machine.wait_said("The farm can't be reached; trying again. What runs goes on.")
    assert attempts_of(agent_id)
    assert machine.end() == 0
    assert not is_running(pid)
    assert not attempts_of(agent_id)


def test_one_that_was_killed_is_found_again(
    machine: JoinedMachine, make_machine: MakeMachine, asking: Asking, work: Path
) -> None:
    agent_id = asking.wait_for_station()
    before = asking.attach("one")
    short = each(work, python("import time; time.sleep(1); print('whole')"))
    long = each(work, ["/bin/sleep", "100"])
    asking.start("one", short, long)
    asking.wait_started("one", short)
    asking.wait_started("one", long)
    pid = asking.inventory("one").pid
    machine.process.kill()
    machine.wait()
    until(lambda: b"\nwhole" in log_of(short))
    until(lambda: asking.who() == [])
    again = make_machine()
    assert asking.wait_for_station() == agent_id
    assert asking.attach("two") == before
    assert asking.wait_finished("two", short)[0].state is AttemptState.DONE
    assert asking.inventory("two").pid == pid
    # It isn't its child, and ends with it all the same.
    assert again.end() == 0
    assert asking.wait_finished("two", long)[0].state is AttemptState.STOPPED
    assert not is_running(pid)


def test_the_agent_ends_by_itself_when_nobody_is_there(
    make_machine: MakeMachine, joined_folder: Path
) -> None:
    machine = make_machine("--idle-end", "0.4")
    machine.wait_said("This machine is an agent")
    until(lambda: agent_pids(joined_folder))
    [pid] = agent_pids(joined_folder)
    time.sleep(1.5)
    assert is_running(pid), "the machine's process lives"
    machine.process.kill()
    machine.wait()
    until(lambda: not is_running(pid))


def test_a_second_one_for_the_same_folder(
    machine: JoinedMachine, make_machine: MakeMachine, joined_folder: Path
) -> None:
    machine.wait_said("This machine is an agent")
    second = make_machine()
    assert second.wait() == 1
    assert second.said == (
        f"This machine runs as an agent of a farm already (in {joined_folder}). "
        "Let that go on, or end it where it was started: Ctrl-C.\n"
    )


def test_a_farm_of_other_certificates(
    tmp_path: Path, engine: SmallFarm, joined_folder: Path, make_machine: MakeMachine
) -> None:
    other = SmallFarm(tmp_path / "other")
    (joined_folder / "authority.pem").write_bytes((other.cluster_folder / "authority.pem").read_bytes())
    machine = make_machine()
    machine.wait_said("who answers there is of another farm, or a clock is wrong")
    assert machine.end() == 0


def test_a_farm_that_is_away_from_the_beginning(
    engine: SmallFarm, make_machine: MakeMachine, asking: Asking
) -> None:
    engine.stop_engine()
    machine = make_machine()
    machine.wait_said("The farm can't be reached; trying again. What runs goes on.")
    assert f"({engine.address}: connection refused)" in machine.said
    engine.start_engine()
    machine.wait_said("This machine is an agent of the farm")
