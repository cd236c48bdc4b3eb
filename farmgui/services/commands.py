"""What fills the templates of a job's command, for the check at submission and for the orders."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from farmgui.domain.errors import FarmError
from farmgui.domain.jobtypes import BatchFrame, JobTypeDefinition, assembly, batch_command, fill
from farmgui.domain.resource_files import assemble_tiles_script
from farmgui.submission.tiling import tiling_problem


def template_values(
    data: Mapping[str, Any], *, title: str, cpus: int, ram: int, by: Decimal, num_tiles: int | None = None
) -> dict[str, Any]:
    """The placeholders of a job: its data, and what it asks for; frames and tiles come with each batch.

    `cpus` and `ram` are empty unless a number of them was asked for: the program decides then.
    """
    return {
        **data,
        "title": title,
        "cpus": cpus if cpus > 0 else "",
        "ram": ram if ram > 0 else "",
        "by": by,
        "num_tiles": num_tiles or "",
        "python": sys.executable,
        "assemble_tiles": assemble_tiles_script(),
    }


def task_environ(
    definition: JobTypeDefinition, values: Mapping[str, Any], environ: Mapping[str, Any] | None
) -> dict[str, str]:
    """The environment of a job's tasks: its type's, then its own. Raises BadCommand."""
    of_type = {name: fill(text, values) for name, text in definition.environ.items()}
    return of_type | {name: str(value) for name, value in (environ or {}).items()}


def check_command(
    definition: JobTypeDefinition, values: Mapping[str, Any], first: BatchFrame, environ: Mapping[str, str]
) -> None:
    """Raise FarmError where the command for the `first` frame can't be made or its program isn't there."""
    if definition.program is not None and not values.get("program"):
        title = definition.program.title or definition.name
        raise FarmError(
            f"There is no {title} on this machine. Install it, or choose it under Settings › Programs."
        )
    if values.get("num_tiles"):
        _check_tiles(definition, values, first)
    command = batch_command(definition, values, [first])
    task_environ(definition, values, environ)
    if not command or not command[0]:
        raise FarmError("No command is given. Write the program and its arguments.")
    _check_program(command[0], values.get("cwd"), environ)


def _check_tiles(definition: JobTypeDefinition, values: Mapping[str, Any], first: BatchFrame) -> None:
    problem = tiling_problem(definition, values, values["num_tiles"])
    if problem is not None:
        raise FarmError(problem)
    if definition.assemble:
        batch_command(assembly(definition), values, [BatchFrame(first.frame)])


def _check_program(program: str, cwd: object, environ: Mapping[str, str]) -> None:
    place = Path(program).expanduser()
    named = "/" in program or os.sep in program
    if named:
        place = Path(str(cwd or "")).absolute() / place
    path = environ.get("PATH") or os.environ.get("PATH")
    if shutil.which(str(place), path=path) is not None:
        return
    if named and place.is_file():
        raise FarmError(
            f"{program} may not be executed. Make it executable, or name the program that runs it."
        )
    where = "isn't there" if named else "was not found on PATH"
    raise FarmError(f'The program "{program}" {where}. Check how it is written, or give its whole path.')
