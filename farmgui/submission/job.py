"""From a draft to a job: the data that its command needs, its spec, and which files are there already."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from farmgui.domain.errors import FarmError
from farmgui.domain.frames import frames_text, parse_frames
from farmgui.domain.resource_files import assemble_tiles_script
from farmgui.domain.specs import JobSpec
from farmgui.submission import blend_draft, pov_draft
from farmgui.submission.command_draft import split_words
from farmgui.submission.draft import Draft, Existing
from farmgui.submission.existing_files import frames_with_files

_COMPLETE: Final[Mapping[str, Callable[[Draft, dict[str, Any]], None]]] = {
    "blend": blend_draft.complete,
    "pov": pov_draft.complete,
}


def to_spec(draft: Draft, copy: Path | None = None, stamp: str | None = None) -> JobSpec:
    """The job to submit; with `copy` it renders that copy of the scene.

    `stamp` is the size and time (`scene_copy.stamp`) of a scene that isn't copied, by which a later change of
    it is seen. What is wrong with the draft is asked before, by `problems.check`.
    """
    more = dict(draft.more)
    data = job_data(draft) | more.pop("data", {})
    if "scene" in data:
        data["original_scene"] = data["scene"]
        data["scene_copy"] = copy is not None
        if copy is not None:
            data["scene"] = str(copy)
        elif stamp is not None:
            data["scene_stamp"] = stamp
    return JobSpec(
        title=draft.title.strip(),
        job_type=draft.job_type,
        frames=draft.frames.strip(),
        data=data,
        queue=draft.queue,
        priority=draft.priority,
        weight=draft.weight,
        batch=draft.batch,
        cpus=draft.cpus,
        ram=draft.ram,
        only_missing=draft.only_missing,
        **more,
    )


def job_data(draft: Draft) -> dict[str, Any]:
    """What the type's command needs, by the names of its placeholders."""
    data: dict[str, Any] = dict(draft.values)
    for parameter in draft.definition.parameters:
        if parameter.kind == "command":
            data[parameter.name] = _words(draft.value(parameter.name))
        elif parameter.kind in ("file", "output") and draft.value(parameter.name):
            base = draft.cwd or Path.cwd()
            data[parameter.name] = os.path.normpath(base / Path(draft.value(parameter.name)).expanduser())
    data["extension"] = draft.extension
    if draft.program is not None:
        data["program"] = str(draft.program)
    if draft.cwd is not None:
        data["cwd"] = str(draft.cwd)
    complete = _COMPLETE.get(draft.definition.reader)
    if complete:
        complete(draft, data)
    return data


def template_values(draft: Draft) -> dict[str, Any]:
    """The values that a command of the job would be filled with, but for the frames."""
    cpus = draft.definition.cpus if draft.cpus is None else draft.cpus
    ram = draft.definition.ram if draft.ram is None else draft.ram
    own = {"cpus": cpus if cpus > 0 else "", "ram": ram if ram > 0 else "", "title": draft.title, "by": 1}
    return {
        **job_data(draft),
        **own,
        "num_tiles": draft.more.get("num_tiles") or "",
        "python": sys.executable,
        "assemble_tiles": assemble_tiles_script(),
    }


def existing(draft: Draft) -> Existing:
    """How many frames have their files already; looks into folders: not for the window's thread."""
    try:
        frames = parse_frames(draft.frames)
        there = frames_with_files(draft.definition, template_values(draft), frames)
    except FarmError:
        return Existing(0, 0)
    return Existing(len(there), len(frames))


def make_output_folder(spec: JobSpec) -> None:
    """Make the folder that the frames go to: not every renderer does. Raises FarmError."""
    path = spec.data.get("output")
    if not path:
        return
    folder = Path(str(path)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise FarmError(f"The folder {folder} can't be made: {reason}. Choose another output.") from error


def missing_frames(draft: Draft) -> str:
    """The frames without files, as a range; "" where none is missing."""
    frames = parse_frames(draft.frames)
    there = frames_with_files(draft.definition, template_values(draft), frames)
    return frames_text(frame for frame in frames if frame not in there)


def _words(text: str) -> list[str]:
    try:
        return split_words(text)
    except ValueError:
        return [text]
