"""docs/states.md names every move and every state that the tables have, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path

import pytest

from farmgui.domain.states import ATTEMPT_MOVES, TASK_MOVES, AgentState, JobState

PAGE = Path(__file__).parents[2] / "docs" / "states.md"
ARROW = re.compile(r"^- `(\w+)` → `(\w+)`: \S.*", re.MULTILINE)
STATE = re.compile(r"^- `(\w+)`: \S.*", re.MULTILINE)


def section(title: str) -> str:
    """The text under a heading of the page."""
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(f"\n## {title}\n")
    return rest.partition("\n## ")[0]


@pytest.mark.parametrize(
    ("title", "moves"), [("Task", TASK_MOVES), ("Attempt", ATTEMPT_MOVES)], ids=["task", "attempt"]
)
def test_every_move_has_its_line(title: str, moves: Mapping[StrEnum, Iterable[StrEnum]]) -> None:
    """One line an arrow, and each once."""
    told = ARROW.findall(section(title))
    assert sorted(told) == sorted((str(old), str(new)) for old, news in moves.items() for new in news)


@pytest.mark.parametrize(
    ("title", "states"), [("Job", JobState), ("Agent", AgentState)], ids=["job", "agent"]
)
def test_every_derived_state_has_its_line(title: str, states: type[StrEnum]) -> None:
    """States that follow from something else are explained, each once."""
    assert sorted(STATE.findall(section(title))) == sorted(states)
