"""Marks done jobs for deletion once their time is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from farmgui.domain.states import JobState
from farmgui.models import Job
from farmgui.services.bulk import parts
from farmgui.services.database import Database


def mark_old_jobs(database: Database) -> int:
    """Mark jobs whose `autodelete_time` is over; only those that are done. Returns how many."""
    now = datetime.now(UTC)
    with database.reading() as session:
        rows = session.execute(
            select(Job.id, Job.time_finished, Job.autodelete_time).where(
                Job.state == JobState.DONE,
                Job.autodelete_time.is_not(None),
                Job.time_finished.is_not(None),
                ~Job.to_be_deleted,
            )
        )
        old = [
            job_id
            for job_id, finished, seconds in rows
            if finished is not None and seconds is not None and finished + timedelta(seconds=seconds) <= now
        ]
    for part in parts(old):
        with database.sessions.begin() as session:
            # One may have been rerun meanwhile.
            session.execute(
                update(Job).where(Job.id.in_(part), Job.state == JobState.DONE).values(to_be_deleted=True)
            )
    return len(old)
