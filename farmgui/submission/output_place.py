"""Where the frames of a scene go: its own output where that is a good place, else a folder beside it."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path


def beside(scene: Path, name: str | None = None) -> str:
    """The output for a scene without a good one: `shot_frames/shot_####` in the scene's folder.

    `name` is that of one scene among several in the file, whose frames must not fall on those of the others.
    """
    stem = re.sub(r'[\\/:*?"<>|#\x00-\x1f]', "_", name) if name else scene.stem
    return str(scene.parent / f"{scene.stem}_frames" / f"{stem}_####")


def objection(folder: Path, scene: Path) -> str | None:
    """Why frames of `scene` shouldn't go into `folder`, as the end of a sentence; None where they may."""
    if is_temporary(folder, scene.parent):
        return "which is the temporary folder"
    if not writable(folder):
        return "where nothing may be written" if _nearest(folder) else "which isn't on this machine"
    return None


def is_temporary(folder: Path, scene_folder: Path) -> bool:
    """Whether `folder` may be emptied at any time.

    A scene that lies in a temporary folder itself may write into folders below its own.
    """
    folder = Path(os.path.normpath(folder))
    for temporary in _temporary_folders():
        if folder == temporary:
            return True
        if folder.is_relative_to(temporary):
            own = Path(os.path.normpath(scene_folder))
            return own == temporary or not folder.is_relative_to(own)
    return False


def writable(folder: Path) -> bool:
    """Whether files can be written into `folder`, or it can be made."""
    nearest = _nearest(folder)
    return nearest is not None and nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


def _nearest(folder: Path) -> Path | None:
    """The folder itself, or the nearest one above it that exists."""
    for place in (folder, *folder.parents):
        try:
            if place.exists():
                return place
        except OSError:
            # A part of the path is no folder, may not be entered or is too long.
            continue
    return None


def _temporary_folders() -> Iterator[Path]:
    places = [tempfile.gettempdir(), os.environ.get("TEMP"), os.environ.get("TMPDIR")]
    if os.name == "posix":
        places += ["/tmp", "/var/tmp"]  # noqa: S108 these are looked for, not written to
    for place in dict.fromkeys(filter(None, places)):
        path = Path(os.path.normpath(place))
        yield path
        resolved = path.resolve()
        if resolved != path:
            yield resolved
