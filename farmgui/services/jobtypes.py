"""The job types that are stored: their versions follow their files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from farmgui.domain.errors import InvalidValue
from farmgui.domain.jobtypes import JobTypeDefinition
from farmgui.models import JobType, JobTypeVersion
from farmgui.services.database import Database


def sync(database: Database, definitions: Sequence[tuple[JobTypeDefinition, str]]) -> int:
    """Store a new version of each type whose text differs from its newest one. Returns how many.

    Jobs stay with the version that they were submitted with.
    """
    with database.reading() as session:
        changed = [pair for pair in definitions if _newest_text(session, pair[0].name) != pair[1]]
    if not changed:
        return 0
    with database.sessions.begin() as session:
        return sum(_store(session, definition, text) for definition, text in changed)


def newest_versions(session: Session) -> list[JobTypeVersion]:
    """The newest version of each job type, by name."""
    newest = (
        select(JobTypeVersion.jobtype_id, func.max(JobTypeVersion.version).label("version"))
        .group_by(JobTypeVersion.jobtype_id)
        .subquery()
    )
    return list(
        session.scalars(
            select(JobTypeVersion)
            .join(
                newest,
                (newest.c.jobtype_id == JobTypeVersion.jobtype_id)
                & (newest.c.version == JobTypeVersion.version),
            )
            .join(JobType, JobType.id == JobTypeVersion.jobtype_id)
            .order_by(JobType.name)
        )
    )


def newest_version(session: Session, name: str) -> JobTypeVersion | None:
    """The newest version of the type `name`."""
    return session.scalars(
        select(JobTypeVersion)
        .join(JobType, JobType.id == JobTypeVersion.jobtype_id)
        .where(JobType.name == name)
        .order_by(JobTypeVersion.version.desc())
        .limit(1)
    ).first()


def version_of(session: Session, name: str, number: int | None = None) -> JobTypeVersion:
    """The version `number` of the type `name`, None for the newest. Raises InvalidValue."""
    if number is None:
        newest = newest_version(session, name)
        if newest is None:
            raise InvalidValue(f'There is no job type "{name}".')
        return newest
    found = session.scalars(
        select(JobTypeVersion)
        .join(JobType, JobType.id == JobTypeVersion.jobtype_id)
        .where(JobType.name == name)
        .order_by(JobTypeVersion.version)
    ).all()
    for version in found:
        if version.version == number:
            return version
    if not found:
        raise InvalidValue(f'There is no job type "{name}".')
    known = ", ".join(str(version.version) for version in found)
    raise InvalidValue(f'The job type "{name}" has no version {number}. Known are: {known}.')


def _newest_text(session: Session, name: str) -> str | None:
    version = newest_version(session, name)
    return None if version is None else version.source


def _store(session: Session, definition: JobTypeDefinition, text: str) -> int:
    version = newest_version(session, definition.name)
    if version is not None and version.source == text:
        return 0
    jobtype = session.scalars(select(JobType).where(JobType.name == definition.name)).first()
    if jobtype is None:
        jobtype = JobType(name=definition.name)
        session.add(jobtype)
    jobtype.description = definition.description
    jobtype.success_subject = definition.notices.get("success_subject")
    jobtype.success_body = definition.notices.get("success_body")
    jobtype.fail_subject = definition.notices.get("failure_subject")
    jobtype.fail_body = definition.notices.get("failure_body")
    session.add(
        JobTypeVersion(
            jobtype=jobtype,
            version=1 if version is None else version.version + 1,
            max_batch=definition.max_batch,
            batch_contiguous=definition.batch_contiguous,
            no_automatic_start_time=definition.no_automatic_start_time,
            supports_tiling=definition.supports_tiling,
            source=text,
            definition=_plain(definition),
        )
    )
    session.flush()
    return 1


def _plain(definition: JobTypeDefinition) -> dict[str, Any]:
    """The definition as JSON holds it; `parse_definition` reads it back."""
    values = asdict(definition) | {
        "environ": dict(definition.environ),
        "notices": dict(definition.notices),
    }
    return {name: value for name, value in values.items() if value is not None}
