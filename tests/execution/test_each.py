"""Batches whose tasks run each as a process of its own."""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from farmgui.domain.orders import BatchOrder, Patterns
from farmgui.domain.states import AttemptState
from farmgui.execution.family import attempts_of
from tests.execution.conftest import is_running
from tests.execution.leading import Lead, each, log_of, python, until

DONE, FAILED, STOPPED = AttemptState.DONE, AttemptState.FAILED, AttemptState.STOPPED


def test_runs_all_and_logs_what_they_say(lead: Lead, work: Path) -> None:
    order = each(work, ["/bin/echo", "a b", "c"], python("import sys; print('err', file=sys.stderr)"))
    first, second = lead.run(order)
    assert (first.state, second.state) == (DONE, DONE)
    assert first.exit_status == 0
    assert first.reason is None
    assert first.time_started is not None
    assert first.time_started <= first.time_finished
    assert second.usage.cpu_seconds is not None
    begin, text, end = log_of(order).decode().splitlines()
    assert text == "a b c"
    assert "command /bin/echo 'a b' c" in begin
    assert f"folder {work}" in begin
    assert "done after" in end
    assert b"err\n" in log_of(order, 1)
    assert lead.started(first.token)[0].time == first.time_started


def test_one_failure_leaves_the_others_alone(lead: Lead, work: Path) -> None:
    order = each(
        work,
        ["/bin/true"],
        python("import sys; sys.exit(3)"),
        ["/bin/true"],
        python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
    )
    ends = lead.run(order)
    assert [end.state for end in ends] == [DONE, FAILED, DONE, FAILED]
    assert (ends[1].exit_status, ends[1].reason) == (3, "The program ended with exit status 3.")
    assert (ends[3].exit_status, ends[3].reason) == (-9, "The program was ended by signal 9 (killed).")


def test_tasks_get_their_environment_and_no_other_mark(
    lead: Lead, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import os; print(sorted((k, v) for k, v in os.environ.items() if 'FARMGUI_A' in k or k == 'SHOT'))"
    )
    order = each(work, python(code), environ={"SHOT": "7 secret"})
    lead.run(order)
    text = log_of(order).decode()
    assert f"('FARMGUI_ATTEMPT', '{order.tasks[0].token}')" in text
    assert f"('FARMGUI_AGENT', '{lead.agent_id}')" in text
    assert "7 secret" in text.splitlines()[1]
    assert "7 secret" not in text.splitlines()[0]


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["/no/such/program"], "The program /no/such/program is not on this machine."),
        (["no-such-program-of-ours"], "The program no-such-program-of-ours is not on this machine."),
        (
            ["/etc/passwd"],
            "The program /etc/passwd may not be run: it is no program, or its rights forbid it.",
        ),
        ([], "There is no command to run."),
        (["/bin/echo", "a\0b"], "The program /bin/echo can't be started: embedded null byte."),
        (
            ["/bin/echo", "x" * 200_000],
            "The command is longer than the system takes. Make the batch smaller.",
        ),
    ],
    ids=["path", "name", "no program", "nothing", "null", "too long"],
)
def test_what_cant_be_started_says_why(lead: Lead, work: Path, command: list[str], reason: str) -> None:
    order = each(work, command, ["/bin/true"])
    failed, other = lead.run(order)
    assert (failed.state, failed.reason, failed.exit_status) == (FAILED, reason, None)
    assert other.state is DONE
    assert reason in log_of(order).decode()


def test_a_folder_that_is_not_there(lead: Lead, work: Path) -> None:
    [end] = lead.run(each(work, ["/bin/true"], cwd=str(work / "gone")))
    assert end.reason == f"The folder {work / 'gone'} is not on this machine."


def test_a_script_without_its_interpreter(lead: Lead, work: Path) -> None:
    script = work / "script"
    script.write_text("#!/no/such/shell\n")
    script.chmod(0o755)
    [end] = lead.run(each(work, [str(script)]))
    assert end.reason == f"The program {script} can't be started: the interpreter that it names isn't here."


