"""A copy of a scene beside the original, so that a job renders it as it was when it was submitted.

Beside it, because what a scene refers to is often named relative to its folder.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from farmgui.domain.copy_names import copy_name, original_name
from farmgui.domain.errors import FarmError
from farmgui.domain.stamps import file_stamp
from farmgui.submission.scene_error import UnreadableScene

Progress = Callable[[int, int], None]
"""Called with the bytes that are copied and those that there are in all, on the thread that copies."""

_PIECE: Final = 4 << 20
_SWITCH_OFF: Final = 'Switch off "Render the scene as it is now", or make room.'


class Cancelled(FarmError):
    """The wrangler called the copy off."""


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy and the stamp of the original that it was made of."""

    path: Path
    stamp: str


def stamp(path: Path) -> str:
    """The size and time of a scene, which differ after it was changed. Raises UnreadableScene."""
    try:
        status = path.stat()
    except OSError as error:
        raise UnreadableScene(f"{path.name} can't be read: {error.strerror or error}.") from error
    return file_stamp(status.st_size, status.st_mtime_ns)


def copy_path(scene: Path) -> Path:
    """A new name for a copy of `scene`, beside it."""
    return scene.with_name(copy_name(scene.stem, scene.suffix, secrets.token_hex(4)))


def is_copy(path: Path) -> bool:
    """Whether a file has the name of a copy; any other is somebody's own."""
    return original_name(path.name) is not None


def copy(scene: Path, progress: Progress | None = None, cancel: Callable[[], bool] | None = None) -> Copied:
    """Copy `scene` beside itself.

    Raises FarmError, and Cancelled when `cancel` said so; no partial file is left.
    """
    before = stamp(scene)
    target = copy_path(scene)
    try:
        with _opened(scene) as source, _created(target, scene) as made:
            try:
                _copy_pieces(source, made, progress, cancel)
                made.flush()
            except OSError as error:
                raise _failed(scene, error) from error
        if stamp(scene) != before:
            raise FarmError(f"{scene.name} was changed while it was copied. Submit it once more.")
    except BaseException:
        remove(target)
        raise
    return Copied(target, before)


def remove(path: Path) -> None:
    """Remove a copy; one that is gone already is no matter."""
    with contextlib.suppress(OSError):
        path.unlink()


def _opened(scene: Path) -> IO[bytes]:
    try:
        return scene.open("rb")
    except OSError as error:
        raise UnreadableScene(f"{scene.name} can't be read: {error.strerror or error}.") from error


def _created(target: Path, scene: Path) -> IO[bytes]:
    try:
        return target.open("xb")
    except OSError as error:
        raise _failed(scene, error) from error


def _copy_pieces(
    source: IO[bytes],
    made: IO[bytes],
    progress: Progress | None,
    cancel: Callable[[], bool] | None,
) -> None:
    done, total = 0, os.fstat(source.fileno()).st_size
    while piece := source.read(_PIECE):
        if cancel is not None and cancel():
            raise Cancelled("The submission was called off.")
        made.write(piece)
        done += len(piece)
        if progress is not None:
            progress(done, total)


def _failed(scene: Path, error: OSError) -> FarmError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return FarmError(f"There is no room for a copy of {scene.name} in {scene.parent}. {_SWITCH_OFF}")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return FarmError(
            f"{scene.name} can't be copied: nothing may be written into {scene.parent}."
            ' Switch off "Render the scene as it is now".'
        )
    return FarmError(f"{scene.name} can't be copied: {error.strerror or error}. {_SWITCH_OFF}")
