"""A real engine over TLS, a machine that joined it, and a client that speaks with the agent there."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from farmgui.domain.reports import Finished, Inventory, Started
from farmgui.domain.sights import Blindness
from farmgui.domain.states import AttemptState
from farmgui.execution import wire
from farmgui.execution.engine.station import _HOLDING
from farmgui.execution.folder import open_folder
from tests.execution.conftest import is_running
from tests.execution.engine.asking import Asking
from tests.execution.engine.conftest import MakeAsking
from tests.execution.engine.joined_machine import JoinedMachine
from tests.execution.engine.small_farm import SmallFarm
from tests.execution.leading import each, log_of, python, render, until

DONE = AttemptState.DONE


@pytest.fixture
def agent_id(asking: Asking, machine: JoinedMachine) -> str:
    """The machine's agent, once the station is there."""
    return asking.wait_for_station()


def test_how_a_message_begins_that_tells_what_an_agent_holds() -> None:
    inventory = Inventory("a", "b", "farm03", "Linux", "1", 4, 4096, 1024, 1, frozenset())
    assert wire.encode(wire.Holding(inventory)).startswith(_HOLDING)


def test_who_is_where(agent_id: str, asking: Asking, engine: SmallFarm, joined_folder: Path) -> None:
    assert agent_id == open_folder(joined_folder / "agent").agent_id
    foreign = engine.foreign_worker()
    until(lambda: len(asking.who()) == 2)
    assert set(asking.who()) == {agent_id, None}
    foreign.kill()


def test_batches_run_to_their_end(agent_id: str, asking: Asking, joined_folder: Path, work: Path) -> None:
    answer = asking.attach("one")
    assert isinstance(answer, wire.Welcome)
    assert answer.agent_id == agent_id
    found = asking.inventory("one")
    assert found.joined
    assert found.log_folder == str(joined_folder / "agent" / "logs")
    first, second = render(work, [1, 2, 3]), each(work, python("print('told')"), ["/bin/false"])
    asking.start("one", first, second)
    assert [end.state for end in asking.wait_finished("one", first)] == [DONE] * 3
    assert [end.state for end in asking.wait_finished("one", second)] == [DONE, AttemptState.FAILED]
    tokens = [task.token for order in (first, second) for task in order.tasks]
    for token in tokens:
        kinds = [type(event) for event in asking.events("one") if event.token == token]
        assert kinds.index(Started) < kinds.index(Finished)
    assert asking.deliver("one", wire.Acknowledge(tuple(tokens)), wire.AskInventory())
    until(lambda: asking.inventory("one").tokens == frozenset())
    assert asking.numbers("one") == list(range(1, len(asking.of("one")) + 1))
    assert {one["agent"] for one in asking.news} == {agent_id}


def test_nothing_of_the_engine_reaches_what_runs(
    agent_id: str, asking: Asking, machine: JoinedMachine
) -> None:
    asking.attach("one")
    pid = asking.inventory("one").pid
    assert psutil.Process(pid).environ() == psutil.Process(machine.process.pid).environ()


def test_a_second_session_ends_the_first(agent_id: str, asking: Asking, work: Path) -> None:
    asking.attach("one")
    order = each(work, ["/bin/sleep", "30"])
    asking.start("one", order)
    asking.wait_started("one", order)
    assert isinstance(asking.attach("two"), wire.Welcome)
    # What runs is told anew.
    asking.wait_started("two", order)
    assert not asking.deliver("one", wire.AskInventory())
    heard = len(asking.of("one"))
    assert asking.deliver("two", wire.Stop((order.tasks[0].token,)))
    [end] = asking.wait_finished("two", order)
    assert end.state is AttemptState.STOPPED
    assert len(asking.of("one")) == heard
    assert asking.numbers("two")[0] == 1


def test_a_lead_that_comes_late_disturbs_nobody(agent_id: str, asking: Asking) -> None:
    assert isinstance(asking.attach("new", fence=2), wire.Welcome)
    refused = asking.attach("late", fence=1)
    assert isinstance(refused, wire.Refused)
    assert refused.why.startswith("Another program leads this farm by now")
    assert asking.deliver("new", wire.AskInventory())
    assert not asking.deliver("late", wire.AskInventory())


def test_a_lead_that_comes_late_to_a_station_that_was_left(agent_id: str, asking: Asking) -> None:
    asking.attach("new", fence=2)
    os.kill(asking.inventory("new").pid, signal.SIGKILL)
    asking.wait(lambda: "lost" in asking.of("new")[-1])
    refused = asking.attach("late", fence=1)
    assert isinstance(refused, wire.Refused)
    assert "Another program leads this farm by now" in refused.why


