"""Real agents in a folder of the test; none is left when it is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from farmgui.execution.family import attempts_of
from farmgui.execution.folder import open_folder
from tests.execution.leading import Lead, until

MakeLead = Callable[..., Lead]


@pytest.fixture
def agent_folder(tmp_path: Path) -> Path:
    """The folder of the test's agent; not made yet."""
    return tmp_path / "agent"


@pytest.fixture
def make_lead(agent_folder: Path) -> Iterator[MakeLead]:
    """Makes leads of the test's agent; they are closed, the agent ends, and no process of it is left."""
    made: list[Lead] = []

    def make(*options: str, fence: int = 1, acknowledges: bool = True) -> Lead:
        lead = Lead(
            agent_folder, "--grace", "1", "--watch", "0.2", *options, fence=fence, acknowledges=acknowledges
        )
        made.append(lead)
        return lead

    yield make
    pids = {inventory.pid for lead in made for inventory in lead.inventories()}
    for lead in reversed(made):
        lead.close(end_agent=True)
    if not made:
        return
    agent_id = open_folder(agent_folder).agent_id
    until(lambda: not attempts_of(agent_id), patience=5)
    until(lambda: not any(is_running(pid) for pid in pids), patience=5)


@pytest.fixture
def lead(make_lead: MakeLead) -> Lead:
    """A lead whose agent is there."""
    lead = make_lead()
    lead.inventory()
    return lead


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Where tasks work and logs lie."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def is_running(pid: int) -> bool:
    """Whether there is a process of that pid that is no zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
