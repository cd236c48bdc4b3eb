"""What can be set on jobs, as it is now: the values of `domain.attributes` by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from farmgui.domain.attributes import JOB_ATTRIBUTES
from farmgui.domain.requirements import (
    AgentChoice,
    Dependency,
    LimitUse,
    SoftwareNeed,
    Subscription,
    TagNeed,
)
from farmgui.models import (
    Agent,
    Job,
    JobAgent,
    JobGroup,
    JobLimit,
    JobNotifiedUser,
    JobQueue,
    JobSoftwareRequirement,
    JobTagRequirement,
    JobTypeVersion,
    Software,
    SoftwareVersion,
    Tag,
    User,
    dependencies,
    job_tags,
)
from farmgui.services.bulk import JOBS, parts

_NAMED: Final = {
    "queue": JobQueue.fullpath,
    "group": JobGroup.title,
    "user": User.name,
    "jobtype_version": JobTypeVersion.version,
}
_COLUMNS: Final = tuple(name for name in JOB_ATTRIBUTES if name in JOBS.c and name not in _NAMED)
_JOBS: Final = (
    select(
        Job.id,
        *(JOBS.c[name] for name in _COLUMNS),
        *(column.label(name) for name, column in _NAMED.items()),
    )
    .join(JobTypeVersion, JobTypeVersion.id == Job.jobtype_version_id)
    .outerjoin(JobQueue, JobQueue.id == Job.job_queue_id)
    .outerjoin(JobGroup, JobGroup.id == Job.job_group_id)
    .outerjoin(User, User.id == Job.user_id)
)

_LOW = aliased(SoftwareVersion)
_HIGH = aliased(SoftwareVersion)
_LISTS: Final[Mapping[str, tuple[Any, Any, Callable[..., object]]]] = {
    "tags": (
        select(job_tags.c.job_id, Tag.tag).join(Tag, Tag.id == job_tags.c.tag_id).order_by(Tag.tag),
        job_tags.c.job_id,
        str,
    ),
    "agent_tags": (
        select(JobTagRequirement.job_id, Tag.tag, JobTagRequirement.negate)
        .join(Tag, Tag.id == JobTagRequirement.tag_id)
        .order_by(JobTagRequirement.negate, Tag.tag),
        JobTagRequirement.job_id,
        TagNeed,
    ),
    "software": (
        select(JobSoftwareRequirement.job_id, Software.software, _LOW.version, _HIGH.version)
        .join(Software, Software.id == JobSoftwareRequirement.software_id)
        .outerjoin(_LOW, _LOW.id == JobSoftwareRequirement.min_version_id)
        .outerjoin(_HIGH, _HIGH.id == JobSoftwareRequirement.max_version_id)
        .order_by(Software.software),
        JobSoftwareRequirement.job_id,
        SoftwareNeed,
    ),
    "limits": (
        select(JobLimit.job_id, JobLimit.name, JobLimit.amount).order_by(JobLimit.name),
        JobLimit.job_id,
        LimitUse,
    ),
    # Agents of one name are one choice.
    "agents": (
        select(JobAgent.job_id, Agent.hostname, func.max(JobAgent.excluded))
        .join(Agent, Agent.id == JobAgent.agent_id)
        .group_by(JobAgent.job_id, Agent.hostname)
        .order_by(func.max(JobAgent.excluded), Agent.hostname),
        JobAgent.job_id,
        lambda hostname, excluded: AgentChoice(hostname, excluded=bool(excluded)),
    ),
    "parents": (
        select(dependencies.c.childid, dependencies.c.parentid, dependencies.c.by_frame).order_by(
            dependencies.c.parentid
        ),
        dependencies.c.childid,
        Dependency,
    ),
    "notify": (
        select(
            JobNotifiedUser.job_id,
            User.name,
            JobNotifiedUser.on_success,
            JobNotifiedUser.on_failure,
            JobNotifiedUser.on_deletion,
        )
        .join(User, User.id == JobNotifiedUser.user_id)
        .order_by(User.name),
        JobNotifiedUser.job_id,
        Subscription,
    ),
}


def job_values(session: Session, job_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The values of each of these jobs, which are known to be there, in their order."""
    found: dict[int, dict[str, Any]] = {}
    for part in parts(job_ids):
        for row in session.execute(_JOBS.where(Job.id.in_(part))).mappings():
            values = {name: row.get(name, ()) for name in JOB_ATTRIBUTES}
            values |= {name: values[name] or {} for name in ("environ", "data")}
            found[row["id"]] = values
        for name in _LISTS:
            for job_id, items in _listed(session, name, part):
                found[job_id][name] = items
    return [found[job_id] for job_id in job_ids]


def _listed(session: Session, name: str, job_ids: Sequence[int]) -> Iterator[tuple[int, tuple[object, ...]]]:
    statement, job_id, make = _LISTS[name]
    items: dict[int, list[object]] = {}
    for row in session.execute(statement.where(job_id.in_(job_ids))):
        items.setdefault(row[0], []).append(make(*row[1:]))
    return ((number, tuple(found)) for number, found in items.items())
