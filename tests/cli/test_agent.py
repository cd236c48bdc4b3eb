"""The command line of an agent: what is asked for wrongly is told before anything is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from farmgui.cli import main


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--pass", "x"], "--pass and --port are for a farm that is joined."),
        (["--port", "9000"], "--pass and --port are for a farm that is joined."),
        (["--join", "tls://127.0.0.1:1", "--port", "70000"], "70000 is no port."),
        (["--join", "farm"], '"farm" is no address of a farm.'),
        (["--join", "tls://127.0.0.1:1"], "This machine has joined no farm yet."),
        (["--join", "tls://127.0.0.1:1", "--pass", "x"], "What stands after --pass is no code of a farm"),
    ],
)
def test_what_is_wrong_is_told(
    words: list[str], told: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["agent", *words]) == 1
    assert capsys.readouterr().err.startswith(told)
    assert not (home / "joined" / "agent").exists()
