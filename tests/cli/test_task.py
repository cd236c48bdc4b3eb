"""Single tasks by the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from farmgui.app import open_farm
from farmgui.cli import main
from farmgui.config import read_config
from farmgui.models import Agent


@pytest.fixture
def tasks(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The numbers of four queued tasks, on a farm with the agent "host-a"."""
    assert main(["submit", "--frames", "1-4", "--", "true"]) == 0
    farm = open_farm(read_config())
    with farm.database.sessions.begin() as session:
        session.add(Agent(id="a", hostname="host-a", incarnation="1", cpus=1, ram=1024))
    farm.close()
    capsys.readouterr()
    return [str(row["id"]) for row in read(capsys, "tasks", "1")]


def read(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def states(capsys: pytest.CaptureFixture[str]) -> str:
    return "".join(row["state"][0] for row in read(capsys, "tasks", "1"))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param([["mark-done", "0", "1"]], "ddqq", id="mark done"),
        pytest.param([["mark-failed", "3"]], "qqqf", id="mark failed"),
        pytest.param([["mark-done", "0", "1"], ["rerun", "1"]], "dqqq", id="rerun"),
        pytest.param([["stop", "0"]], "qqqq", id="nothing to stop"),
        pytest.param([["mark-done", "3"], ["priority", "=5", "3"]], "dqqq", id="priority"),
    ],
)
def test_what_becomes_of_tasks(
    tasks: list[str], words: list[list[str]], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for verb, *places in words:
        named = [place[1:] if place.startswith("=") else tasks[int(place)] for place in places]
        assert main(["task", verb, *named]) == 0
    assert states(capsys) == expected


def test_agents_that_a_task_avoids(tasks: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["task", "avoid", "host-a", *tasks[:2]]) == 0
    assert read(capsys, "task", "failed-on", tasks[1]) == [{"agent_id": "a", "hostname": "host-a"}]
    assert main(["task", "forget", tasks[1]]) == 0
    assert read(capsys, "task", "failed-on", tasks[1]) == []
    assert main(["task", "failed-on", tasks[0]]) == 0
    assert capsys.readouterr().out.split() == ["AGENT", "host-a"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(["rerun", "99"], "no task 99", id="no such task"),
        pytest.param(["priority", "1001", "1"], "from -1000 to 1000", id="priority"),
        pytest.param(["avoid", "host-z", "1"], 'no agent "host-z"', id="no such agent"),
        pytest.param(["failed-on", "99"], "no task 99", id="agents of no task"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    tasks: list[str], words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["task", *words]) == 1
    sentence = capsys.readouterr().err
    assert told in sentence
    assert len(sentence.strip().splitlines()) == 1


@pytest.mark.povray
def test_tiles_are_told_apart_where_there_are_any(
    tasks: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = tmp_path / "spheres.pov"
    scene.write_text("sphere { 0, 1 }")
    words = ["--frames", "1", "--num-tiles", "2", "--no-copy", "--output", str(tmp_path / "f_####.png")]
    assert main(["submit", *words, str(scene)]) == 0
    job = capsys.readouterr().out.strip()
    assert main(["tasks", job]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:4] == ["TASK", "FRAME", "TILE", "STATE"]
    assert [line.split()[2] for line in lines[1:]] == ["0", "1", "queued"]
    assert main(["tasks", "1"]) == 0
    assert "TILE" not in capsys.readouterr().out
