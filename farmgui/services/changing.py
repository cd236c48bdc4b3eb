"""New values for jobs that are stored: all of them are checked, then all are stored, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from farmgui.domain.attributes import JOB_ATTRIBUTES, SUBMISSION_ONLY
from farmgui.domain.errors import InvalidValue
from farmgui.domain.jobtypes import BatchFrame, batch_command
from farmgui.domain.limits import JOB_LIMITS, TOGETHER, check_together
from farmgui.domain.ranges import places
from farmgui.models import Job
from farmgui.services import blocking, frames
from farmgui.services.bulk import JOBS, parts
from farmgui.services.commands import template_values
from farmgui.services.dependencies import set_parents
from farmgui.services.groups import group_of, groups_of, remove_empty_groups
from farmgui.services.job_data import complete_data
from farmgui.services.jobtypes import version_of
from farmgui.services.queues import known_queue
from farmgui.services.requirements import SETTERS, user_id
from farmgui.services.tally import Tally

CHANGEABLE: Final = tuple(name for name in JOB_ATTRIBUTES if name not in SUBMISSION_ONLY)
"""The attributes of a stored job that can be changed."""

_COLUMNS: Final = frozenset(JOB_LIMITS) - SUBMISSION_ONLY | {
    "title",
    "notes",
    "output_link",
    "hidden",
    "start_after",
    "environ",
}
"""Those that are columns of the job and concern nothing else."""


def checked(values: Mapping[str, object]) -> dict[str, object]:
    """`values` as they are stored. Raises InvalidValue for a name or a value that can't be."""
    for name in values:
        if name not in CHANGEABLE:
            raise InvalidValue(f'"{name}" of a job can\'t be changed. These can: {", ".join(CHANGEABLE)}.')
    return {name: JOB_ATTRIBUTES[name].check(value) for name, value in values.items()}


def put(session: Session, tally: Tally, job_ids: Sequence[int], values: Mapping[str, Any]) -> None:
    """Store `values`, which `checked` has seen, on all of these jobs. Raises FarmError."""
    left = groups_of(session, job_ids) if "group" in values else set()
    _put_columns(session, job_ids, values)
    for name, setter in SETTERS.items():
        if name in values:
            setter(session, job_ids, values[name])
    if "data" in values or "jobtype_version" in values:
        for job in _jobs(session, job_ids):
            _put_program(session, tally, job, values)
    if "parents" in values:
        set_parents(session, job_ids, values["parents"])
        blocking.recompute(session, tally, job_ids)
    _put_frames(session, tally, job_ids, values)
    remove_empty_groups(session, left)


def _put_columns(session: Session, job_ids: Sequence[int], values: Mapping[str, Any]) -> None:
    columns = {name: value for name, value in values.items() if name in _COLUMNS}
    if "environ" in columns:
        columns["environ"] = columns["environ"] or None
    columns |= _places(session, job_ids, values)
    if not columns.keys().isdisjoint(TOGETHER):
        _check_together(session, job_ids, columns)
    if columns:
        for part in parts(job_ids):
            session.execute(update(JOBS).where(JOBS.c.id.in_(part)).values(columns))
        # Jobs that were read before don't know of it.
        session.expire_all()


def _places(session: Session, job_ids: Sequence[int], values: Mapping[str, Any]) -> dict[str, object]:
    """The columns for where a job is: its queue, its group and its user."""
    columns: dict[str, object] = {}
    if "queue" in values:
        queue = known_queue(session, values["queue"] or "")
        columns["job_queue_id"] = None if queue is None else queue.id
    if "user" in values:
        columns["user_id"] = None if values["user"] is None else user_id(session, values["user"])
    if "group" in values:
        columns["job_group_id"] = _group(session, job_ids, values["group"], columns.get("user_id"))
    return columns


def _group(session: Session, job_ids: Sequence[int], title: str | None, user: object) -> int | None:
    """The group; one that has to be made is of the first job's type and user."""
    if title is None or not job_ids:
        return None
    first = session.get_one(Job, job_ids[0])
    return group_of(
        session, title, first.jobtype_version.jobtype_id, user if isinstance(user, int) else first.user_id
    )


def _check_together(session: Session, job_ids: Sequence[int], columns: Mapping[str, object]) -> None:
    for part in parts(job_ids):
        stored = session.execute(
            select(JOBS.c.id, JOBS.c.title, *(JOBS.c[name] for name in TOGETHER)).where(JOBS.c.id.in_(part))
        )
        for row in stored.mappings():
            try:
                check_together({**row, **columns})
            except InvalidValue as error:
                raise InvalidValue(f'Job {row["id"]} "{row["title"]}": {error}') from error


def _jobs(session: Session, job_ids: Sequence[int]) -> Iterator[Job]:
    for part in parts(job_ids):
        yield from session.scalars(select(Job).where(Job.id.in_(part)).order_by(Job.id)).all()


def _put_program(session: Session, tally: Tally, job: Job, values: Mapping[str, Any]) -> None:
    """Another version of its job type, or other data; what is stored must make a command with both."""
    before = job.jobtype_version
    version = before
    if "jobtype_version" in values:
        version = version_of(session, before.jobtype.name, values["jobtype_version"])
    definition = version.parsed()
    name = definition.title or definition.name
    if job.num_tiles is not None and not definition.supports_tiling:
        raise InvalidValue(
            f'Job {job.id} "{job.title}" has tiles, which version {version.version} of {name} lacks.'
        )
    wanted, _ = places(job.frames, job.num_tiles, definition)
    data = complete_data(values.get("data", job.data or {}), definition)
    filled = template_values(data, title=job.title, cpus=job.cpus, ram=job.ram, by=job.by)
    batch_command(definition, filled, [BatchFrame(*wanted[0])])
    job.data = data
    job.jobtype_version = version
    session.flush()
    if job.num_tiles is not None and bool(definition.assemble) is not bool(before.parsed().assemble):
        frames.set_frames(session, tally, job.id, job.frames)


def _put_frames(session: Session, tally: Tally, job_ids: Sequence[int], values: Mapping[str, Any]) -> None:
    """Other frames, or the same in the order that another preview asks for."""
    if "frames" in values:
        for job_id in job_ids:
            frames.set_frames(session, tally, job_id, values["frames"])
    elif "preview" in values:
        for job_id in job_ids:
            frames.replace_positions(session, job_id)
