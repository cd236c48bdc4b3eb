"""The programs that an agent finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from farmgui.domain.jobtypes import JobTypeDefinition, Program
from farmgui.domain.reports import Software
from farmgui.execution.software import find_software, read_definitions
from tests.execution.conftest import MakeLead


def program(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n[ \"$1\" = --version ] && echo '{says}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def path_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH beside the system's shell."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    return tmp_path / "bin"


def kind(places: Path) -> JobTypeDefinition:
    asked = Program(("mix",), (f"{places}/mix*/*",), ("--version",), r"Mix (?P<version>\d+(?:\.\d+)+)")
    return JobTypeDefinition("mixer", program=asked)


def test_every_version_is_told_whole_and_short(path_folder: Path, tmp_path: Path) -> None:
    on_path = program(path_folder / "mix", "Mix 4.2.3 (hash 7.7)")
    program(tmp_path / "opt" / "mix-3.6" / "mix", "Mix 3.6")
    (tmp_path / "opt" / "mix-4.2").mkdir()
    (tmp_path / "opt" / "mix-4.2" / "mix").symlink_to(on_path)
    assert find_software([kind(tmp_path / "opt")]) == (
        Software("mixer", "4.2.3"),
        Software("mixer", "4.2"),
        Software("mixer", "4"),
        Software("mixer", "3.6"),
        Software("mixer", "3"),
    )


def test_what_says_nothing_or_has_another_name_is_left_out(path_folder: Path, tmp_path: Path) -> None:
    program(path_folder / "mix", "who knows")
    program(tmp_path / "opt" / "mix-1" / "mix-window", "Mix 1.0")
    (tmp_path / "opt" / "mix-2").mkdir()
    (tmp_path / "opt" / "mix-2" / "mix").write_text("no program")
    assert find_software([kind(tmp_path / "opt"), JobTypeDefinition("plain")]) == ()


def test_a_job_type_that_cant_be_read_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("name = ")
    (tmp_path / "b.toml").write_text('name = "b"\narguments = ["b"]')
    assert [item.name for item in read_definitions(tmp_path)] == ["b"]


def test_an_agent_tells_what_it_found(path_folder: Path, make_lead: MakeLead) -> None:
    program(path_folder / "blender", "Blender 4.2.3 LTS")
    lead = make_lead("--software-after", "0.1")
    lead.wait(lambda: lead.inventories() and lead.inventories()[-1].software)
    told = lead.inventories()[-1].software
    assert Software("blender", "4.2.3") in told
    assert Software("blender", "4.2") in told
