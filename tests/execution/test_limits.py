"""Memory that a task may use, and disks that are full."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from farmgui.domain.orders import TaskOrder
from farmgui.domain.reports import Finished
from farmgui.domain.states import AttemptState
from farmgui.execution import wire
from farmgui.execution.journal import Journal
from tests.execution.conftest import MakeLead
from tests.execution.leading import Lead, each, log_of, python, render, until

DONE, FAILED, STOPPED = AttemptState.DONE, AttemptState.FAILED, AttemptState.STOPPED
TAKES_MEMORY = (
    "import subprocess, sys, time; a = bytearray(60_000_000);"
    "code = 'import time; a = bytearray(60_000_000); time.sleep({})';"
    "subprocess.run([sys.executable, '-I', '-S', '-c', code])"
)


def test_ram_max_ends_the_task_with_its_children(lead: Lead, work: Path) -> None:
    [end] = lead.run(each(work, python(TAKES_MEMORY.format(100)), ram_max=100))
    assert end.state is FAILED
    assert end.reason is not None
    assert end.reason.startswith("It used 1")
    assert end.reason.endswith("its RAM maximum is 100 MB.")
    assert end.usage.peak_ram is not None
    assert end.usage.peak_ram > 100


def test_ram_warning_warns_once(lead: Lead, work: Path) -> None:
    [end] = lead.run(each(work, python(TAKES_MEMORY.format(1)), ram_warning=100))
    assert end.state is DONE
    [warning] = lead.warnings(end.token)
    assert warning.endswith("more than 100 MB.")
    assert end.usage.peak_ram is not None
    assert 115 < end.usage.peak_ram < 200


def test_memory_that_children_share_counts_once(lead: Lead, work: Path) -> None:
    code = "import os, time; a = bytes(60_000_000); x = [os.fork() for _ in range(2)]; time.sleep(1)"
    [end] = lead.run(each(work, python(code), ram_max=150))
    assert end.state is DONE


def test_ram_max_in_a_batch_of_frames_hits_the_one_at_work(lead: Lead, work: Path) -> None:
    order = render(work, [1, 2, 3], "--seconds", "0.5", ram_max=1)
    ends = lead.run(order)
    assert [end.state for end in ends].count(FAILED) == 1
    assert ends[-1].state is STOPPED


def test_a_log_that_cant_be_written_from_the_start(lead: Lead, work: Path) -> None:
    order = each(work, ["/bin/touch", str(work / "ran")])
    task = order.tasks[0]
    full = TaskOrder(task.token, task.frame, None, "/dev/full", task.argv)
    [end] = lead.run(order.__class__(order.token, 1, "t", order.mode, (full,)))
    assert end.state is FAILED
    assert end.reason == "The disk is full where logs are kept (/dev/full). Make room there, then rerun."
    assert not (work / "ran").exists()


def test_a_log_folder_that_is_none(lead: Lead, work: Path) -> None:
    (work / "file").write_text("")
    order = each(work / "file", ["/bin/true"], cwd=str(work))
    [end] = lead.run(order)
    assert end.state is FAILED
    assert (end.reason or "").startswith("The log can't be written (")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 kB."""
    place = tmp_path / "small"
    place.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)], check=False)
    if mounted.returncode:
        pytest.skip("nothing can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_disk_that_fills_while_a_task_runs(lead: Lead, work: Path, small_disk: Path) -> None:
    code = (
        "import subprocess, sys, time; subprocess.Popen(['/bin/sleep', '100'], start_new_session=True)\n"
        "while True: print('x' * 1000); time.sleep(0.0001)"
    )
    order = each(small_disk, python(code), cwd=str(work))
    [end] = lead.run(order)
    assert end.state is FAILED
    assert (end.reason or "").startswith("The disk is full where logs are kept (")
    assert log_of(order).startswith(b"# ")
    order = render(work, [1, 2, 3])
    logs = tuple(
        TaskOrder(task.token, task.frame, None, str(small_disk / task.frame), outputs=task.outputs)
        for task in order.tasks
    )
    ends = lead.run(order.__class__(order.token, 1, "t", order.mode, logs, argv=order.argv))
    assert [end.state for end in ends] == [FAILED, STOPPED, STOPPED]


@pytest.mark.warns("journal")
def test_a_journal_on_a_full_disk_keeps_results_in_memory(small_disk: Path) -> None:
    filler = small_disk / "filler"
    journal = Journal(small_disk / "journal")
    with pytest.raises(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    tokens = [f"b.{number}" for number in range(200)]
    for token in tokens:
        journal.finished(token, wire.encode(Finished(token, DONE, 1.0, 2.0, 0)))
    assert list(journal.results) == tokens
    assert journal.problem is not None
    assert "can't write its journal" in journal.problem
    filler.unlink()

    def writes_again() -> bool:
        journal.started("b.300", 1, 1.0)
        return journal.problem is None

    until(writes_again)
    journal.close()
    assert list(Journal(small_disk / "journal").results) == tokens


def test_an_agent_on_a_full_disk_says_so_and_goes_on(
    make_lead: MakeLead, agent_folder: Path, work: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    agent_folder.mkdir(mode=0o700)
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", str(agent_folder)]
    if subprocess.run(mount, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        lead = make_lead(acknowledges=False)
        lead.inventory()
        with pytest.raises(OSError), (agent_folder / "filler").open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        order = each(work, *[["/bin/true"]] * 60)
        assert {end.state for end in lead.run(order)} == {DONE}
        warnings = [text for task in order.tasks for text in lead.warnings(task.token)]
        assert len(warnings) == 1
        assert "can't write its journal" in warnings[0]
        lead.close()
    finally:
        subprocess.run(["umount", "-l", str(agent_folder)], check=True)
