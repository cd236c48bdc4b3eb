"""What a test must not leave behind: threads, processes, and warnings in the log that it didn't announce."""

from __future__ import annotations

import logging
import os
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

import psutil

RUN: Final = "FARMGUI_TEST_RUN"
"""Stands in the environment of every process that descends from this test run, detached ones too."""

_PATIENCE: Final = 5.0
"""Seconds that threads and processes have to end by themselves after a test."""

_Item = TypeVar("_Item")


def mark_this_run() -> None:
    """Put the mark of this run into the environment that all processes of the tests inherit."""
    os.environ[RUN] = uuid.uuid4().hex


def new_processes(before: Iterable[int]) -> list[psutil.Process]:
    """Living processes of this run that were not there `before`."""
    mark = os.environ[RUN]
    found = []
    for pid in set(psutil.pids()) - set(before) - {os.getpid()}:
        try:
            process = psutil.Process(pid)
            if process.environ().get(RUN) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def new_threads(before: Iterable[threading.Thread]) -> list[threading.Thread]:
    """Living threads, daemons too, that were not there `before`; those that Qt made are not ours."""
    known = set(before)
    return [
        thread
        for thread in threading.enumerate()
        if thread not in known and thread.is_alive() and not isinstance(thread, threading._DummyThread)
    ]


def wait_until_none(find: Callable[[], list[_Item]], patience: float = _PATIENCE) -> list[_Item]:
    """What `find` still finds after `patience` seconds; returns at once when it finds nothing."""
    end = time.monotonic() + patience
    while (left := find()) and time.monotonic() < end:
        time.sleep(0.02)
    return left


def end_processes(processes: Sequence[psutil.Process]) -> list[str]:
    """Kill `processes` so that the next test starts clean; tells what they were."""
    stories = []
    for process in processes:
        try:
            stories.append(f"{process.pid}: {' '.join(process.cmdline())[:200]}")
            process.kill()
        except psutil.Error:
            continue
    return stories


class WarningsOfLog(logging.Handler):
    """Keeps what is logged at WARNING or above."""

    def __init__(self) -> None:
        """Begin with nothing kept."""
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the record as text, with the traceback where it has one."""
        self.texts.append(f"{record.levelname} {record.name}: {self.format(record)}")

    def unexpected(self, expected: Sequence[str]) -> list[str]:
        """The texts that none of the `expected` regular expressions is found in."""
        return [text for text in self.texts if not any(re.search(pattern, text) for pattern in expected)]
