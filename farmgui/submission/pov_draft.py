"""Fills a draft from a POV-Ray scene and the .ini file of the same name beside it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from farmgui.domain.output_names import split_number
from farmgui.submission.draft import Draft, Level
from farmgui.submission.output_place import beside, writable
from farmgui.submission.scene_text import read_scene_text

_COMMENTS: Final = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_ANIMATED: Final = re.compile(r"\b(?:clock|frame_number)\b")
_INI: Final = re.compile(
    r"^\s*(?P<name>Initial_Frame|Final_Frame|Width|Height)\s*=\s*(?P<value>\d+)", re.IGNORECASE | re.MULTILINE
)
DEFAULT_SIZE: Final = ("1920", "1080")


def fill(draft: Draft, path: Path) -> Draft:
    """The draft for the .pov at `path`; raises UnreadableScene."""
    text = _COMMENTS.sub(" ", read_scene_text(path))
    settings = _settings(path.with_suffix(".ini"))
    width, height = settings.get("width", ""), settings.get("height", "")
    draft = replace(draft, path=path).with_values(width=width, height=height)
    if not width or not height:
        draft = draft.with_values(width=DEFAULT_SIZE[0], height=DEFAULT_SIZE[1]).with_note(
            "width", f"A POV-Ray scene doesn't say its size: {' × '.join(DEFAULT_SIZE)} is taken."
        )
    draft = _frames(draft, settings, animated=bool(_ANIMATED.search(text)))
    if not writable(path.parent):
        note = "Nothing may be written beside the scene: choose an output."
        return draft.with_note("output", note, Level.MISSING)
    return draft.with_values(output=f"{beside(path)}.png")


def complete(draft: Draft, data: dict[str, Any]) -> None:
    """Add to a job's data how the output's name ends as POV-Ray wants it for an animation.

    POV-Ray writes the frame's number before the ending, as wide as the last frame's: the name that it is
    given ends in those zeros that our pattern has more.
    """
    output, last = str(data.get("output") or ""), draft.value("last_frame")
    data["animation_ending"] = ""
    if not (draft.value("first_frame") and last.isdecimal()):
        data["first_frame"] = data["last_frame"] = ""
        return
    _, number, ending = split_number(output)
    data["animation_ending"] = f"{'0' * (len(number) - len(last))}{ending}"


def problem(draft: Draft) -> tuple[str, str] | None:
    """The field and the sentence for what POV-Ray couldn't do."""
    for name in ("scene", "output"):
        if not draft.value(name).isascii() or '"' in draft.value(name):
            # It opens another path then: it drops what is no ASCII.
            return name, "POV-Ray takes no letters like é and no quotation marks in a path: choose another."
    last, output = draft.value("last_frame"), draft.value("output")
    if not last.isdecimal() or not draft.value("first_frame").isdecimal():
        return None
    if int(draft.value("first_frame")) >= int(last):
        return "last_frame", "The animation ends before it begins."
    pattern = re.search(r"(#+)[^#]*$", output)
    if pattern is None or len(pattern[1]) < len(last) or Path(output).stem[-1:] != "#":
        return "output", f"Write {'#' * max(4, len(last))} before the ending of the output."
    return None


def _frames(draft: Draft, settings: dict[str, str], *, animated: bool) -> Draft:
    first, last = settings.get("initial_frame", "1"), settings.get("final_frame", "")
    if last and int(last) > int(first):
        frames = f"{first}-{last}"
        draft = draft.with_values(first_frame=first, last_frame=last)
        return replace(draft, frames=frames).with_note(
            "frames", "Frames and clock are those of its .ini file."
        )
    if animated:
        return replace(draft, frames="").with_note(
            "frames",
            "The scene moves with the clock and doesn't say how many frames it has: write them in,"
            " and below at which frames the animation begins and ends.",
            Level.MISSING,
        )
    return replace(draft, frames="1")


def _settings(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    return {match["name"].lower(): match["value"] for match in _INI.finditer(text)}
