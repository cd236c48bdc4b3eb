"""The outbox: what people are to be told of a job is stored in the transaction in which the job ends.

So no notice is lost. `sending` takes mail and webhooks from here, windows what is for their person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Row, bindparam, delete, exists, insert, select, update
from sqlalchemy.orm import Session

from farmgui.domain import notices as words
from farmgui.domain.notices import DesktopNotice, Facts, FailedFrame, GivenUp, Message
from farmgui.domain.requirements import Channel, Outcome
from farmgui.domain.states import TaskState
from farmgui.models import (
    Event,
    FarmRow,
    Job,
    JobNotifiedUser,
    JobQueue,
    JobType,
    JobTypeVersion,
    Notice,
    Task,
    User,
)
from farmgui.models.base import now
from farmgui.services.database import Database

_FLAG: Final = {
    Outcome.SUCCESS: JobNotifiedUser.on_success,
    Outcome.FAILURE: JobNotifiedUser.on_failure,
    Outcome.DELETION: JobNotifiedUser.on_deletion,
}
_OF_JOBTYPE: Final = {
    "success_subject": "success_subject",
    "success_body": "success_body",
    "fail_subject": "failure_subject",
    "fail_body": "failure_body",
}
"""A job type's columns, and the templates that they replace."""
_TOLD: Final[tuple[Any, ...]] = (
    Job.id,
    Job.title,
    Job.state,
    Job.frames,
    Job.output_link,
    Job.time_started,
    Job.time_finished,
    Job.num_queued,
    Job.num_assigned,
    Job.num_running,
    Job.num_done,
    Job.num_failed,
    User.name.label("user"),
    JobQueue.fullpath.label("queue"),
    JobType.name.label("job_type"),
    *(getattr(JobType, name) for name in _OF_JOBTYPE),
)
_JOB: Final = (
    select(*_TOLD)
    .join(JobTypeVersion, JobTypeVersion.id == Job.jobtype_version_id)
    .join(JobType, JobType.id == JobTypeVersion.jobtype_id)
    .outerjoin(User, User.id == Job.user_id)
    .outerjoin(JobQueue, JobQueue.id == Job.job_queue_id)
    .where(Job.id == bindparam("job_id"))
)


_NEW: Final = insert(Notice)
_WANTED: Final = select(
    FarmRow.notification, exists().where(JobNotifiedUser.job_id == bindparam("job_id"))
).where(FarmRow.id == 1)
"""Made once: most jobs end without anybody who wants to know, and a thousand may end in a second."""
DESKTOP_KEPT: Final = timedelta(days=14)
"""A person who opens no window for so long is told nothing of what was then."""
CLOSED_KEPT: Final = timedelta(days=7)
"""How long a notice that was sent or given up is kept, to be looked into."""
GIVEN_UP: Final = "notice given up"
"""The kind of event that tells of a notice that nobody got."""


class Notices:
    """What a window shows to the person who sits there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take_desktop(self, user: str, limit: int = 20) -> list[DesktopNotice]:
        """What `user` wasn't shown yet, oldest first; tell `shown` afterwards."""
        with self._database.reading() as session:
            rows = session.execute(
                select(Notice.id, Notice.job_id, Notice.outcome, Notice.subject, Notice.body)
                .where(
                    Notice.time_closed.is_(None),
                    Notice.channel == Channel.DESKTOP,
                    Notice.recipient == user,
                )
                .order_by(Notice.id)
                .limit(limit)
            )
            return [
                DesktopNotice(row.id, row.job_id, row.outcome, Message(row.subject, row.body)) for row in rows
            ]

    def shown(self, notice_ids: Collection[int]) -> None:
        """The person has seen these."""
        with self._database.sessions.begin(quiet=True) as session:
            close(session, notice_ids)

    def given_up(self, after: int | None) -> list[GivenUp]:
        """What nobody could be told, beyond the event `after`; without one only the newest, to begin with."""
        chosen = select(Event.id, Event.text).where(Event.kind == GIVEN_UP)
        if after is None:
            chosen = chosen.order_by(Event.id.desc()).limit(1)
        else:
            chosen = chosen.where(Event.id > after).order_by(Event.id)
        with self._database.reading() as session:
            return [GivenUp(*row) for row in session.execute(chosen)]


def close(session: Session, notice_ids: Collection[int]) -> None:
    """These were accepted or seen: they are told no more."""
    session.execute(
        update(Notice)
        .where(Notice.id.in_(notice_ids), Notice.time_closed.is_(None))
        .values(sent=True, time_closed=now())
    )


