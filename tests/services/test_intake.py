"""Files and commands come in as jobs, with a copy of the scene, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from farmgui.domain.errors import FarmError, NotFound
from farmgui.services.farm import Farm, open_farm
from farmgui.services.intake import Cancelled
from tests.submission.blends import FIXTURE

RESOURCES = Path(__file__).parents[2] / "resources"


class Choices:
    """Settings in which Blender was chosen, so that it needs not be installed."""

    chosen_programs = {"blender": "/bin/sh"}  # noqa: RUF012 read only


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    """A farm of its own."""
    opened = open_farm(f"sqlite:///{tmp_path / 'farm.db'}", RESOURCES, Choices())
    yield opened
    opened.close()


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    """A scene in a folder of its own."""
    folder = tmp_path / "film"
    folder.mkdir()
    return Path(shutil.copyfile(FIXTURE, folder / "shot.blend"))


def test_a_scene_comes_in_with_a_copy(farm: Farm, shot: Path) -> None:
    seen: list[int] = []
    number = farm.intake.submit(farm.intake.draft(shot), lambda done, _total: seen.append(done))
    data = farm.queries.job_data(number)
    copied = Path(data["scene"])
    assert copied.parent == shot.parent
    assert copied.read_bytes() == shot.read_bytes()
    assert (data["original_scene"], data["scene_copy"]) == (str(shot), True)
    assert seen[-1] == shot.stat().st_size
    (job,) = farm.queries.jobs()
    assert (job.title, job.frames, job.counts.queued, job.cpus) == ("shot – Shot", "1-6", 6, -1)
    assert (shot.parent / "frames").is_dir(), "not every renderer makes the folder"


def test_without_a_copy_the_scene_is_watched(farm: Farm, shot: Path) -> None:
    number = farm.intake.submit(replace(farm.intake.draft(shot), copy_scene=False))
    data = farm.queries.job_data(number)
    assert (data["scene"], data["scene_copy"]) == (str(shot), False)
    assert data["scene_stamp"].split()[0] == str(shot.stat().st_size)


def test_a_draft_that_is_wrong_leaves_nothing(farm: Farm, shot: Path) -> None:
    with pytest.raises(FarmError, match="is no frame range"):
        farm.intake.submit(replace(farm.intake.draft(shot), frames="1-"))
    with pytest.raises(Cancelled):
        farm.intake.submit(farm.intake.draft(shot), cancel=lambda: True)
    with pytest.raises(FarmError, match="Priority is"):
        # Refused only after the copy was made.
        farm.intake.submit(replace(farm.intake.draft(shot), priority=5000))
    assert [path.name for path in shot.parent.iterdir() if path.is_file()] == ["shot.blend"]
    assert farm.queries.jobs() == []


def test_a_command(farm: Farm) -> None:
    draft = replace(farm.intake.command_draft(["echo", "{frame:04d}"]), frames="1-3")
    number = farm.intake.submit(draft)
    assert farm.queries.job_data(number)["command"] == ["echo", "{frame:04d}"]


def test_each_type_can_be_submitted(farm: Farm, tmp_path: Path) -> None:
    for name in ("a_1.png", "a.pov"):
        (tmp_path / name).write_text("sphere { 0, 1 }")
        draft = replace(farm.intake.draft(tmp_path / name), program=Path("/bin/sh")).without_notes("program")
        assert farm.intake.submit(draft)
    (tmp_path / "a.py").write_text("print()\n")
    assert farm.intake.submit(farm.intake.draft(tmp_path / "a.py"))


def test_an_unknown_type_and_a_missing_file(farm: Farm, shot: Path) -> None:
    with pytest.raises(NotFound, match='no job type "maya"'):
        farm.intake.draft(shot, "maya")
    with pytest.raises(NotFound, match='no job type "maya"'):
        farm.intake.empty_draft("maya")
    with pytest.raises(FarmError, match="There is no file"):
        farm.intake.draft(shot.with_name("gone.blend"))
    assert "There is no file" in (farm.intake.refusal(shot.with_name("gone.blend")) or "")
