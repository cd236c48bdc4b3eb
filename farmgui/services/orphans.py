"""Removes logs that belong to nothing: of jobs that are gone, and of frames that were taken out of a job."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import select

from farmgui.models import Attempt, Job
from farmgui.services.bulk import parts
from farmgui.services.database import Database
from farmgui.services.log_folders import attempt_of, is_ours, job_folders

PAUSE = 0.005
"""Seconds between two folders, so that others come to read and write meanwhile."""


def remove_orphaned_logs(database: Database, folder: Path, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Remove the folders of jobs and the logs of attempts that aren't stored; returns how many.

    They are found by the folder. It is listed first and the database asked afterwards: an attempt is stored
    before its log is begun, so that a log that is listed and not stored is nobody's.
    """
    if not folder.is_dir() or not is_ours(folder, database.path):
        return 0
    folders = dict(job_folders(folder))
    stored = _stored_jobs(database, list(folders))
    gone = 0
    for job_id, path in folders.items():
        if not goes_on():
            break
        if job_id in stored:
            gone += _remove_of_attempts(database, path)
        else:
            shutil.rmtree(path, ignore_errors=True)
            gone += 1
        time.sleep(PAUSE)
    return gone


def _stored_jobs(database: Database, ids: Sequence[int]) -> set[int]:
    with database.reading() as session:
        return {
            job_id
            for part in parts(ids)
            for job_id in session.scalars(select(Job.id).where(Job.id.in_(part)))
        }


def _remove_of_attempts(database: Database, folder: Path) -> int:
    try:
        names = os.listdir(folder)  # noqa: PTH208  a folder may hold 100,000 names
    except OSError:
        return 0
    logs = {name: attempt for name in names if (attempt := attempt_of(name)) is not None}
    stored = _stored_attempts(database, sorted({task for task, _ in logs.values()}))
    orphans = [name for name, attempt in logs.items() if attempt not in stored]
    for name in orphans:
        with contextlib.suppress(OSError):
            (folder / name).unlink()
    return len(orphans)


def _stored_attempts(database: Database, tasks: Sequence[int]) -> set[tuple[int, int]]:
    with database.reading() as session:
        return {
            (row.task_id, row.number)
            for part in parts(tasks)
            for row in session.execute(
                select(Attempt.task_id, Attempt.number).where(Attempt.task_id.in_(part))
            )
        }
