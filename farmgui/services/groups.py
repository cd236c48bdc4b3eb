"""Groups: jobs that are shown together."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from farmgui.domain.catalogue import GroupRow
from farmgui.domain.errors import NotFound
from farmgui.models import Job, JobGroup
from farmgui.services.bulk import parts
from farmgui.services.catalogue import Commands, checked_name

TITLE_LENGTH = 255


class Groups(Commands):
    """Commands on groups. A group is made by the first job that names it and goes with its last."""

    def rows(self) -> list[GroupRow]:
        """All groups, by title."""
        with self._database.reading() as session:
            found = session.execute(
                select(JobGroup.id, JobGroup.title, func.count(Job.id))
                .outerjoin(Job, Job.job_group_id == JobGroup.id)
                .group_by(JobGroup.id)
                .order_by(JobGroup.title)
            )
            return [GroupRow(*row) for row in found]

    def rename(self, number: int, title: str) -> None:
        """Give a group another title. Raises NotFound and InvalidValue."""
        with self._changing() as session:
            group = session.get(JobGroup, number)
            if group is None:
                raise NotFound(f"There is no group {number}.")
            group.title = checked_name(title, "a group", TITLE_LENGTH)


def group_of(session: Session, title: str, jobtype_id: int, user_id: int | None) -> int:
    """The number of the group `title`, made for a job of that type and user where it is missing."""
    title = checked_name(title, "a group", TITLE_LENGTH)
    known = session.scalar(select(JobGroup.id).where(JobGroup.title == title).order_by(JobGroup.id).limit(1))
    if known is not None:
        return known
    group = JobGroup(title=title, main_jobtype_id=jobtype_id, user_id=user_id)
    session.add(group)
    session.flush()
    return group.id


def groups_of(session: Session, job_ids: Sequence[int]) -> set[int]:
    """The groups that these jobs are in."""
    found: set[int | None] = set()
    for part in parts(job_ids):
        found.update(session.scalars(select(Job.job_group_id).where(Job.id.in_(part)).distinct()))
    return {number for number in found if number is not None}


def remove_empty_groups(session: Session, numbers: Collection[int]) -> None:
    """Remove those of these groups, which jobs have just left, that no job belongs to any more."""
    for number in numbers:
        if session.scalar(select(Job.id).where(Job.job_group_id == number).limit(1)) is None:
            session.execute(delete(JobGroup).where(JobGroup.id == number))
