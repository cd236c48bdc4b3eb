"""Fills a draft for a movie from one picture of a sequence."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from farmgui.domain.frames import frames_text
from farmgui.submission.draft import Draft, Level
from farmgui.submission.output_place import writable
from farmgui.submission.scene_error import UnreadableScene

_NUMBERED: Final = re.compile(r"(?P<before>.*?)(?P<number>\d+)(?P<after>\D*)")


def fill(draft: Draft, path: Path) -> Draft:
    """The draft for the sequence that the picture at `path` belongs to; raises UnreadableScene."""
    if not path.is_file():
        raise UnreadableScene(f"There is no file {path}.")
    match = _NUMBERED.fullmatch(path.stem)
    if not match:
        raise UnreadableScene(f"{path.name} is no picture of a sequence: its name has no number.")
    before, after = match["before"], match["after"]
    found = _numbers_beside(path, before, after)
    # "0007" shows how wide the numbers are; "7" and "12" side by side are as wide as they need be.
    width = next((len(number) for number in found if number.startswith("0")), 1)
    numbers = sorted(int(number) for number in found if number == f"{int(number):0{width}d}")
    first, last = numbers[0], numbers[-1]
    name = f"{_escaped(before)}%0{width}d{_escaped(after)}{path.suffix}"
    title = before.rstrip("_-. ") or path.parent.name
    draft = replace(draft, path=path, title=title, frames="1", copy_scene=False).with_values(
        input=str(_escaped_folder(path.parent) / name), first=str(first)
    )
    draft = _gaps(draft, numbers)
    draft = draft.with_note("input", f"{len(numbers)} pictures, {first} to {last}; one task makes the movie.")
    if not writable(path.parent):
        note = "Nothing may be written beside the pictures: choose where the movie goes."
        return draft.with_note("output", note, Level.MISSING)
    return draft.with_values(output=str(path.parent / f"{title}.mp4"))


def _numbers_beside(path: Path, before: str, after: str) -> list[str]:
    """The numbers of the sequence's pictures, as they are written in the names."""
    form = re.compile(rf"{re.escape(before)}(\d+){re.escape(after)}{re.escape(path.suffix)}")
    return [match[1] for item in path.parent.iterdir() if (match := form.fullmatch(item.name))]


def _gaps(draft: Draft, numbers: list[int]) -> Draft:
    missing = sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers))
    if not missing:
        return draft
    text = frames_text(Decimal(number) for number in missing[:1000])
    return draft.with_note(
        "input", f"Pictures are missing, and the movie ends before them: {text}.", Level.WARNING
    )


def _escaped(text: str) -> str:
    """ffmpeg reads % as the start of a number."""
    return text.replace("%", "%%")


def _escaped_folder(folder: Path) -> Path:
    return Path(_escaped(str(folder)))
