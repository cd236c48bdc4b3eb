"""Agents and leads that come, go and are killed: nothing lost, nothing twice, nothing left over."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from multiprocessing.connection import Client
from pathlib import Path

import psutil
import pytest

from farmgui.domain.reports import Finished, Inventory, Started
from farmgui.domain.states import AttemptState
from farmgui.execution import agent as agents
from farmgui.execution import wire
from farmgui.execution.family import attempts_of
from farmgui.execution.folder import open_folder
from tests.execution.conftest import MakeLead, is_running
from tests.execution.leading import Lead, each, log_of, python, render, until

DONE, FAILED, STOPPED = AttemptState.DONE, AttemptState.FAILED, AttemptState.STOPPED


def test_who_the_agent_is(lead: Lead, agent_folder: Path) -> None:
    inventory = lead.inventory()
    assert inventory.cpus == os.cpu_count()
    assert inventory.ram == psutil.virtual_memory().total // 2**20
    assert 0 < inventory.free_ram < inventory.ram
    assert inventory.tokens == frozenset()
    assert is_running(inventory.pid)
    assert psutil.Process(inventory.pid).memory_info().rss < 60 * 2**20
    assert agent_folder.stat().st_mode & 0o777 == 0o700


def test_the_agent_is_on_its_own(lead: Lead) -> None:
    """No file of ours, a session of its own, and the end of a terminal is nothing to it."""
    pid = lead.inventory().pid
    assert os.getsid(pid) == pid
    os.kill(pid, signal.SIGHUP)
    assert lead.fresh_inventory().pid == pid


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_agent_inherits_no_file(agent_folder: Path, make_lead: MakeLead, tmp_path: Path) -> None:
    inheritable = True
    with (tmp_path / "ours").open("w") as file:
        os.set_inheritable(file.fileno(), inheritable)
        lead = make_lead()
        pid = lead.inventory().pid
        names = [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.is_symlink()]
    assert str(tmp_path / "ours") not in names


def test_a_program_that_is_itself_a_task_starts_a_clean_agent(
    make_lead: MakeLead, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FARMGUI_ATTEMPT", "other.1")
    monkeypatch.setenv("FARMGUI_AGENT", "other")
    pid = make_lead().inventory().pid
    assert "FARMGUI_ATTEMPT" not in psutil.Process(pid).environ()
    assert "FARMGUI_AGENT" not in psutil.Process(pid).environ()


def test_the_heartbeat(make_lead: MakeLead) -> None:
    lead = make_lead("--heartbeat", "0.1")
    lead.wait(lambda: len(lead.inventories()) > 3)
    assert len({inventory.incarnation for inventory in lead.inventories()}) == 1


def test_a_batch_that_is_told_twice_runs_once(lead: Lead, work: Path) -> None:
    order = each(work, python("import time; time.sleep(0.3); print('ran')"))
    lead.start(order)
    lead.start(order)
    lead.wait_finished(order)
    lead.acknowledges = False
    lead.start(order)
    lead.fresh_inventory()
    assert log_of(order).count(b"\nran") == 1
    assert len(lead.started(order.tasks[0].token)) == 1


def test_a_batch_told_again_before_the_receipt_is_not_run_again(make_lead: MakeLead, work: Path) -> None:
    lead = make_lead(acknowledges=False)
    order = render(work, [1, 2])
    lead.run(order)
    (work / "pic_0001.txt").unlink()
    lead.start(order)
    inventory = lead.fresh_inventory()
    assert inventory.tokens == {task.token for task in order.tasks}
    lead.runner.acknowledge(lead.agent_id, [order.tasks[0].token])
    lead.start(order)
    until(lambda: lead.fresh_inventory().tokens == {order.tasks[1].token})
    time.sleep(0.2)
    assert not (work / "pic_0001.txt").exists()
    lead.runner.acknowledge(lead.agent_id, [order.tasks[1].token])
    until(lambda: lead.fresh_inventory().tokens == frozenset())


def test_a_stop_for_what_never_came_is_answered(make_lead: MakeLead, work: Path) -> None:
    lead = make_lead(acknowledges=False)
    order = render(work, [1, 2])
    lead.runner.stop(lead.agent_id, [order.tasks[1].token])
    lead.wait(lambda: lead.finished(order.tasks[1].token))
    until(lambda: lead.fresh_inventory().tokens == {order.tasks[1].token})
    # One process can't leave out a frame.
    assert [end.state for end in lead.run(order)] == [STOPPED, STOPPED]
    assert not lead.started(order.tasks[0].token)


def test_the_agent_goes_on_without_a_lead_and_the_next_one_hears(make_lead: MakeLead, work: Path) -> None:
    first = make_lead(acknowledges=False)
    pid = first.inventory().pid
    short = each(work, python("import time; time.sleep(0.4)"))
    long = each(work, ["/bin/sleep", "30"])
    told = each(work, ["/bin/true"])
    first.run(told)
    first.start(short, long)
    first.wait_started(short.tasks[0].token)
    first.wait_started(long.tasks[0].token)
    first.close(end_agent=False)
    until(lambda: b"done after" in log_of(short))
    second = make_lead(fence=2)
    inventory = second.inventory()
    assert inventory.pid == pid
    assert inventory.incarnation == first.inventory().incarnation
    # What had finished first, then what runs, then the inventory.
    kinds = [(type(item), getattr(item, "token", None)) for item in second.heard if not isinstance(item, str)]
    assert kinds[:4] == [
        (Finished, told.tasks[0].token),
        (Finished, short.tasks[0].token),
        (Started, long.tasks[0].token),
        (Inventory, None),
    ]
    until(lambda: second.fresh_inventory().tokens == {long.tasks[0].token})
    second.stop([long.tasks[0].token])
    [end] = second.wait_finished(long)
    assert end.state is STOPPED


def test_a_killed_agent_leaves_nothing_and_loses_no_result(make_lead: MakeLead, work: Path) -> None:
    lead = make_lead(acknowledges=False)
    before = lead.inventory()
    finished = each(work, ["/bin/true"])
    lead.run(finished)
    code = (
        "import subprocess, time\n"
        "subprocess.Popen(['/bin/sleep', '100'], start_new_session=True)\n"
        "subprocess.Popen(['/bin/sleep', '100'], start_new_session=True, env={})\n"
        "print('up', flush=True); time.sleep(100)"
    )
    running = each(work, python(code))
    bare = each(work, ["/usr/bin/env", "-i", "/bin/sleep", "100"])
    lead.start(running, bare)
    until(lambda: lead.started(bare.tasks[0].token) and b"up\n" in log_of(running))
    family = set(psutil.Process(before.pid).children(recursive=True))
    assert len(family) == 4
    os.kill(before.pid, signal.SIGKILL)
    lead.wait(lambda: lead.inventory().incarnation != before.incarnation)
    # When the new agent says who it is, the old one's processes are gone.
    assert not [process for process in family if is_running(process.pid)]
    after = lead.inventory()
    assert after.agent_id == before.agent_id
    assert after.tokens == {finished.tasks[0].token}
    assert lead.lost
    assert len(lead.finished(finished.tasks[0].token)) == 2
    assert not lead.finished(running.tasks[0].token)
    lead.runner.acknowledge(lead.agent_id, [finished.tasks[0].token])
    until(lambda: lead.fresh_inventory().tokens == frozenset())
    assert [end.state for end in lead.run(each(work, ["/bin/true"]))] == [DONE]


def test_an_outdated_lead_is_refused_and_a_newer_takes_over(make_lead: MakeLead, work: Path) -> None:
    second = make_lead(fence=2)
    second.inventory()
    first = make_lead(fence=1)
    first.wait(lambda: first.lost)
    assert "Another program leads" in first.lost[0]
    assert not first.runner.start(second.agent_id, [each(work, ["/bin/true"])])
    assert not first.inventories()
    third = make_lead(fence=3)
    third.inventory()
    second.wait(lambda: second.lost)
    assert second.lost[0] == "Another program leads now."
    assert [end.state for end in third.run(each(work, ["/bin/true"]))] == [DONE]
    assert third.inventory().incarnation == second.inventory().incarnation


def test_the_highest_fence_outlives_the_agent(make_lead: MakeLead, agent_folder: Path) -> None:
    lead = make_lead(fence=7)
    lead.inventory()
    lead.close()
    assert open_folder(agent_folder).highest_fence() == 7
    late = make_lead(fence=6)
    late.wait(lambda: late.lost)
    assert "Another program leads" in late.lost[0]
    late.close()


@pytest.mark.parametrize(
    "message",
    [b"\x80\x04K\x01.", b"{}", b'{"kind":"start","orders":[]}', b'{"kind":"hello","protocol":99,"fence":1}'],
    ids=["pickle", "empty", "no hello", "protocol"],
)
def test_a_stranger_is_turned_away(lead: Lead, agent_folder: Path, message: bytes) -> None:
    with Client(open_folder(agent_folder).address, "AF_UNIX") as connection:
        connection.send_bytes(message)
        with pytest.raises(EOFError):
            while True:
                assert b"refused" in connection.recv_bytes()
    assert lead.fresh_inventory()
    assert not lead.lost


def test_a_message_that_is_too_long_ends_the_connection(lead: Lead, agent_folder: Path) -> None:
    with Client(open_folder(agent_folder).address, "AF_UNIX") as connection:
        connection.send_bytes(wire.encode(wire.Hello(wire.PROTOCOL, 0)))
        with pytest.raises((EOFError, OSError)):
            while True:
                connection.recv_bytes()
    lead.fresh_inventory()


def test_a_batch_that_is_too_long_fails_at_once(lead: Lead, work: Path) -> None:
    order = each(work, ["x" * (wire.MAX_BYTES + 1)], ["/bin/true"])
    ends = lead.run(order)
    assert [end.state for end in ends] == [FAILED, FAILED]
    assert (ends[0].reason or "").startswith("The batch is too long")
    assert not lead.lost


def test_a_lead_that_is_halted_is_replaced(make_lead: MakeLead, agent_folder: Path, work: Path) -> None:
    """A lead that doesn't listen any more may not keep the agent from the next one."""
    make_lead().inventory()
    address = open_folder(agent_folder).address
    with Client(address, "AF_UNIX") as deaf:
        deaf.send_bytes(wire.encode(wire.Hello(wire.PROTOCOL, 5)))
        order = each(work, *[["/bin/echo", "x"]] * 400)
        deaf.send_bytes(wire.encode(wire.Start((order,))))
        time.sleep(0.5)
        lead = make_lead(fence=6)
        assert [end.state for end in lead.wait_finished(order)] == [DONE] * 400


