"""What every test stands on: no screen, a home of its own, and nothing left behind."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests import leftovers
from tests.groups import pytest_configure, pytest_runtest_setup

__all__ = ["pytest_configure", "pytest_runtest_setup"]

# Qt reads it when the application is made; a test of the real screen sets another in its own process.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
leftovers.mark_this_run()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """FARMGUI_HOME of this test alone, not made yet; processes that the test starts inherit it."""
    folder = tmp_path / "farmgui-home"
    monkeypatch.setenv("FARMGUI_HOME", str(folder))
    monkeypatch.delenv("FARMGUI_DATABASE_URL", raising=False)
    return folder


@pytest.fixture(autouse=True)
def _nothing_left(home: Path) -> Iterator[None]:
    """Fail the test that leaves a thread or a process of ours; the process is ended."""
    processes, threads = psutil.pids(), threading.enumerate()
    yield
    left = leftovers.wait_until_none(lambda: leftovers.new_processes(processes))
    stories = leftovers.end_processes(left)
    names = [thread.name for thread in leftovers.wait_until_none(lambda: leftovers.new_threads(threads))]
    if stories or names:
        pytest.fail(f"left behind: processes {stories}, threads {names}", pytrace=False)


@pytest.fixture(autouse=True)
def _no_unexpected_warning(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test in which the log warns of something that `@pytest.mark.warns(text)` doesn't announce."""
    handler = leftovers.WarningsOfLog()
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)
    expected = [str(mark.args[0]) for mark in request.node.iter_markers("warns")]
    if unexpected := handler.unexpected(expected):
        pytest.fail("the log warns:\n" + "\n".join(unexpected), pytrace=False)
