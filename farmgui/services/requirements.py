"""What jobs ask for beside their resources: tags, software, limits, agents; and whom they tell.

Each function gives all of the jobs what it is told and takes from them what they had of the kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, cast

from sqlalchemy import Table, delete, insert, select
from sqlalchemy.orm import Session

from farmgui.domain.errors import InvalidValue, NotFound
from farmgui.domain.requirements import AgentChoice, LimitUse, SoftwareNeed, Subscription, TagNeed
from farmgui.models import (
    Agent,
    JobAgent,
    JobLimit,
    JobNotifiedUser,
    JobSoftwareRequirement,
    JobTagRequirement,
    User,
    job_tags,
)
from farmgui.services.bulk import for_each, parts
from farmgui.services.catalogue import checked_name
from farmgui.services.software import known_software, known_version
from farmgui.services.tags import tag_id

Rows = list[dict[str, Any]]


def set_tags(session: Session, job_ids: Sequence[int], tags: Iterable[str]) -> None:
    """Labels, made where they are missing. Raises InvalidValue."""
    _replace(session, job_tags, job_ids, [{"tag_id": tag_id(session, tag)} for tag in tags])


def set_agent_tags(session: Session, job_ids: Sequence[int], needs: Iterable[TagNeed]) -> None:
    """The tags that agents must have or must not have, made where they are missing. Raises InvalidValue."""
    rows: Rows = [{"tag_id": tag_id(session, need.name), "negate": need.negate} for need in needs]
    _replace(session, JobTagRequirement.__table__, job_ids, rows)


def set_software(session: Session, job_ids: Sequence[int], needs: Iterable[SoftwareNeed]) -> None:
    """The programs that agents must have. Raises InvalidValue for one that isn't known, telling what is."""
    try:
        rows = [_software(session, need) for need in needs]
    except NotFound as error:
        raise InvalidValue(str(error)) from error
    _replace(session, JobSoftwareRequirement.__table__, job_ids, rows)


def set_limits(session: Session, job_ids: Sequence[int], uses: Iterable[LimitUse]) -> None:
    """The limits that are used; one that nobody has defined is stored too: the job waits then and says so."""
    rows: Rows = [{"name": checked_name(use.name, "a limit"), "amount": use.amount} for use in uses]
    _replace(session, JobLimit.__table__, job_ids, rows)


def set_agents(session: Session, job_ids: Sequence[int], choices: Iterable[AgentChoice]) -> None:
    """The agents that may be used or may not. Raises InvalidValue for a hostname that isn't known."""
    rows = [row for choice in choices for row in _agents(session, choice)]
    _replace(session, JobAgent.__table__, job_ids, rows)


def set_notify(session: Session, job_ids: Sequence[int], people: Iterable[Subscription]) -> None:
    """The people who are told how the jobs end. Raises InvalidValue for one who isn't known."""
    _replace(session, JobNotifiedUser.__table__, job_ids, [subscription(session, one) for one in people])


SETTERS: Final[Mapping[str, Callable[[Session, Sequence[int], Any], None]]] = {
    "tags": set_tags,
    "agent_tags": set_agent_tags,
    "software": set_software,
    "limits": set_limits,
    "agents": set_agents,
    "notify": set_notify,
}
"""By the name of the attribute."""


def subscription(session: Session, one: Subscription) -> dict[str, Any]:
    """The columns of a person's subscription. Raises InvalidValue where the person isn't known."""
    return {
        "user_id": user_id(session, one.user),
        "on_success": one.on_success,
        "on_failure": one.on_failure,
        "on_deletion": one.on_deletion,
    }


def user_id(session: Session, name: str) -> int:
    """The number of the user `name`. Raises InvalidValue where there is none."""
    known = session.scalar(select(User.id).where(User.name == name))
    if known is None:
        raise InvalidValue(
            f'There is no user "{name}". Add the user first: Farm → Users in the window, or'
            f" farmgui users add {name}"
        )
    return known


def _software(session: Session, need: SoftwareNeed) -> dict[str, Any]:
    software = known_software(session, need.name)
    low, high = (
        None if version is None else known_version(software, version)
        for version in (need.minimum, need.maximum)
    )
    if low is not None and high is not None and low.rank > high.rank:
        raise InvalidValue(
            f"{need.name} {low.version} is newer than {high.version}. Write the older version first."
        )
    return {
        "software_id": software.id,
        "min_version_id": None if low is None else low.id,
        "max_version_id": None if high is None else high.id,
    }


def _agents(session: Session, choice: AgentChoice) -> Rows:
    found = session.scalars(select(Agent.id).where(Agent.hostname == choice.hostname)).all()
    if not found:
        known = session.scalars(select(Agent.hostname).distinct().order_by(Agent.hostname).limit(9)).all()
        names = ", ".join([*known[:8], "…"] if len(known) > 8 else known) or "none yet"
        raise InvalidValue(f'There is no agent "{choice.hostname}". Known are: {names}.')
    return [{"agent_id": agent_id, "excluded": choice.excluded} for agent_id in found]


def _replace(session: Session, table: Any, job_ids: Sequence[int], rows: Rows) -> None:
    table = cast(Table, table)
    for part in parts(job_ids):
        session.execute(delete(table).where(table.c.job_id.in_(part)))
        for_each(session, insert(table), [{"job_id": job_id, **row} for job_id in part for row in rows])
