"""Groups of tests that need a program: skipped and named where it is missing, or failed with `--all`."""

from __future__ import annotations

import os
import shutil
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

_NOT_RUN: Final = pytest.StashKey[dict[str, int]]()


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
            not_run = item.config.stash.setdefault(_NOT_RUN, {})
            not_run[marker] = not_run.get(marker, 0) + 1
            pytest.skip(f"needs {missing or 'the network'}")


def pytest_unconfigure(config: pytest.Config) -> None:
    """As the last lines: which groups were not run, and the command that installs and runs them."""
    for marker, count in config.stash.get(_NOT_RUN, {}).items():
        title, _ = PROGRAMS[marker]
        tests = "1 test" if count == 1 else f"{count} tests"
        print(f"Not run: {tests} with {title}. Install what it needs and run all: ./farm test --all")
