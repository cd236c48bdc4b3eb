"""Reads a scene that is a text."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from farmgui.submission.scene_error import UnreadableScene

MAX_READ: Final = 8 << 20
"""Bytes; what a form wants to know stands at the start of a text."""


def read_scene_text(path: Path) -> str:
    """The text of the scene at `path`, at most its first 8 MB; raises UnreadableScene."""
    if path.is_dir():
        raise UnreadableScene(f"{path.name} is a folder, not a scene.")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_READ)
    except FileNotFoundError as error:
        raise UnreadableScene(f"There is no file {path}.") from error
    except OSError as error:
        raise UnreadableScene(f"{path.name} can't be opened: {error.strerror or error}.") from error
    if not data.strip():
        raise UnreadableScene(f"{path.name} is empty.")
    if b"\0" in data:
        raise UnreadableScene(f"{path.name} is no text file.")
    return data.decode("utf-8", "replace")
