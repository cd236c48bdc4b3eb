"""The journal on its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from farmgui.domain.reports import Finished, Usage
from farmgui.domain.states import AttemptState
from farmgui.execution import wire
from farmgui.execution.journal import Journal, StartedProcess


def result(token: str) -> bytes:
    return wire.encode(Finished(token, AttemptState.FAILED, 1.5, 2.5, 1, "why ü", Usage(0.25, 12)))


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.started("a.1", 11, 5.0)
    journal.started("a.2", 12, 6.0)
    journal.ended("a.1")
    journal.finished("a.1", result("a.1"))
    journal.finished("b.1", result("b.1"))
    assert journal.acknowledge(["b.1", "unknown"]) == ["b.1"]
    again = Journal(tmp_path / "journal")
    assert again.results == {"a.1": result("a.1")}
    assert again.processes == {"a.2": StartedProcess("a.2", 12, 6.0)}
    assert again.problem is None


@pytest.mark.warns("can't be read and is left out")
def test_torn_and_foreign_lines_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(
        b'{"finished":' + result("a.1") + b"}\n"
        b'\x00\x00\n[]\n{}\n{"started":[1]}\n{"finished":{"kind":"started","token":"x"}}\n{"new":1}\n'
        b'{"finished":' + result("a.2")[:-9]
    )
    journal = Journal(path)
    assert journal.results == {"a.1": result("a.1")}
    journal.finished("a.3", result("a.3"))
    assert list(Journal(path).results) == ["a.1", "a.3"]


def test_it_doesnt_grow_for_ever(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.finished("kept", result("kept"))
    for number in range(5000):
        journal.finished(f"a.{number}", result(f"a.{number}"))
        journal.acknowledge([f"a.{number}"])
    assert (tmp_path / "journal").stat().st_size < 2_000_000
    assert list(Journal(tmp_path / "journal").results) == ["kept"]
