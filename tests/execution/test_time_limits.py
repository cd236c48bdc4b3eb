"""Tasks that run too long or say nothing for too long are ended whole."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from farmgui.domain.states import AttemptState
from farmgui.domain.time_limits import duration_words, overrun
from tests.execution.conftest import is_running
from tests.execution.leading import PATTERNS, Lead, each, log_of, python, render

DONE, FAILED, STOPPED = AttemptState.DONE, AttemptState.FAILED, AttemptState.STOPPED
FAMILY = (
    "import subprocess, time\n"
    "a = subprocess.Popen(['/bin/sleep', '100'])\n"
    "b = subprocess.Popen(['/bin/sleep', '100'], start_new_session=True)\n"
    "print(a.pid, b.pid, flush=True)\n"
)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.5, "0.5 seconds"),
        (1, "1 second"),
        (45, "45 seconds"),
        (60, "1 minute"),
        (90, "1 minute 30 seconds"),
        (600, "10 minutes"),
        (7200, "2 hours"),
        (5400, "1 hour 30 minutes"),
        (90_061, "1 day 1 hour"),
    ],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words


@pytest.mark.parametrize(
    ("ran", "silent", "timeout", "silence", "reason"),
    [
        (1e9, 1e9, None, None, None),
        (7199.9, 599.9, 7200, 600, None),
        (7200, 0, 7200, 600, "It ran for 2 hours, the most that it may."),
        (700, 600, 7200, 600, "It wrote nothing for 10 minutes."),
        (7200, 600, None, 600, "It wrote nothing for 10 minutes."),
    ],
)
def test_which_limit_is_passed(
    ran: float, silent: float, timeout: int | None, silence: int | None, reason: str | None
) -> None:
    assert overrun(ran, silent, timeout=timeout, silence_timeout=silence) == reason


def test_a_task_that_runs_too_long_is_ended_with_all_that_it_started(lead: Lead, work: Path) -> None:
    talks = FAMILY + "while True: print('.', flush=True); time.sleep(0.05)"
    order = each(work, python(talks), ["/bin/true"], timeout=1.0)
    begin = time.monotonic()
    late, other = lead.run(order)
    assert time.monotonic() - begin < 3
    assert (late.state, late.reason) == (FAILED, "It ran for 1 second, the most that it may.")
    assert other.state is DONE
    pids = [int(word) for word in log_of(order).splitlines()[1].split()]
    assert not any(is_running(pid) for pid in pids)
    assert b"the most that it may" in log_of(order)


def test_what_ignores_the_request_is_ended_all_the_same(lead: Lead, work: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(100)"
    [late] = lead.run(each(work, python(deaf), timeout=0.5))
    assert (late.state, late.exit_status) == (FAILED, -9)


def test_a_task_that_writes_nothing_is_ended(lead: Lead, work: Path) -> None:
    order = each(
        work, python("print('hello', flush=True); import time; time.sleep(100)"), silence_timeout=0.8
    )
    [silent] = lead.run(order)
    assert (silent.state, silent.reason) == (FAILED, "It wrote nothing for 0.8 seconds.")


def test_a_task_that_writes_now_and_then_goes_on(lead: Lead, work: Path) -> None:
    # A line of a progress bar is enough, without an end.
    code = "import sys, time\nfor i in range(6): sys.stderr.write('.'); sys.stderr.flush(); time.sleep(0.3)"
    [end] = lead.run(each(work, python(code), silence_timeout=0.9))
    assert end.state is DONE


def test_each_task_of_a_batch_has_its_own_time(lead: Lead, work: Path) -> None:
    ends = lead.run(each(work, *[["/bin/sleep", "0.6"]] * 3, timeout=1.2, silence_timeout=1.2))
    assert [end.state for end in ends] == [DONE] * 3


def test_in_one_process_each_frame_has_its_own_time(lead: Lead, work: Path) -> None:
    ends = lead.run(render(work, [1, 2, 3], "--seconds", "0.6", timeout=1.3))
    assert [end.state for end in ends] == [DONE] * 3


def test_the_frame_under_way_fails_and_the_rest_waits_for_another_turn(lead: Lead, work: Path) -> None:
    order = render(work, [1, 2, 3, 4], "--stuck-at", "2", silence_timeout=0.8)
    ends = lead.run(order)
    assert [end.state for end in ends] == [DONE, FAILED, STOPPED, STOPPED]
    assert ends[1].reason == "It wrote nothing for 0.8 seconds."
    assert [end.reason for end in (ends[0], *ends[2:])] == [None] * 3


def test_a_program_that_hangs_after_its_last_frame(lead: Lead, work: Path) -> None:
    ends = lead.run(render(work, [1, 2], "--linger", "100", timeout=1.0))
    assert [end.state for end in ends] == [DONE, DONE]
    [warning] = lead.warnings(ends[1].token)
    assert warning == "All frames are done, but then: It ran for 1 second, the most that it may."


@pytest.mark.parametrize("whole", [True, False], ids=["one process", "each"])
def test_a_task_may_begin_when_its_output_says_so(lead: Lead, work: Path, *, whole: bool) -> None:
    if whole:
        order = render(work, [1], "--load", "0.6", no_automatic_start_time=True)
    else:
        code = "import time; time.sleep(0.6); print('Fra:1', flush=True); time.sleep(0.1)"
        order = each(work, python(code), patterns=PATTERNS, no_automatic_start_time=True)
    before = time.time()
    [end] = lead.run(order)
    assert end.time_started is not None
    assert end.time_started - before > 0.5
    assert lead.started(end.token)[0].time == end.time_started


def test_a_task_whose_output_never_says_so_began_with_its_process(lead: Lead, work: Path) -> None:
    order = each(work, python("import time; time.sleep(0.3)"), no_automatic_start_time=True)
    [end] = lead.run(order)
    assert end.time_started is not None
    assert end.time_finished - end.time_started > 0.25