def test_without_lead_and_task_the_agent_ends_by_itself(make_lead: MakeLead, work: Path) -> None:
    lead = make_lead("--idle-end", "0.4", acknowledges=False)
    pid = lead.inventory().pid
    time.sleep(0.8)
    assert is_running(pid), "it has a lead"
    order = each(work, ["/bin/sleep", "1"])
    lead.start(order)
    lead.wait_started(order.tasks[0].token)
    lead.close(end_agent=False)
    time.sleep(0.7)
    assert is_running(pid), "it has a task"
    until(lambda: not is_running(pid))
    again = make_lead("--idle-end", "0.4", fence=2)
    assert [end.state for end in again.wait_finished(order)] == [DONE]


def test_ending_the_agent_ends_what_runs(lead: Lead, work: Path) -> None:
    order = each(work, ["/bin/sleep", "100"], ["/bin/true"])
    lead.start(order)
    lead.wait_started(order.tasks[0].token)
    pid = lead.inventory().pid
    agent_id = lead.agent_id
    lead.close(end_agent=True)
    assert not is_running(pid)
    assert not attempts_of(agent_id)
    assert [end.state for end in lead.wait_finished(order)] == [STOPPED, STOPPED]
    lead.close(end_agent=True)


def test_the_system_may_end_the_agent(make_lead: MakeLead, work: Path) -> None:
    lead = make_lead()
    before = lead.inventory()
    order = each(work, ["/bin/sleep", "100"])
    lead.start(order)
    lead.wait_started(order.tasks[0].token)
    os.kill(before.pid, signal.SIGTERM)
    assert [end.state for end in lead.wait_finished(order)] == [STOPPED]
    lead.wait(lambda: lead.inventory().incarnation != before.incarnation)