def forget_old(database: Database) -> int:
    """Remove notices that were closed long ago, and what a person didn't come to see; returns how many."""
    with database.sessions.begin(quiet=True) as session:
        gone = session.connection().execute(
            delete(Notice).where(
                (Notice.time_closed <= now() - CLOSED_KEPT)
                | ((Notice.channel == Channel.DESKTOP) & (Notice.time_created <= now() - DESKTOP_KEPT))
            )
        )
        return gone.rowcount


def enqueue(session: Session, job_id: int, outcome: Outcome, time: datetime) -> int:
    """Store what is to be told of the job, one notice for each recipient and channel; returns how many.

    Call it in the transaction in which the job ended at `time`, after the job's counts and state were
    written, and in that of its deletion before the job goes. A user is told by mail where they have an
    address, and on their desktop; the farm's web address, where one is set, once.
    """
    settings, subscribed = session.connection().execute(_WANTED, {"job_id": job_id}).one()
    farm: Mapping[str, Any] = settings or {}
    web_address = farm.get("webhook")
    users = list(_subscribed(session, job_id, outcome, time)) if subscribed else []
    if not users and not web_address:
        return 0
    job = _job(session, job_id)
    if job is None:
        return 0
    facts = _facts(session, job, time)
    told: list[tuple[Channel, str, Message]] = []
    if users:
        mail = words.message(outcome, facts, {**farm.get("templates", {}), **_templates(job)})
        told += [(Channel.MAIL, user.email, mail) for user in users if user.email]
        short = words.short_message(outcome, facts)
        told += [(Channel.DESKTOP, user.name, short) for user in users]
    if web_address:
        subject = words.short_message(outcome, facts).subject
        told.append((Channel.WEBHOOK, web_address, Message(subject, words.as_json(outcome, facts))))
    session.connection().execute(_NEW, [_row(job_id, outcome, time, *item) for item in told])
    return len(told)


def _row(
    job_id: int, outcome: Outcome, time: datetime, channel: Channel, recipient: str, message: Message
) -> dict[str, Any]:
    return {
        "job_id": job_id,
        "outcome": outcome,
        "channel": channel,
        "recipient": recipient,
        "message_id": f"<{uuid4().hex}@farmgui>",
        "subject": message.subject,
        "body": message.body,
        "time_created": time,
        "not_before": time,
    }


def _subscribed(session: Session, job_id: int, outcome: Outcome, time: datetime) -> Iterator[User]:
    """The users who want to know; not those whose account is over."""
    chosen = (
        select(User)
        .join(JobNotifiedUser, JobNotifiedUser.user_id == User.id)
        .where(JobNotifiedUser.job_id == job_id, _FLAG[outcome])
        .order_by(User.name)
    )
    yield from (user for user in session.scalars(chosen) if user.is_active(time))


def _job(session: Session, job_id: int) -> Row[Any] | None:
    return session.connection().execute(_JOB, {"job_id": job_id}).first()


def _templates(job: Row[Any]) -> dict[str, str]:
    own = {replaced: getattr(job, name) for name, replaced in _OF_JOBTYPE.items()}
    return {name: text for name, text in own.items() if text}


def _facts(session: Session, job: Row[Any], time: datetime) -> Facts:
    started, finished = job.time_started, job.time_finished or time
    return Facts(
        job_id=job.id,
        title=job.title,
        user=job.user or "",
        queue=job.queue or "",
        job_type=job.job_type,
        state=job.state,
        frames=job.frames,
        tasks=job.num_queued + job.num_assigned + job.num_running + job.num_done + job.num_failed,
        done=job.num_done,
        failed=job.num_failed,
        failed_frames=_failed_frames(session, job.id) if job.num_failed else (),
        time_taken=None if started is None else finished - started,
        output=job.output_link or "",
    )


def _failed_frames(session: Session, job_id: int) -> tuple[FailedFrame, ...]:
    rows = session.execute(
        select(Task.frame, Task.tile, Task.last_error)
        .where(Task.job_id == job_id, Task.state == TaskState.FAILED)
        .order_by(Task.position)
        .limit(words.MOST_FAILED)
    )
    return tuple(
        FailedFrame(
            f"{row.frame}" if row.tile is None else f"{row.frame}, tile {row.tile}", row.last_error or ""
        )
        for row in rows
    )
