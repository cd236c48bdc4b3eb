"""Threads that give way to the program's first one."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from farmgui.execution.precedence import BEHIND, give_way

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows niceness of threads")


def nice() -> int:
    """The niceness of the calling thread."""
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def test_a_thread_comes_behind_the_first_one_and_no_other_does() -> None:
    before = nice()
    with ThreadPoolExecutor(1, "behind", give_way) as behind, ThreadPoolExecutor(1) as other:
        assert behind.submit(nice).result() == min(19, before + BEHIND)
        assert other.submit(nice).result() == before
    assert nice() == before


def test_to_give_way_again_changes_nothing() -> None:
    with ThreadPoolExecutor(1, "behind", give_way) as behind:
        once = behind.submit(nice).result()
        behind.submit(give_way).result()
        assert behind.submit(nice).result() == once
