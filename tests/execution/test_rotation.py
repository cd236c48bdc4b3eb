"""Logs of the program's own processes are bounded, and agents inherit no password."""

from __future__ import annotations

from pathlib import Path

import pytest

from farmgui.execution.agent_process import agent_environ
from farmgui.execution.log_file import rotate


@pytest.mark.parametrize(("size", "rotated"), [(100, False), (101, True)])
def test_a_log_is_begun_anew_when_it_is_large(tmp_path: Path, size: int, rotated: bool) -> None:
    log, before = tmp_path / "agent.log", tmp_path / "agent.log.1"
    before.write_text("older")
    log.write_text("x" * size)
    rotate(log, 100)
    assert log.exists() is not rotated
    assert before.read_text() == ("x" * size if rotated else "older")


def test_no_log_is_no_matter(tmp_path: Path) -> None:
    rotate(tmp_path / "agent.log")
    assert not list(tmp_path.iterdir())


def test_an_agent_inherits_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARMGUI_SMTP_PASSWORD", "secret")
    monkeypatch.setenv("FARMGUI_HOME", "/home/ana/farm")
    environ = agent_environ()
    assert "secret" not in environ.values()
    assert environ["FARMGUI_HOME"] == "/home/ana/farm"