def test_files_must_be_there_and_new(lead: Lead, work: Path) -> None:
    old = work / "old.png"
    old.write_text("x")
    os.utime(old, (1, 1))
    orders = {
        "was not written": (work / "none.png", ["/bin/true"]),
        "is empty": (work / "empty.png", python(f"open({str(work / 'empty.png')!r}, 'w')")),
        "is an old one": (old, ["/bin/true"]),
    }
    for word, (path, command) in orders.items():
        [end] = lead.run(with_output(each(work, command), path))
        assert end.state is FAILED
        assert end.reason is not None
        assert word in end.reason
        assert str(path) in end.reason
    # Written anew, though its time is far in the past.
    code = f"import os; p = {str(old)!r}; open(p, 'w').write('y'); os.utime(p, (5, 5))"
    [end] = lead.run(with_output(each(work, python(code)), old))
    assert end.state is DONE


def test_the_first_error_line_is_the_reason(lead: Lead, work: Path) -> None:
    code = "import sys; print('ok'); print('Error: no lamp'); print('Error: second'); sys.exit(1)"
    [end] = lead.run(each(work, python(code), patterns=Patterns(error="^Error:")))
    assert end.reason == "Error: no lamp"


def test_an_error_line_alone_is_no_failure(lead: Lead, work: Path) -> None:
    [end] = lead.run(each(work, python("print('Error: never mind')"), patterns=Patterns(error="^Error:")))
    assert (end.state, end.reason) == (DONE, None)


def test_progress_and_warnings_are_told(lead: Lead, work: Path) -> None:
    code = (
        "import time\n"
        "for i in range(0, 101, 20):\n"
        "    print(f'\\r{i} %', end='', flush=True); time.sleep(0.15)\n"
        "print('\\rWarning: thin ice')"
    )
    order = each(work, python(code), patterns=Patterns(progress=r"(?P<percent>\d+) %", warning="^Warning:"))
    [end] = lead.run(order)
    progress = lead.progress(end.token)
    assert progress == sorted(progress)
    assert len(progress) >= 2
    assert 0 < progress[0] < 1
    assert lead.warnings(end.token) == ["Warning: thin ice"]


def test_a_pattern_that_is_none(lead: Lead, work: Path) -> None:
    [end] = lead.run(each(work, ["/bin/true"], patterns=Patterns(done="(")))
    assert end.state is FAILED
    assert 'pattern "done" is no regular expression' in (end.reason or "")


def test_bytes_that_are_no_text_and_a_line_of_a_megabyte(lead: Lead, work: Path) -> None:
    code = (
        "import sys; w = sys.stdout.buffer.write; w(b'\\xff\\xfe\\x00 raw\\n'); w(b'x' * 2**20 + b'\\n');"
        "w(b'Error: \\xff end'); sys.exit(1)"
    )
    order = each(work, python(code), patterns=Patterns(error="^Error:", progress=r"(?P<percent>\d+) %"))
    [end] = lead.run(order)
    assert end.reason == "Error: � end"
    log = log_of(order)
    assert b"\xff\xfe\x00 raw\n" + b"x" * 2**20 + b"\nError: \xff end\n# " in log


def test_file_names_that_are_no_text(lead: Lead, work: Path) -> None:
    name = os.fsdecode(os.fsencode(work) + b"/\xff.png")
    code = "import sys; open(sys.argv[1], 'w').write('x')"
    [end] = lead.run(with_output(each(work, [*python(code), name]), Path(name)))
    assert end.state is DONE


def test_stop_ends_all_that_the_task_started(lead: Lead, work: Path) -> None:
    # One child in the group, one in a session of its own, one that also hides from its parent.
    code = (
        "import subprocess, sys, time\n"
        "a = subprocess.Popen(['/bin/sleep', '100'])\n"
        "b = subprocess.Popen(['/bin/sleep', '100'], start_new_session=True)\n"
        "c = 'setsid sleep 100 >/dev/null 2>&1 & echo $!'\n"
        "c = subprocess.run(['/bin/sh', '-c', c], capture_output=True)\n"
        "print(a.pid, b.pid, c.stdout.decode().strip(), flush=True); time.sleep(100)"
    )
    order = each(work, python(code), ["/bin/true"])
    lead.start(order)
    lead.wait_started(order.tasks[0].token)
    until(lambda: len(log_of(order).splitlines()) > 1)
    pids = [int(word) for word in log_of(order).splitlines()[1].split()]
    assert all(is_running(pid) for pid in pids)
    begin = time.monotonic()
    lead.stop([order.tasks[0].token])
    stopped, other = lead.wait_finished(order)
    assert time.monotonic() - begin < 1
    assert (stopped.state, stopped.reason) == (STOPPED, None)
    assert other.state is DONE
    assert not any(is_running(pid) for pid in pids)


