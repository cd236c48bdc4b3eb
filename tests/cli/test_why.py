"""Why a job waits and what making room would end, asked by the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from farmgui.cli import main
from farmgui.domain.requirements import TagNeed
from tests.factories import FarmInMemory


@pytest.fixture
def farm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FarmInMemory]:
    farm = FarmInMemory(tmp_path)
    monkeypatch.setenv("FARMGUI_HOME", str(tmp_path))
    monkeypatch.setenv("FARMGUI_DATABASE_URL", f"sqlite:///{tmp_path / 'farm.db'}")
    yield farm
    farm.close()


def _said(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> str:
    assert main(words) == status
    said = capsys.readouterr()
    return said.out + said.err


def test_a_job_says_why_it_waits_and_each_rule(
    farm: FarmInMemory, capsys: pytest.CaptureFixture[str]
) -> None:
    number = str(farm.submit("1-2", title="shot", agent_tags=(TagNeed("gpu"),)))
    farm.beat()
    assert '"shot" waits: ' in _said(capsys, "why", number)
    said = _said(capsys, "why", number, "a")
    assert any(line.startswith("NO") and "gpu" in line for line in said.splitlines())
    rules = json.loads(_said(capsys, "why", number, "a", "--json"))
    assert [rule for rule in rules if not rule["holds"]]
    assert "gpu" in _said(capsys, "idle", "a")
    assert _said(capsys, "why", "99", status=1) == "There is no job 99.\n"
    assert _said(capsys, "why", number, "z", status=1) == 'There is no agent "z".\n'


def test_room_is_made_after_a_question(
    farm: FarmInMemory, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    low = farm.submit("1-2", title="low", cpus=1)
    farm.beat()
    high = str(farm.submit("1", title="high", cpus=2, priority=5))
    farm.beat()
    assert _said(capsys, "why", high).startswith('"high" waits for its turn: low uses ')
    monkeypatch.setattr("sys.stdin", StringIO())
    said = _said(capsys, "make-room", high, status=1)
    assert said.count("of low on") == 2
    assert said.endswith("Nothing was ended. Say y when asked, or give --yes.\n")
    assert not any(task.stopping for task in farm.tasks(low))
    _said(capsys, "make-room", high, "--yes")
    assert all(task.stopping for task in farm.tasks(low))
