"""The folder of logs: one folder a job, one file an attempt, and whose they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_OWNER: Final = ".farm"
_LOG: Final = re.compile(r"-(\d+)-(\d+)\.log(\.gz(\.new)?)?")
"""The end of a log's name: the number of the task, and of its attempt."""


def is_ours(folder: Path, database: Path) -> bool:
    """Whether the logs in `folder` are those of the farm in `database`.

    The folder is that of the first farm that asks. Another one may be opened with the same home, where its
    numbers of jobs are others' numbers: it must not touch logs by these. A database that is gone from its
    place was moved, or is no more: then the folder is that of who asks next.
    """
    mark = folder / _OWNER
    try:
        owner = mark.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        owner = ""
    except (OSError, ValueError):
        return False
    if owner == str(database):
        return True
    if owner and Path(owner).exists():
        return False
    try:
        mark.write_text(f"{database}\n", encoding="utf-8")
    except OSError:
        return False
    return True


def job_folders(folder: Path) -> Iterator[tuple[int, Path]]:
    """The folders of jobs, by their number."""
    try:
        entries = list(folder.iterdir())
    except OSError:
        return
    yield from ((int(path.name), path) for path in entries if _is_number(path.name) and path.is_dir())


def attempt_of(name: str) -> tuple[int, int] | None:
    """The task and the number of the attempt whose log has this name; None: it is no log."""
    found = _LOG.search(name)
    return None if found is None or found.end() != len(name) else (int(found[1]), int(found[2]))


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit() and name[0] != "0"