def test_what_ignores_the_stop_is_killed(lead: Lead, work: Path) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True);"
        "time.sleep(100)"
    )
    order = each(work, python(code))
    lead.start(order)
    lead.wait_started(order.tasks[0].token)
    until(lambda: b"\ndeaf" in log_of(order))
    lead.stop([order.tasks[0].token])
    [end] = lead.wait_finished(order)
    assert (end.state, end.exit_status) == (STOPPED, -signal.SIGKILL)


def test_what_is_halted_can_be_stopped(lead: Lead, work: Path) -> None:
    order = each(work, ["/bin/sh", "-c", "kill -STOP $$"])
    lead.start(order)
    lead.wait_started(order.tasks[0].token)
    time.sleep(0.1)
    lead.stop([order.tasks[0].token])
    [end] = lead.wait_finished(order)
    assert end.state is STOPPED


def test_stopping_what_waits_and_the_rest_goes_on(lead: Lead, work: Path) -> None:
    order = each(work, ["/bin/sleep", "0.5"], ["/bin/true"], ["/bin/true"])
    lead.start(order)
    lead.wait_started(order.tasks[0].token)
    lead.stop([order.tasks[1].token])
    lead.wait(lambda: lead.finished(order.tasks[1].token))
    assert not lead.finished(order.tasks[0].token)
    ends = lead.wait_finished(order)
    assert [end.state for end in ends] == [DONE, STOPPED, DONE]
    assert ends[1].time_started is None


def test_a_stop_that_comes_first_wins(lead: Lead, work: Path) -> None:
    order = each(work, ["/bin/true"], ["/bin/true"])
    lead.acknowledges = False
    lead.stop([order.tasks[0].token])
    lead.wait(lambda: lead.finished(order.tasks[0].token))
    lead.start(order)
    ends = lead.wait_finished(order)
    assert [end.state for end in ends] == [STOPPED, DONE]
    assert len(lead.finished(order.tasks[0].token)) == 1


@pytest.mark.parametrize("output", ["", " >/dev/null 2>&1"], ids=["pipe kept open", "pipe closed"])
def test_what_is_left_behind_is_ended(lead: Lead, work: Path, output: str) -> None:
    order = each(work, ["/bin/sh", "-c", f"setsid sleep 100{output} & sleep 100{output} & echo $!; exit 0"])
    [end] = lead.run(order)
    assert end.state is DONE
    pid = int(log_of(order).splitlines()[1])
    assert not is_running(pid)
    # Those that left the group of a short task are found by the watch.
    until(lambda: not any("sleep 100" in " ".join(p) for p in children_of_the_farm(lead)), patience=5)


def test_tasks_are_nice(lead: Lead, work: Path) -> None:
    code = "import os, time; time.sleep(0.1); print('nice', os.nice(0))"
    order = each(work, python(code), nice=7)
    lead.run(order)
    assert b"nice 7" in log_of(order)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_tasks_inherit_no_files(lead: Lead, work: Path) -> None:
    code = "import os; print('files', sorted(os.listdir('/proc/self/fd')))"
    order = each(work, python(code))
    lead.run(order)
    assert b"files ['0', '1', '2', '3']" in log_of(order)


def with_output(order: BatchOrder, path: Path) -> BatchOrder:
    return dataclasses.replace(order, tasks=(dataclasses.replace(order.tasks[0], outputs=(str(path),)),))


def children_of_the_farm(lead: Lead) -> list[list[str]]:
    found = []
    for pid in attempts_of(lead.agent_id):
        try:
            found.append(psutil.Process(pid).cmdline())
        except psutil.Error:
            continue
    return found
