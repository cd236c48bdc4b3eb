"""From a dropped file to a draft: which job type takes it, and what it says about itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from farmgui.domain.jobtypes import JobTypeDefinition
from farmgui.submission import blend_draft, command_draft, picture_draft, pov_draft, programs, python_draft
from farmgui.submission.draft import Draft, Level
from farmgui.submission.jobtype_files import by_name
from farmgui.submission.output_place import beside
from farmgui.submission.scene_error import UnreadableScene

_FILL: Final[Mapping[str, Callable[[Draft, Path], Draft]]] = {
    "blend": blend_draft.fill,
    "pov": pov_draft.fill,
    "python": python_draft.fill,
    "pictures": picture_draft.fill,
    "shell": command_draft.fill,
}


def refusal(path: Path, definitions: Sequence[JobTypeDefinition]) -> str | None:
    """Why the file can't be submitted, None where it may be; quick: it only looks at its name and kind."""
    if path.is_dir():
        return f"{path.name} is a folder. Drop the scene that is in it."
    if not path.exists():
        return f"There is no file {path}."
    if not _takers(path, definitions):
        endings = sorted({ending for item in definitions for ending in item.files})
        return f"{path.name} is no scene that is known here ({', '.join(endings)})."
    if not path.stat().st_size:
        return f"{path.name} is empty."
    if not os.access(path, os.R_OK):
        return f"{path.name} may not be read by you."
    return None


def draft_for(
    path: Path,
    definitions: Sequence[JobTypeDefinition],
    chosen: Mapping[str, str] | None = None,
    job_type: str | None = None,
) -> Draft:
    """The draft for a file, filled in as far as it says.

    `chosen` holds programs by the name of their job type. Reads the file: not for the window's thread. Raises
    UnreadableScene, or NotFound for an unknown `job_type`.
    """
    path = path.expanduser().absolute()
    if job_type is None:
        refused = refusal(path, definitions)
        if refused:
            raise UnreadableScene(refused)
        definition = _takers(path, definitions)[0]
    else:
        definition = by_name(definitions, job_type)
        if not path.exists():
            raise UnreadableScene(f"There is no file {path}.")
    draft = with_program(empty_draft(definition), (chosen or {}).get(definition.name))
    draft = replace(draft, path=path, title=path.stem, cwd=path.parent)
    if any(parameter.name == "scene" for parameter in definition.parameters):
        draft = draft.with_values(scene=str(path))
    return _FILL.get(definition.reader, _fill_by_name)(draft, path)


def empty_draft(definition: JobTypeDefinition) -> Draft:
    """A draft with nothing but the defaults of its type."""
    values = {parameter.name: parameter.default for parameter in definition.parameters}
    return Draft(definition, values=values, copy_scene=definition.scene_copy)


def with_program(draft: Draft, chosen: str | None = None) -> Draft:
    """The draft with the program that its type will use on this machine, or a note that there is none."""
    program = draft.definition.program
    draft = draft.without_notes("program")
    if program is None:
        return replace(draft, program=None)
    found = programs.find(program, chosen)
    if found is None:
        text = programs.missing_text(program, chosen)
        return replace(draft, program=None).with_note("program", text, Level.WARNING)
    return replace(draft, program=found.path)


def choose_scene(draft: Draft, name: str) -> Draft:
    """The draft with the values of another scene of its file; raises NotFound."""
    return blend_draft.choose_scene(draft, name)


def _takers(path: Path, definitions: Sequence[JobTypeDefinition]) -> list[JobTypeDefinition]:
    return [item for item in definitions if path.suffix.lower() in item.files]


def _fill_by_name(draft: Draft, path: Path) -> Draft:
    """For a type without a reader: only its name is known."""
    if not path.is_file():
        raise UnreadableScene(f"{path.name} is no file.")
    kinds = {parameter.name: parameter.kind for parameter in draft.definition.parameters}
    if kinds.get("output") == "output":
        draft = draft.with_values(output=beside(path))
    return replace(draft, frames="").with_note(
        "frames", "This kind of scene can't be read for its frames: write them in.", Level.MISSING
    )
