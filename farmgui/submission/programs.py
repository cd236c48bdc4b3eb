"""Programs of job types: where they are on this machine and which version they are."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from farmgui.domain.jobtypes import Program

VERSION_TIMEOUT = 15.0
"""Seconds; Blender's first start after a boot takes several."""


@dataclass(frozen=True, slots=True)
class Found:
    """A program on this machine. `how` tells where it was found: "chosen", "PATH" or "usual place"."""

    path: Path
    how: str


def find(program: Program, chosen: str | None = None) -> Found | None:
    """The program to use: the one that was chosen in the settings, else on PATH, else in the usual places.

    One that was chosen and is gone is not replaced by another behind the wrangler's back: None.
    """
    if chosen:
        path = Path(chosen).expanduser()
        return Found(path, "chosen") if _runs(path) else None
    for name in program.names:
        on_path = shutil.which(name)
        if on_path:
            return Found(Path(on_path).absolute(), "PATH")
    return next((Found(path, "usual place") for path in _in_usual_places(program)), None)


def missing_text(program: Program, chosen: str | None = None) -> str:
    """The sentence for a program that `find` didn't find: what is missing and how to choose it."""
    title = program.title or (program.names[0] if program.names else "The program")
    if chosen:
        return (
            f"{title} is set to {chosen}, and no program is there."
            " Choose another under Settings › Programs, or clear the setting to search for it."
        )
    return (
        f"{title} was not found on PATH or in its usual places."
        f" Install {title}, or choose its program under Settings › Programs."
    )


def version(program: Program, path: Path) -> str | None:
    """The version that the program at `path` tells, like "3.4.1"; None where it can't be told.

    Starts the program (up to 15 seconds the first time): never call it on the window's thread.
    """
    if not program.version_arguments:
        return None
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return None
    return _asked_version(program, path, changed)


@functools.lru_cache(maxsize=64)
def _asked_version(program: Program, path: Path, changed: int) -> str | None:  # noqa: ARG001 part of the key
    try:
        done = subprocess.run(
            [str(path), *program.version_arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=VERSION_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return program.version_in(done.stdout.decode(errors="replace")) or None


def _in_usual_places(program: Program) -> Iterator[Path]:
    """Programs in the usual places; among those of one pattern the highest number in the path first."""
    for place in program.places:
        pattern = Path(os.path.expandvars(place)).expanduser()
        if not pattern.is_absolute():
            # A drive or a variable of another platform.
            continue
        relative = pattern.relative_to(pattern.anchor)
        matches = sorted(Path(pattern.anchor).glob(str(relative)), key=_numbers, reverse=True)
        yield from (path for path in matches if _runs(path))


def _numbers(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(path))]


def _runs(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
