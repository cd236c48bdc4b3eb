"""Removes what is no longer wanted: jobs marked for deletion, and those whose time after the end is over."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from farmgui.domain.states import JobState
from farmgui.models import IS_OPEN, Attempt, Job, Task
from farmgui.services.bulk import JOBS, TASKS
from farmgui.services.database import Database
from farmgui.submission import scene_copy

PART: Final = 5_000
"""Tasks removed in one transaction, so that nobody waits long for the lock."""


class Cleanup:
    """The lead's cleanup; to be run from time to time, and soon after a deletion."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self, seconds: float = math.inf) -> int:
        """Remove what is due; returns the number of jobs that are gone.

        After `seconds` no further job is begun: the rest is left to the next time.

        A job goes once nothing of it runs, with its tasks, attempts and logs, and the copy of its scene where
        no other job renders that. Rendered frames are never touched.
        """
        self._mark_old()
        with self._database.reading() as session:
            due = session.scalars(
                select(Job.id).where(Job.to_be_deleted, ~exists().where(IS_OPEN, Attempt.job_id == Job.id))
            ).all()
        end = time.monotonic() + seconds
        gone = 0
        for job_id in due:
            gone += self._remove(job_id)
            if time.monotonic() >= end:
                break
        return gone

    def _mark_old(self) -> None:
        """Mark jobs whose `autodelete_time` is over; only those that are done."""
        with self._database.reading() as session:
            old = _old(session, datetime.now(UTC))
        if old:
            with self._database.sessions.begin() as session:
                session.execute(
                    update(Job).where(Job.id.in_(old), Job.state == JobState.DONE).values(to_be_deleted=True)
                )

    def _remove(self, job_id: int) -> bool:
        """Remove one job, its tasks in parts; False where something of it runs after all."""
        logs: set[Path] = set()
        more = True
        while more:
            with self._database.sessions.begin(quiet=True) as session:
                if _is_at_work(session, job_id):
                    return False
                tasks = session.scalars(select(Task.id).where(Task.job_id == job_id).limit(PART)).all()
                logs |= _log_folders(session, tasks, job_id)
                session.execute(delete(TASKS).where(TASKS.c.id.in_(tasks)))
                more = len(tasks) == PART
        with self._database.sessions.begin() as session:
            scene = _own_scene_copy(session, job_id)
            session.execute(delete(JOBS).where(JOBS.c.id == job_id))
        if scene is not None:
            scene_copy.remove(scene)
        for folder in logs:
            shutil.rmtree(folder, ignore_errors=True)
        return True


def _old(session: Session, now: datetime) -> list[int]:
    """Done jobs that have outlived their `autodelete_time`."""
    rows = session.execute(
        select(Job.id, Job.time_finished, Job.autodelete_time).where(
            Job.state == JobState.DONE, Job.autodelete_time.is_not(None), ~Job.to_be_deleted
        )
    )
    return [
        job_id
        for job_id, finished, seconds in rows
        if finished is not None and seconds is not None and finished + timedelta(seconds=seconds) <= now
    ]


def _is_at_work(session: Session, job_id: int) -> bool:
    return session.scalar(select(Attempt.id).where(IS_OPEN, Attempt.job_id == job_id).limit(1)) is not None


def _log_folders(session: Session, tasks: Collection[int], job_id: int) -> set[Path]:
    """The folders that hold the logs of these tasks; only such as are the job's own."""
    logs = session.scalars(select(Attempt.log).where(Attempt.task_id.in_(tasks)))
    return {folder for folder in (Path(log).parent for log in logs) if folder.name == str(job_id)}


def _own_scene_copy(session: Session, job_id: int) -> Path | None:
    """The copy of its scene that the job came with; None where another job renders it too."""
    data = session.scalar(select(Job.data).where(Job.id == job_id)) or {}
    scene = data.get("scene")
    if not (data.get("scene_copy") and isinstance(scene, str)):
        return None
    others = select(Job.id).where(Job.id != job_id, Job.data["scene"].as_string() == scene).limit(1)
    return Path(scene) if session.scalar(others) is None else None
