"""The script `farm`: what it offers, and that it is plain sh."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

FARM = Path(__file__).parents[2] / "farm"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the script is for sh")


def farm(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the script."""
    return subprocess.run([FARM, *words], text=True, capture_output=True, check=False)


@pytest.mark.parametrize("verb", ["install", "run", "test", "bench", "pictures", "help"])
def test_help_tells_every_verb(verb: str) -> None:
    """One line each."""
    assert re.search(rf"^  {verb} ", farm("help").stdout, re.MULTILINE)


def test_an_unknown_verb_is_refused_with_the_help() -> None:
    """Nothing is set up for it."""
    result = farm("dance")
    assert (result.returncode, result.stdout) == (2, "")
    assert "Usage: ./farm VERB" in result.stderr


@pytest.mark.parametrize("shell", [["sh"], ["dash"], ["bash", "--posix"]], ids=["sh", "dash", "bash"])
def test_it_is_plain_sh(shell: list[str]) -> None:
    """It parses in each shell that this machine has."""
    try:
        subprocess.run([*shell, "-n", FARM], check=True)
    except FileNotFoundError:
        pytest.skip(f"no {shell[0]} here")


@pytest.mark.skipif(not (FARM.parent / ".venv" / "farm-stamp").exists(), reason="not set up by ./farm")
def test_a_second_start_takes_no_time() -> None:
    """It compares a fingerprint and starts no Python."""
    farm("install")
    begin = time.perf_counter()
    result = farm("install")
    assert result.returncode == 0
    assert time.perf_counter() - begin < 1
    assert "Installing" not in result.stderr
