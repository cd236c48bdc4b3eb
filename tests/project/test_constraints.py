"""constraints.txt pins all that the program and its development stand on, and nothing but versions."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FILE = Path(__file__).parents[2] / "constraints.txt"
PIN = re.compile(r"([a-z0-9-]+)==([\w.]+)")


def pins() -> dict[str, str]:
    """The version of each name in the file."""
    lines = [line for line in FILE.read_text().splitlines() if not line.startswith("#")]
    matches = [PIN.fullmatch(line) for line in lines]
    assert None not in matches, lines
    return {match[1]: match[2] for match in matches if match}


def closure() -> set[str]:
    """The names that farmgui with its development extra needs here, at any depth."""
    found: set[str] = set()
    todo = [("farmgui", "dev")]
    while todo:
        name, extra = todo.pop()
        for line in metadata.requires(name) or []:
            needed = Requirement(line)
            inner = canonicalize_name(needed.name)
            if needed.marker and not needed.marker.evaluate({"extra": extra}):
                continue
            if inner not in found:
                found.add(inner)
                todo += [(inner, extra) for extra in sorted(needed.extras) or [""]]
    return found


def test_everything_that_is_needed_is_pinned() -> None:
    """At any depth, for this system."""
    assert closure() <= pins().keys()


def test_what_is_installed_is_what_is_pinned() -> None:
    """So that a test's result belongs to these versions."""
    installed = {name: metadata.version(name) for name in closure()}
    assert installed == {name: pins()[name] for name in installed}
