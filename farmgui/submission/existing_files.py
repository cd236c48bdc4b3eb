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
    if _in_empty_folder(folders, definition, values, frames):
        return there
    for frame in frames:
        outputs = task_outputs(definition, values, BatchFrame(frame))
        if outputs and all(_has(folders, output) for output in outputs):
            there.add(frame)
        if not outputs:
            break
    return there


def _in_empty_folder(
    folders: dict[str, set[str]],
    definition: JobTypeDefinition,
    values: Mapping[str, Any],
    frames: Sequence[Decimal],
) -> bool:
    """Whether all files would lie in one folder that holds none; spares making a million names."""
    ends = [task_outputs(definition, values, BatchFrame(frame)) for frame in (frames[0], frames[-1])]
    places = {os.path.split(output)[0] for outputs in ends for output in outputs}
    return len(places) == 1 and not _filled_files_once(folders, places.pop())


def _has(folders: dict[str, set[str]], output: str) -> bool:
    folder, name = os.path.split(output)
    return name in _filled_files_once(folders, folder)


def _filled_files_once(folders: dict[str, set[str]], folder: str) -> set[str]:
    if folder not in folders:
        folders[folder] = _filled_files(Path(folder))
    return folders[folder]


def _filled_files(folder: Path) -> set[str]:
    """The names of the files in `folder` that are not empty; Blender leaves empty ones as placeholders."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if entry.is_file() and entry.stat().st_size}
    except OSError:
        return set()
