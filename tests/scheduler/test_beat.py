"""The scheduler's thread ticks when woken, loses no wake and ends."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from farmgui.scheduler.beat import Beat, Periodic


def fail(error: BaseException) -> None:
    raise error


def test_a_wake_starts_a_tick_at_once_and_one_during_a_tick_is_not_lost() -> None:
    ticks: list[float] = []
    entered, go_on = threading.Event(), threading.Event()

    def tick() -> None:
        ticks.append(time.monotonic())
        entered.set()
        go_on.wait(5)

    beat = Beat(tick, failed=fail, net=60)
    beat.start()
    assert entered.wait(2)
    entered.clear()
    beat.wake()
    beat.wake()
    go_on.set()
    assert entered.wait(2)
    beat.stop()
    assert len(ticks) == 2


def test_periodic_work_runs_on_the_same_thread() -> None:
    threads: set[str] = set()
    seen = threading.Event()

    def work() -> None:
        threads.add(threading.current_thread().name)
        seen.set()

    def tick() -> None:
        threads.add(threading.current_thread().name)

    beat = Beat(tick, (Periodic("clean", 0.05, work),), failed=fail, net=60)
    beat.start()
    assert seen.wait(2)
    beat.stop()
    assert len(threads) == 1


@pytest.mark.warns("raised an exception")
def test_an_error_is_told_and_the_next_tick_comes() -> None:
    errors: list[BaseException] = []
    ticks: list[int] = []
    told, again = threading.Event(), threading.Event()

    def tick() -> None:
        ticks.append(len(ticks))
        if len(ticks) == 1:
            raise ZeroDivisionError
        again.set()

    def failed(error: BaseException) -> None:
        errors.append(error)
        told.set()

    beat = Beat(tick, failed=failed, net=60)
    beat.start()
    assert told.wait(2)
    beat.wake()
    assert again.wait(2)
    beat.stop()
    assert [type(error) for error in errors] == [ZeroDivisionError]


def test_a_wake_at_the_very_end_of_a_run_is_not_lost() -> None:
    ticks: list[float] = []
    armed, ticked = threading.Event(), threading.Event()

    class WokenLate(Beat):
        def _take_dirty(self) -> bool:
            dirty = super()._take_dirty()
            if not dirty and armed.is_set():
                armed.clear()
                self.wake()
                # The scheduler hears of it while the run still counts as running.
                time.sleep(0.1)
            return dirty

    def tick() -> None:
        ticks.append(time.monotonic())
        ticked.set()

    beat = WokenLate(tick, failed=fail, net=60)
    beat.start()
    assert ticked.wait(2)
    time.sleep(0.1)
    ticked.clear()
    armed.set()
    beat.wake()
    time.sleep(0.05)
    ticked.clear()
    assert ticked.wait(2)
    ticked.clear()
    beat.wake()
    assert ticked.wait(2)
    beat.stop()
    assert len(ticks) == 4


def test_it_wakes_at_the_moment_that_was_asked_for() -> None:
    ticks: list[float] = []
    ticked = threading.Event()

    def tick() -> None:
        ticks.append(time.monotonic())
        ticked.set()

    beat = Beat(tick, failed=fail, net=60)
    beat.start()
    assert ticked.wait(2)
    ticked.clear()
    beat.wake_at(datetime.now(UTC) + timedelta(seconds=60))
    beat.wake_at(datetime.now(UTC) + timedelta(seconds=0.3))
    assert ticked.wait(2)
    beat.stop()
    assert ticks[1] - ticks[0] >= 0.25


def test_a_moment_that_is_taken_back_wakes_nobody() -> None:
    ticked = threading.Event()
    beat = Beat(ticked.set, failed=fail, net=60)
    beat.start()
    assert ticked.wait(2)
    beat.wake_at(datetime.now(UTC) + timedelta(seconds=0.2))
    beat.wake_at(None)
    time.sleep(0.1)
    ticked.clear()
    assert not ticked.wait(0.3)
    beat.stop()