def test_closing_at_any_moment(make_lead: MakeLead) -> None:
    threads = threading.active_count()
    for wait in (0.0, 0.02, 0.05, 0.1, 0.2):
        lead = make_lead()
        time.sleep(wait)
        lead.close(end_agent=True)
        assert threading.active_count() == threads


def test_an_agent_that_nobody_has_talked_to_yet_ends_too(
    make_lead: MakeLead,
) -> None:
    first = make_lead()
    pid = first.inventory().pid
    first.close(end_agent=False)
    make_lead(fence=2).close(end_agent=True)
    assert not is_running(pid)


def test_two_programs_start_one_agent(make_lead: MakeLead) -> None:
    first, second = make_lead(fence=1), make_lead(fence=2)
    second.inventory()
    assert first.runner._agent_id == second.runner._agent_id


def test_a_second_agent_doesnt_run(lead: Lead, agent_folder: Path) -> None:
    command = [sys.executable, "-m", "farmgui.execution.agent", "--folder", str(agent_folder)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == f"Another agent runs already for the folder {agent_folder}.\n"


def test_a_folder_that_others_may_write_is_refused(make_lead: MakeLead, agent_folder: Path) -> None:
    agent_folder.mkdir()
    agent_folder.chmod(0o777)
    lead = make_lead()
    lead.wait(lambda: lead.lost)
    assert lead.lost[0].startswith(f"Others may write into the folder {agent_folder}.")
    agent_folder.chmod(0o755)
    lead.inventory()
    assert agent_folder.stat().st_mode & 0o777 == 0o700


def test_an_agent_that_cant_be_started_says_why(
    make_lead: MakeLead, agent_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent_folder.mkdir(mode=0o700)
    (agent_folder / "journal").mkdir()
    lead = make_lead()
    lead.wait(lambda: lead.lost)
    assert lead.lost[0].startswith("The agent of this machine can't be started: ")
    assert "journal" in lead.lost[0]
    (agent_folder / "journal").rmdir()
    lead.inventory()


def test_a_folder_with_a_long_name(tmp_path: Path, work: Path) -> None:
    folder = tmp_path / ("long" * 30)
    lead = Lead(folder)
    try:
        assert [end.state for end in lead.run(each(work, ["/bin/true"]))] == [DONE]
        address = open_folder(folder).address
        assert len(address) < 100
        assert Path(address).parent.stat().st_mode & 0o777 == 0o700
    finally:
        lead.close()
    Path(address).parent.rmdir()


def test_the_agent_as_a_command_tells_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert agents.main(["--folder", str(tmp_path / "file" / "x")]) == 1
    assert (
        capsys.readouterr().err == f"The folder {tmp_path / 'file' / 'x'} can't be used: Not a directory.\n"
    )


def test_the_journal_of_a_killed_agent_may_be_torn(
    make_lead: MakeLead, agent_folder: Path, work: Path
) -> None:
    lead = make_lead(acknowledges=False)
    order = each(work, ["/bin/true"])
    lead.run(order)
    os.kill(lead.inventory().pid, signal.SIGSTOP)
    pid = lead.inventory().pid
    with (agent_folder / "journal").open("ab") as file:
        file.write(b'{"finished":{"kind":"fini')
    os.kill(pid, signal.SIGKILL)
    lead.wait(lambda: lead.inventory().pid != pid)
    assert lead.inventory().tokens == {order.tasks[0].token}
    for line in (agent_folder / "journal").read_bytes().splitlines():
        json.loads(line)
