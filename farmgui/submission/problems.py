"""What keeps a draft from being submitted, a sentence each beside its field."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from farmgui.domain.errors import FarmError, InvalidValue
from farmgui.domain.frames import parse_frames
from farmgui.domain.jobtypes import BadCommand, BatchFrame, Parameter, batch_command, task_outputs
from farmgui.submission import pov_draft
from farmgui.submission.command_draft import split_words
from farmgui.submission.draft import Draft, Level, Note
from farmgui.submission.job import job_data, template_values
from farmgui.submission.output_place import writable
from farmgui.submission.programs import missing_text
from farmgui.submission.tiling import tiling_problem


def check(draft: Draft) -> None:
    """Raise FarmError, with the first problem's sentence, for a draft that can't be submitted."""
    for note in problems(draft):
        raise FarmError(note.text)


def problems(draft: Draft) -> tuple[Note, ...]:
    """What keeps the draft from being submitted, a sentence each; quick enough to ask with every key."""
    found = [*_general_problems(draft), *_parameter_problems(draft)]
    if draft.definition.reader == "pov":
        wrong = pov_draft.problem(draft)
        found += [Note(wrong[0], wrong[1], Level.WARNING)] if wrong else []
    return tuple(found or _tile_problems(draft) or _command_problems(draft))


def _general_problems(draft: Draft) -> list[Note]:
    found: list[Note] = []
    if not draft.title.strip():
        found.append(Note("title", "The job needs a title.", Level.WARNING))
    try:
        frames = parse_frames(draft.frames)
    except InvalidValue as error:
        found.append(Note("frames", str(error), Level.WARNING))
    else:
        found += [Note("frames", text, Level.WARNING) for text in _frame_problems(draft, frames)]
    program = draft.definition.program
    if program is not None and draft.program is None:
        missing = [note for note in draft.notes if note.field == "program"]
        found += missing or [Note("program", missing_text(program), Level.WARNING)]
    return found


def _frame_problems(draft: Draft, frames: Sequence[Decimal]) -> list[str]:
    title = draft.definition.title or draft.definition.name
    if draft.definition.whole_frames and any(frame != frame.to_integral_value() for frame in frames):
        return [f"{title} renders whole frames only."]
    lowest = draft.definition.lowest_frame
    if lowest is not None and min(frames) < lowest:
        return [f"{title} knows no frames below {lowest}."]
    output = draft.value("output")
    if len(frames) > 1 and output and draft.definition.reader != "blend" and "#" not in output:
        return ["All frames would write the same file: write #### in the output where their number belongs."]
    return []


def _parameter_problems(draft: Draft) -> list[Note]:
    found: list[Note] = []
    for parameter in draft.definition.parameters:
        text = _parameter_problem(draft, parameter)
        if text:
            found.append(Note(parameter.name, text, Level.WARNING))
    return found


def _parameter_problem(draft: Draft, parameter: Parameter) -> str | None:
    value = draft.value(parameter.name).strip()
    offered = [offer.name for offer in draft.scenes]
    if parameter.name == "scene_name" and value and offered and value not in offered:
        # Blender would render another one and say nothing.
        return f'There is no scene "{value}" in the file.'
    if not value:
        return f"{parameter.label} is missing." if parameter.required else None
    if parameter.kind == "number" and not value.removeprefix("-").isdecimal():
        return f"{parameter.label} is a whole number, not {value}."
    if parameter.kind == "command":
        try:
            split_words(value)
        except ValueError:
            return f"{parameter.label}: a quotation mark is open."
    if parameter.kind == "output":
        folder = Path(job_data(draft)[parameter.name]).parent
        if not writable(folder):
            return f"Nothing may be written into {folder}: choose another output."
    return None


def _tile_problems(draft: Draft) -> list[Note]:
    tiles = draft.more.get("num_tiles")
    text = tiling_problem(draft.definition, template_values(draft), tiles) if tiles else None
    return [Note("num_tiles", text, Level.WARNING)] if text else []


def _command_problems(draft: Draft) -> list[Note]:
    """Problems that show when the command for the first frame is made."""
    values = template_values(draft)
    frame = BatchFrame(parse_frames(draft.frames)[0])
    try:
        command = batch_command(draft.definition, values, [frame])
        task_outputs(draft.definition, values, frame)
    except BadCommand as error:
        return [Note("command", str(error), Level.WARNING)]
    if draft.definition.program is None and not _exists(command[0], draft):
        text = f'There is no program "{command[0]}": it is neither on PATH nor a file that may be run.'
        return [Note("command", text, Level.WARNING)]
    return []


def _exists(word: str, draft: Draft) -> bool:
    if Path(word).name != word:
        path = (draft.cwd or Path.cwd()) / word
        return path.is_file() and os.access(path, os.X_OK)
    environ = draft.more.get("environ") or {}
    return shutil.which(word, path=environ.get("PATH")) is not None
