"""Fills a draft from a Python script and the block of comments in which it says its frames.

The block stands between the lines `# /// farmgui` and `# ///`, each of its lines begins with `#`, and it is
TOML: title, frames, output (relative to the script's folder, with ####), arguments, cpus and ram.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from farmgui.submission.draft import Draft, Level
from farmgui.submission.output_place import writable
from farmgui.submission.scene_error import UnreadableScene
from farmgui.submission.scene_text import read_scene_text

_BLOCK: Final = re.compile(
    r"^# /// farmgui[ \t]*\r?\n(?P<lines>(?:#(?:|[ \t][^\n]*)\r?\n)+?)# ///[ \t]*$", re.M
)
_KINDS: Final[Mapping[str, type]] = {
    "title": str,
    "frames": str,
    "output": str,
    "arguments": list,
    "cpus": int,
    "ram": int,
}
_ARGUMENTS: Final = ["{frame}", "{output_file}"]


def fill(draft: Draft, path: Path) -> Draft:
    """The draft for the script at `path`; raises UnreadableScene, also for a block that can't be read."""
    said = _said(read_scene_text(path), path.name)
    draft = replace(draft, path=path)
    if said is None:
        return replace(draft, frames="1").with_note(
            "frames", "The script doesn't say its frames: it runs once, without arguments.", Level.MISSING
        )
    arguments = said.get("arguments", _ARGUMENTS if "output" in said else _ARGUMENTS[:1])
    draft = replace(
        draft,
        title=said.get("title", draft.title),
        frames=said.get("frames", "1"),
        cpus=said.get("cpus"),
        ram=said.get("ram"),
    ).with_values(arguments=shlex.join(str(argument) for argument in arguments))
    if "output" not in said:
        return draft
    output = path.parent / Path(said["output"]).expanduser()
    if not writable(output.parent):
        note = f"Nothing may be written into {output.parent}: choose an output."
        return draft.with_note("output", note, Level.MISSING)
    return draft.with_values(output=str(output))


def _said(text: str, name: str) -> dict[str, Any] | None:
    match = _BLOCK.search(text)
    if not match:
        return None
    lines = [line[2:] if line.startswith("# ") else line[1:] for line in match["lines"].splitlines()]
    try:
        said = tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError as error:
        raise UnreadableScene(f"The farmgui block of {name} can't be read: {error}.") from error
    for key, value in said.items():
        kind = _KINDS.get(key)
        if kind is None:
            known = ", ".join(_KINDS)
            raise UnreadableScene(f'The farmgui block of {name} has no word for "{key}"; it knows {known}.')
        if not isinstance(value, kind) or isinstance(value, bool):
            raise UnreadableScene(f'The farmgui block of {name}: "{key}" is no {kind.__name__}.')
    return said
