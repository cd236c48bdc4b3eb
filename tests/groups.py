"""Groups of tests that need a program: skipped and named where it is missing, or failed with `--all`."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from typing import Final

import pytest

PROGRAMS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "blender": ("Blender", ("blender",)),
    "povray": ("POV-Ray", ("povray",)),
    "ffmpeg": ("ffmpeg", ("ffmpeg",)),
    "display": ("a real window on a virtual screen", ("Xvfb", "xdotool")),
    "network": ("an environment made from the package index", ()),
}
"""By marker: its subject in words, and the programs that it needs; without any, it needs the network."""

_NOT_RUN: Final = "not run"


def pytest_configure(config: pytest.Config) -> None:
    """Have one process tell what was not run: the one that the person looks at."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(NotRun())


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose program isn't there; where everything was asked for, fail it."""
    for marker, (_, programs) in PROGRAMS.items():
        if item.get_closest_marker(marker) is None:
            continue
        missing = " and ".join(program for program in programs if shutil.which(program) is None)
        if os.environ.get("FARMGUI_TEST_ALL"):
            if missing:
                pytest.fail(f"{missing} is not installed, and all tests were asked for", pytrace=False)
        elif missing or not programs:
            item.user_properties.append((_NOT_RUN, marker))
            pytest.skip(f"needs {missing or 'the network'}")


class NotRun:
    """Counts the tests that were left out, by group, and tells of them last."""

    def __init__(self) -> None:
        """Begin with none."""
        self._counts: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test that its group left out."""
        if report.when == "setup":
            self._counts.update(str(value) for name, value in report.user_properties if name == _NOT_RUN)

    def pytest_unconfigure(self) -> None:
        """As the last lines: which groups were not run, and the command that installs and runs them."""
        for marker, count in self._counts.items():
            title, _ = PROGRAMS[marker]
            tests = "1 test" if count == 1 else f"{count} tests"
            print(f"Not run: {tests} with {title}. Install what it needs and run all: ./farm test --all")
