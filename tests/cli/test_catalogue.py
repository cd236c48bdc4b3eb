"""The farm's tables by the command line: each verb once, and refusals in one sentence."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from farmgui.cli import main

Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a line; the rows of the table that it names first, by JSON, or what it says on stderr."""
    monkeypatch.setenv("FARMGUI_HOME", str(tmp_path))

    def run(*words: str) -> Any:
        if main(words) != 0:
            return capsys.readouterr().err.strip()
        capsys.readouterr()
        assert main([words[0], "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def test_queues(run: Run) -> None:
    run("queues", "add", "/film/shot", "weight=30")
    run("queues", "set", "/film", "maximum_agents=4", "priority=-5")
    run("queues", "rename", "/film", "feature")
    rows = run("queues", "move", "/feature/shot", "/")
    assert [(row["path"], row["weight"], row["maximum_agents"]) for row in rows] == [
        ("/feature", 10, 4),
        ("/shot", 30, None),
    ]
    assert len(run("queues", "remove", "/feature")) == 1
    assert run("queues", "set", "/shot", "weight=much") == '"much" is no whole number.'
    assert run("queues", "remove", "/nowhere") == "There is no queue /nowhere."


def test_limits(run: Run) -> None:
    rows = run("limits", "set", "nuke", "10", "--per", "agent", "--notes", "floating")
    assert [(row["name"], row["amount"], row["per"]) for row in rows] == [("nuke", 10, "agent")]
    assert run("limits", "remove", "nuke") == []
    assert run("limits", "remove", "nuke") == 'There is no limit "nuke".'


def test_software(run: Run) -> None:
    run("software", "add", "blender", "3.6", "4.2")
    (row,) = run("software", "add", "blender", "4.5")
    assert [version["version"] for version in row["versions"]] == ["3.6", "4.2", "4.5"]
    (row,) = run("software", "remove", "blender", "3.6")
    assert len(row["versions"]) == 2
    assert run("software", "remove", "blender") == []


def test_tags_and_path_maps(run: Run) -> None:
    run("tags", "add", "gpu")
    assert [row["name"] for row in run("tags", "rename", "gpu", "cuda")] == ["cuda"]
    assert run("tags", "remove", "cuda") == []
    (row,) = run("path-maps", "add", "/mnt/show", "S:\\show", "/Volumes/show", "--tag", "rented")
    assert (row["linux"], row["windows"], row["mac"], row["tag"]) == (
        "/mnt/show",
        "S:\\show",
        "/Volumes/show",
        "rented",
    )
    assert run("path-maps", "remove", str(row["id"])) == []


def test_users(run: Run) -> None:
    run("users", "add", "ana", "email=ana@studio.example", "roles=look,wrangle")
    (row,) = run("users", "set", "ana", "active=false", "expiration=2027-03-31")
    assert (row["email"], row["active"], row["roles"]) == ("ana@studio.example", False, ["look", "wrangle"])
    assert row["expiration"].startswith("2027-03-3")
    assert "no mail address" in run("users", "set", "ana", "email=ana")
    assert run("users", "remove", "ana") == []


def test_an_agent_that_is_not_there(run: Run) -> None:
    name = socket.gethostname()
    for words in (("enable", name), ("disable", name, "--now"), ("set", name, "tags=gpu")):
        assert run("agents", *words) == f'There is no agent "{name}".'


@pytest.mark.parametrize("table", ["queues", "limits", "software", "tags", "path-maps", "users", "agents"])
def test_a_table_is_printed_for_people_too(
    table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FARMGUI_HOME", str(tmp_path))
    assert main([table]) == 0
    assert capsys.readouterr().out.isupper()
