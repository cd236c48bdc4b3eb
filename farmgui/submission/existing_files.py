"""Which frames of a job have their files already."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from farmgui.domain.jobtypes import BatchFrame, JobTypeDefinition, task_outputs


def frames_with_files(
    definition: JobTypeDefinition, values: Mapping[str, Any], frames: Sequence[Decimal]
) -> set[Decimal]:
    """Those of `frames` whose files are all there and not empty; none for a type that names no files.

    `values` are the job's data and resources. Each folder is read once. Raises BadCommand.
    """
    folders: dict[str, set[str]] = {}
    there: set[Decimal] = set()
    for frame in frames:
        outputs = task_outputs(definition, values, BatchFrame(frame))
        if outputs and all(_has(folders, output) for output in outputs):
            there.add(frame)
        if not outputs:
            break
    return there


def _has(folders: dict[str, set[str]], output: str) -> bool:
    folder, name = os.path.split(output)
    if folder not in folders:
        folders[folder] = _filled_files(Path(folder))
    return name in folders[folder]


def _filled_files(folder: Path) -> set[str]:
    """The names of the files in `folder` that are not empty; Blender leaves empty ones as placeholders."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if entry.is_file() and entry.stat().st_size}
    except OSError:
        return set()
