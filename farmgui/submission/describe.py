"""What a draft will do, in words."""

from __future__ import annotations

import re

from farmgui.domain.errors import InvalidValue
from farmgui.domain.frames import parse_frames
from farmgui.domain.orders import BatchMode
from farmgui.submission.draft import Draft


def describe(draft: Draft, machine_cpus: int) -> str:
    """In words what will happen on a machine with so many cores: "one frame at a time, on all 16 cores"."""
    try:
        count = len(parse_frames(draft.frames))
    except InvalidValue:
        return ""
    cpus = draft.definition.cpus if draft.cpus is None else draft.cpus
    ram = draft.definition.ram if draft.ram is None else draft.ram
    batch = min(draft.batch, draft.definition.max_batch or draft.batch)
    tiles = draft.more.get("num_tiles")
    piece = "tile" if tiles else "frame"
    count *= tiles or 1
    words = [_at_once(count, piece, cpus, machine_cpus, whole=-1 in (cpus, ram), batch=batch)]
    if tiles:
        words.append(f"each frame in {tiles} tiles, put together when all are done")
    if batch > 1 and count > 1:
        chunks = f"chunks of {min(batch, count)} {piece}s"
        if draft.definition.mode is BatchMode.ONE_PROCESS:
            words.append(f"{chunks}: the scene is loaded once for each chunk")
        else:
            words.append(f"{chunks}: one after the other on the same machine")
    return "; ".join(words)


def age_warning(draft: Draft, program_version: str | None) -> str | None:
    """The sentence for a scene that was saved by a newer program than the one that will render it."""
    if not draft.scene_version or not program_version:
        return None
    saved, renders = _major_minor(draft.scene_version), _major_minor(program_version)
    if saved <= renders:
        return None
    title = draft.definition.title or draft.definition.name
    return (
        f"The scene was saved by {title} {draft.scene_version}, and {title} {program_version} will render it:"
        " choose a newer one under Settings › Programs, or look at a frame before you trust the rest."
    )


def _major_minor(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:2]]


def _at_once(count: int, piece: str, cpus: int, machine: int, *, whole: bool, batch: int) -> str:
    what = piece if batch == 1 or count == 1 else "chunk"
    if whole:
        cores = "its core" if machine == 1 else f"all {machine} cores"
        return f"one {what} at a time, on {cores}" if count > 1 else f"one {piece}, on {cores}"
    if cpus > machine:
        return f"it will wait: a {piece} needs {cpus} cores, and this machine has {machine}"
    if count == 1:
        return f"one {piece}, on {_cores(cpus) if cpus else 'no core of its own'}"
    if not cpus:
        return f"any number of {what}s at a time, no core is set aside for them"
    chunks = -(-count // batch)
    at_once = min(machine // cpus, chunks)
    return f"{'one' if at_once == 1 else f'up to {at_once}'} at a time, {_cores(cpus)} each"


def _cores(number: int) -> str:
    return "1 core" if number == 1 else f"{number} cores"