def test_a_killed_agent_is_lost_and_started_anew(agent_id: str, asking: Asking, work: Path) -> None:
    before = asking.attach("one")
    done, running = each(work, ["/bin/true"]), each(work, ["/bin/sleep", "100"])
    asking.start("one", done, running)
    asking.wait_finished("one", done)
    asking.wait_started("one", running)
    os.kill(asking.inventory("one").pid, signal.SIGKILL)
    asking.wait(lambda: "lost" in asking.of("one")[-1])
    assert asking.of("one")[-1]["lost"] == (
        "The connection to the agent process broke: the other side is gone."
    )
    assert asking.numbers("one") == list(range(1, len(asking.of("one")) + 1))
    assert not asking.deliver("one", wire.AskInventory())
    after = asking.attach("two")
    assert isinstance(before, wire.Welcome)
    assert isinstance(after, wire.Welcome)
    assert after.agent_id == before.agent_id
    assert after.incarnation != before.incarnation
    # What had finished is told again; what ran is over.
    assert asking.inventory("two").tokens == {done.tasks[0].token}
    asking.wait_finished("two", done)


def test_the_engine_is_killed_and_what_runs_goes_on(
    agent_id: str,
    machine: JoinedMachine,
    engine: SmallFarm,
    asking: Asking,
    make_asking: MakeAsking,
    work: Path,
) -> None:
    before = asking.attach("one")
    order = each(work, python("import time; time.sleep(3); print('whole')"))
    asking.start("one", order)
    asking.wait_started("one", order)
    pid = asking.inventory("one").pid
    engine.stop_engine()
    machine.wait_said("The farm can't be reached; trying again. What runs goes on.")
    engine.start_engine()
    machine.wait_said("This machine is an agent of the farm", times=2)
    again = make_asking()
    assert again.wait_for_station() == agent_id
    assert again.attach("two") == before
    assert again.inventory("two").pid == pid
    [end] = again.wait_finished("two", order)
    assert end.state is DONE
    assert log_of(order).count(b"\nwhole") == 1
    assert machine.said.count("can't be reached") == 1


def test_an_agent_that_hangs_holds_up_nobody(agent_id: str, asking: Asking) -> None:
    asking.attach("one")
    pid = asking.inventory("one").pid
    os.kill(pid, signal.SIGSTOP)
    try:
        attaching = asking.begin("attach", 1, "two")
        time.sleep(0.3)
        began = time.monotonic()
        assert asking.who() == [agent_id]
        assert not asking.deliver("two", wire.AskInventory())
        assert time.monotonic() - began < 1
    finally:
        os.kill(pid, signal.SIGCONT)
    [answer] = asking.answer(attaching).values()
    assert isinstance(wire.decode(answer.encode()), wire.Welcome)
    assert is_running(pid)


def test_what_a_machine_sees(agent_id: str, asking: Asking, work: Path) -> None:
    scene = work / "shot.blend"
    scene.write_text("")
    asking.attach("one")
    asking.deliver(
        "one", wire.Look(7, (str(scene),), (str(work / "frames"),)), wire.Look(8, ("/no/scene",), ())
    )
    asking.wait(lambda: len([one for one in asking.messages("one") if isinstance(one, wire.Seen)]) == 2)
    seen = {one.number: one for one in asking.messages("one") if isinstance(one, wire.Seen)}
    assert seen == {7: wire.Seen(7), 8: wire.Seen(8, Blindness.UNSEEN, "/no/scene")}
    assert [path.name for path in work.iterdir()] == ["shot.blend"]


def test_an_agent_that_cant_be_started_says_why(agent_id: str, asking: Asking, joined_folder: Path) -> None:
    asking.attach("one")
    pid = asking.inventory("one").pid
    (joined_folder / "agent" / "journal").rename(joined_folder / "journal")
    (joined_folder / "agent" / "journal").mkdir()
    os.kill(pid, signal.SIGKILL)
    asking.wait(lambda: "lost" in asking.of("one")[-1])
    refused = asking.attach("two")
    assert isinstance(refused, wire.Refused)
    assert "can't be started: " in refused.why
    (joined_folder / "agent" / "journal").rmdir()
    assert isinstance(asking.attach("three"), wire.Welcome)
    assert psutil.pid_exists(asking.inventory("three").pid)
