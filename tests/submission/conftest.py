"""The job types of the resources, and scenes to submit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from farmgui.domain.jobtypes import JobTypeDefinition
from farmgui.submission.jobtype_files import load
from tests.submission.blends import FIXTURE

RESOURCES = Path(__file__).parents[2] / "resources"


@pytest.fixture(scope="session")
def definitions() -> list[JobTypeDefinition]:
    """The job types that come with the program."""
    return [definition for definition, _ in load(RESOURCES / "jobtypes")]


@pytest.fixture(scope="session")
def types(definitions: list[JobTypeDefinition]) -> dict[str, JobTypeDefinition]:
    """The same by name."""
    return {definition.name: definition for definition in definitions}


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    """The .blend with two scenes, in a folder of its own."""
    folder = tmp_path / "a film"
    folder.mkdir()
    return Path(shutil.copyfile(FIXTURE, folder / "shot.blend"))


@pytest.fixture
def ball(tmp_path: Path) -> Path:
    """A POV-Ray scene whose ball moves with the clock."""
    path = tmp_path / "a ball.pov"
    path.write_text(
        "#version 3.7;\nglobal_settings { assumed_gamma 1.0 }\n"
        "camera { location <0, 1, -4> look_at 0 }\nlight_source { <5, 5, -5> rgb 1 }\n"
        "sphere { <clock, 0, 0>, 1 pigment { rgb <1, 0.3, 0.1> } } // frame\n",
        encoding="ascii",
    )
    return path
