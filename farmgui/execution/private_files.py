"""Files that only their owner may read, from the first byte on, and that are always whole."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_new(path: Path, data: bytes) -> None:
    """Make a file of mode 0600. Raises FileExistsError, and leaves what is there; OSError."""
    beside = _write_beside(path, data)
    try:
        beside.rename(path) if os.name == "nt" else path.hardlink_to(beside)
    finally:
        beside.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Put a file of mode 0600 in the place of what is there. Raises OSError."""
    _write_beside(path, data).replace(path)


def _write_beside(path: Path, data: bytes) -> Path:
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return beside
