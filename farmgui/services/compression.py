"""Compresses logs that nobody has written to for days; `logs` reads them as before."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy import select

from farmgui.models import IS_OPEN, Attempt
from farmgui.services import log_blocks
from farmgui.services.database import Database
from farmgui.services.log_folders import attempt_of, is_ours, job_folders
from farmgui.services.logs import compressed

LEAST: Final = 4096
"""Bytes; a smaller file takes as much of the disk when it is compressed."""
_DAY: Final = 86_400.0


def compress_logs(
    database: Database, folder: Path, days: int, goes_on: Callable[[], bool] = lambda: True
) -> int:
    """Compress logs that are older than `days` and of attempts that have ended; returns how many.

    0 days: none. Who reads one meanwhile reads on. `goes_on` is asked before each.
    """
    if not days or not is_ours(folder, database.path):
        return 0
    before = time.time() - days * _DAY
    done = 0
    for _job, job_folder in job_folders(folder):
        old = _old_logs(job_folder, before)
        if not old:
            continue
        # Asked after the files were listed: an attempt that begins now has a log of its own.
        in_use = _open_logs(database)
        for path in old:
            if not goes_on():
                return done
            if str(path) not in in_use:
                done += _compress(path)
    return done


def _old_logs(folder: Path, before: float) -> list[Path]:
    found: list[Path] = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.endswith(".log") or attempt_of(entry.name) is None:
                continue
            status = entry.stat(follow_symlinks=False)
            if status.st_mtime < before and status.st_size >= LEAST:
                found.append(Path(entry.path))
    return found


def _open_logs(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.scalars(select(Attempt.log).where(IS_OPEN)))


def _compress(path: Path) -> bool:
    """False where it can't be compressed now: the disk is full, the job goes, a program holds it open."""
    target = compressed(path)
    new = target.with_name(f"{target.name}.new")
    try:
        with path.open("rb") as source, new.open("wb") as made:
            before = os.fstat(source.fileno())
            log_blocks.compress(source, made)
            made.flush()
            os.fsync(made.fileno())
            after = os.fstat(source.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            new.unlink()
            return False
        os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
        new.replace(target)
        path.unlink()
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()
        return False
    return True
