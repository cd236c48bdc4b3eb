"""Orders as a lead makes them of tiles and of path maps, run by a real agent."""

from __future__ import annotations

import dataclasses
import shutil
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from farmgui.domain.catalogue import PathMapRow
from farmgui.domain.jobtypes import BatchFrame, JobTypeDefinition, assembly, batch_command, task_outputs
from farmgui.domain.orders import BatchOrder, TaskOrder
from farmgui.domain.paths import map_order
from farmgui.domain.resource_files import assemble_tiles_script, resources
from farmgui.domain.states import AttemptState
from farmgui.execution.software import read_definitions
from tests.execution.leading import Lead, each, log_of, python

DONE, FAILED = AttemptState.DONE, AttemptState.FAILED


@pytest.fixture
def povray() -> JobTypeDefinition:
    return next(item for item in read_definitions(resources() / "jobtypes") if item.name == "pov-ray")


@pytest.fixture
def values(work: Path) -> dict[str, Any]:
    """What a job in four tiles is filled with."""
    scene = work / "a.pov"
    scene.write_text("#version 3.7;\nglobal_settings { assumed_gamma 1 }\nbackground { rgb <1, 0.5, 0> }\n")
    return {
        "program": shutil.which("povray"),
        "python": sys.executable,
        "assemble_tiles": assemble_tiles_script(),
        "scene": str(scene),
        "output": str(work / "shot_####.png"),
        "width": "33",
        "height": "17",
        "num_tiles": 4,
        "cpus": 1,
        **dict.fromkeys(("first_frame", "last_frame", "animation_ending", "options"), ""),
    }


def tiled(work: Path, povray: JobTypeDefinition, values: dict[str, Any], *tiles: int | None) -> BatchOrder:
    """A batch of tiles and assemblies (None) of frame 7."""
    order = each(work, *[["-"]] * len(tiles))
    tasks = []
    for task, tile in zip(order.tasks, tiles, strict=True):
        frame = BatchFrame(Decimal(7), tile)
        kind = assembly(povray) if tile is None else povray
        argv, outputs = batch_command(kind, values, [frame]), task_outputs(kind, values, frame)
        tasks.append(TaskOrder(task.token, "7", tile, task.log, argv, outputs))
    patterns = assembly(povray).patterns if tiles == (None,) else povray.patterns
    return dataclasses.replace(order, tasks=tuple(tasks), patterns=patterns)


@pytest.mark.povray
def test_tiles_are_rendered_and_put_together(
    lead: Lead, work: Path, povray: JobTypeDefinition, values: dict[str, Any]
) -> None:
    pytest.importorskip("OpenImageIO")
    ends = lead.run(tiled(work, povray, values, 0, 1, 2, 3))
    assert [end.state for end in ends] == [DONE] * 4
    assert sorted(file.name for file in work.glob("*.png")) == [
        f"shot_tile{tile}_0007.png" for tile in range(4)
    ]
    [end] = lead.run(tiled(work, povray, values, None))
    assert (end.state, end.reason) == (DONE, None)
    assert [file.name for file in work.glob("*.png")] == ["shot_0007.png"]


def test_an_assembly_says_which_tile_is_missing(
    lead: Lead, work: Path, povray: JobTypeDefinition, values: dict[str, Any]
) -> None:
    pytest.importorskip("OpenImageIO")
    [end] = lead.run(tiled(work, povray, values, None))
    missing = work / "shot_tile0_0007.png"
    assert (end.state, end.reason) == (FAILED, f"Error: tile 0 isn't there: {missing}. Rerun it.")


def test_an_order_with_paths_of_another_system_runs_here(lead: Lead, work: Path) -> None:
    (work / "film" / "shot").mkdir(parents=True)
    code = "import os, sys; open(sys.argv[1], 'w').write(os.environ['LIB']); print(os.getcwd(), sys.argv[2])"
    order = each(work, [*python(code), r"S:\shot\a.txt", r"--scene=S:\shot"], cwd=r"s:\shot")
    [task] = order.tasks
    order = dataclasses.replace(
        order,
        tasks=(dataclasses.replace(task, outputs=(r"S:\shot\a.txt",)),),
        environ={"LIB": r"S:\lib"},
    )
    film = str(work / "film")
    [end] = lead.run(map_order(order, [PathMapRow(1, film, "S:\\", "/Volumes/film")], "linux", ()))
    assert (end.state, end.reason) == (DONE, None)
    assert (work / "film" / "shot" / "a.txt").read_text() == f"{film}/lib"
    assert f"{film}/shot --scene={film}/shot\n" in log_of(order).decode()
