"""The names of copies of scenes, which are rendered in place of scenes that may change."""

from __future__ import annotations

import re
from typing import Final

_COPY: Final = re.compile(r"\.(.*)\.farmgui-[0-9a-f]{8}(\.[^.]*)?", re.DOTALL)


def copy_name(stem: str, suffix: str, token: str) -> str:
    """`.shot.farmgui-1a2b3c4d.blend` for shot, .blend and 1a2b3c4d: hidden where names with a dot are."""
    return f".{stem}.farmgui-{token}{suffix}"


def original_name(name: str) -> str | None:
    """The name of the scene whose copy is called `name`; None where that is no name of a copy."""
    found = _COPY.fullmatch(name)
    return None if found is None else f"{found[1]}{found[2] or ''}"
