"""From a draft to a job: its data, what is wrong with it, what will happen, which files are there already."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from farmgui.domain.errors import FarmError, InvalidValue
from farmgui.domain.frames import frames_text, parse_frames
from farmgui.domain.jobtypes import BadCommand, BatchFrame, Parameter, batch_command, task_outputs
from farmgui.domain.orders import BatchMode
from farmgui.domain.specs import JobSpec
from farmgui.submission import blend_draft, pov_draft
from farmgui.submission.command_draft import split_words
from farmgui.submission.draft import Draft, Existing, Level, Note
from farmgui.submission.existing_files import frames_with_files
from farmgui.submission.output_place import writable
from farmgui.submission.programs import missing_text

_COMPLETE: Final[Mapping[str, Callable[[Draft, dict[str, Any]], None]]] = {
    "blend": blend_draft.complete,
    "pov": pov_draft.complete,
}


def to_spec(draft: Draft, copy: Path | None = None, stamp: str | None = None) -> JobSpec:
    """The job to submit; with `copy` it renders that copy of the scene.

    Raises FarmError, naming the first problem. `stamp` is the scene's size and time (`scene_copy.stamp`), kept so that a later change can be told.
    """
    for note in problems(draft):
        raise FarmError(note.text)
    data = job_data(draft)
    if "scene" in data:
        data["original_scene"] = data["scene"]
        data["scene_copy"] = copy is not None
        if copy is not None:
            data["scene"] = str(copy)
        if stamp is not None:
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
        **draft.more,
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
    return {**job_data(draft), **own, "python": sys.executable}


def problems(draft: Draft) -> tuple[Note, ...]:
    """What keeps the draft from being submitted, a sentence each, beside its field; quick enough for a key."""
    found = [*_general_problems(draft), *_parameter_problems(draft)]
    if draft.definition.reader == "pov":
        wrong = pov_draft.problem(draft)
        found += [Note(wrong[0], wrong[1], Level.WARNING)] if wrong else []
    return tuple(found or _command_problems(draft))


def describe(draft: Draft, machine_cpus: int) -> str:
    """In words what will happen on a machine with so many cores: "one frame at a time, on all 16 cores"."""
    try:
        count = len(parse_frames(draft.frames))
    except InvalidValue:
        return ""
    cpus = draft.definition.cpus if draft.cpus is None else draft.cpus
    ram = draft.definition.ram if draft.ram is None else draft.ram
    batch = min(draft.batch, draft.definition.max_batch or draft.batch)
    words = [_at_once(count, cpus, machine_cpus, whole=-1 in (cpus, ram), batch=batch)]
    if batch > 1 and count > 1:
        chunks = f"chunks of {min(batch, count)} frames"
        if draft.definition.mode is BatchMode.ONE_PROCESS:
            words.append(f"{chunks}: the scene is loaded once for each chunk")
        else:
            words.append(f"{chunks}: one after the other on the same machine")
    return "; ".join(words)


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
    for name in ("output", "movie"):
        path = spec.data.get(name)
        if not path:
            continue
        folder = Path(str(path)).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or error
            raise FarmError(f"The folder {folder} can't be made: {reason}. Choose another output.") from error


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
    if draft.definition.reader == "blend" and min(frames) < 0:
        # Its -f takes a minus as "counted from the end".
        return ["Blender's command line knows no frames below 0."]
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
    if not value:
        return f"{parameter.label} is missing." if parameter.required else None
    if parameter.kind == "number" and not value.removeprefix("-").isdecimal():
        return f"{parameter.label} is a whole number, not {value}."
    if parameter.kind == "command":
        try:
            split_words(value)
        except ValueError:
            return f"{parameter.label}: a quotation mark is open."
    if parameter.kind == "output" or parameter.name == "movie":
        folder = Path(job_data(draft)[parameter.name]).parent
        if not writable(folder):
            return f"Nothing may be written into {folder}: choose another output."
    return None


def _command_problems(draft: Draft) -> list[Note]:
    """Problems that show when the command for the first frame is made."""
    values = template_values(draft)
    frame = BatchFrame(parse_frames(draft.frames)[0])
    try:
        command = batch_command(draft.definition, values, [frame])
        task_outputs(draft.definition, values, frame)
    except BadCommand as error:
        return [Note("command", str(error), Level.WARNING)]
    if draft.definition.program is None and not _exists(command[0], draft.cwd):
        text = f'There is no program "{command[0]}": it is neither on PATH nor a file that may be run.'
        return [Note("command", text, Level.WARNING)]
    return []


def _exists(word: str, cwd: Path | None) -> bool:
    if Path(word).name != word:
        path = (cwd or Path.cwd()) / word
        return path.is_file() and os.access(path, os.X_OK)
    return shutil.which(word) is not None


def _words(text: str) -> list[str]:
    try:
        return split_words(text)
    except ValueError:
        return [text]


def _at_once(count: int, cpus: int, machine: int, *, whole: bool, batch: int) -> str:
    what = "frame" if batch == 1 or count == 1 else "chunk"
    if whole:
        cores = "its core" if machine == 1 else f"all {machine} cores"
        return f"one {what} at a time, on {cores}" if count > 1 else f"one frame, on {cores}"
    if cpus > machine:
        return f"it will wait: a frame needs {cpus} cores, and this machine has {machine}"
    if count == 1:
        return "one frame, on no core of its own" if not cpus else f"one frame, on {_cores(cpus)}"
    if not cpus:
        return f"any number of {what}s at a time, no core is set aside for them"
    chunks = -(-count // batch)
    at_once = min(machine // cpus, chunks)
    return f"{'one' if at_once == 1 else f'up to {at_once}'} at a time, {_cores(cpus)} each"


def _cores(number: int) -> str:
    return "1 core" if number == 1 else f"{number} cores"


def missing_frames(draft: Draft) -> str:
    """The frames without files, as a range; "" where none is missing."""
    frames = parse_frames(draft.frames)
    there = frames_with_files(draft.definition, template_values(draft), frames)
    return frames_text(frame for frame in frames if frame not in there)
