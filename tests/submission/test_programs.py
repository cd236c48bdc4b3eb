"""Programs are found on PATH, in the usual places or where the settings say."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from farmgui.domain.jobtypes import JobTypeDefinition, Program
from farmgui.submission.programs import Found, find, missing_text, version

if sys.platform == "win32":
    pytest.skip("the programs here are shell scripts", allow_module_level=True)


def program_at(path: Path, text: str = "echo Render 1.2.3 of today") -> Path:
    """A small program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def render_in(*places: Path) -> Program:
    """A program with these usual places."""
    return Program(
        names=("farm-render",),
        places=tuple(str(place) for place in places),
        version_arguments=("--version",),
        title="Render",
    )


def test_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = program_at(tmp_path / "bin" / "farm-render")
    monkeypatch.setenv("PATH", str(path.parent))
    assert find(render_in()) == Found(path, "PATH")


def test_in_the_usual_places_the_newest_comes_first(tmp_path: Path) -> None:
    program_at(tmp_path / "render-4.9" / "go")
    newest = program_at(tmp_path / "render-4.10" / "go")
    assert find(render_in(tmp_path / "render-*" / "go")) == Found(newest, "usual place")


def test_the_chosen_one_comes_first_and_is_not_replaced_when_gone(tmp_path: Path) -> None:
    usual = program_at(tmp_path / "usual" / "go")
    chosen = program_at(tmp_path / "chosen" / "go")
    program = render_in(usual)
    assert find(program, str(chosen)) == Found(chosen, "chosen")
    chosen.unlink()
    assert find(program, str(chosen)) is None
    assert "is set to" in missing_text(program, str(chosen))


def test_nowhere(tmp_path: Path) -> None:
    program = render_in(tmp_path / "nowhere" / "*", Path("C:/Program Files/Render/render.exe"))
    assert find(program) is None
    assert missing_text(program).startswith("Render was not found on PATH or in its usual places.")


def test_the_version(tmp_path: Path) -> None:
    path = program_at(tmp_path / "go")
    assert version(render_in(), path) == "1.2.3"


@pytest.mark.parametrize("text", ["echo nothing of the kind", "exit 1"])
def test_a_version_that_is_not_told(text: str, tmp_path: Path) -> None:
    assert version(render_in(), program_at(tmp_path / "go", text)) is None
    assert version(render_in(), tmp_path / "gone") is None


def test_a_program_that_does_not_answer_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("farmgui.submission.programs.VERSION_TIMEOUT", 0.1)
    assert version(render_in(), program_at(tmp_path / "go", "exec sleep 20")) is None


@pytest.mark.blender
def test_the_version_of_blender(types: dict[str, JobTypeDefinition]) -> None:
    program = types["blender"].program
    assert program is not None
    found = find(program)
    assert found is not None
    assert (version(program, found.path) or "").count(".") >= 1
