"""Where the data files that come with the program lie."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parents[1]


@cache
def resources() -> Path:
    """The folder of job types, scripts and icons: in the installed package, or beside it in a checkout."""
    installed = _PACKAGE / "resources"
    return installed if installed.is_dir() else _PACKAGE.parent / "resources"


@cache
def assemble_tiles_script() -> str:
    """The script that puts the tiles of a picture together."""
    return str(resources() / "scripts" / "assemble_tiles.py")
