"""Tags: labels of jobs and agents."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from farmgui.domain.catalogue import TagRow
from farmgui.domain.errors import InvalidValue, NotFound
from farmgui.models import JobTagRequirement, Tag, agent_tags, job_tags
from farmgui.services.catalogue import Commands, checked_name, counts_by


class Tags(Commands):
    """Commands on tags, by name."""

    def rows(self) -> list[TagRow]:
        """All tags, by name."""
        with self._database.reading() as session:
            jobs = counts_by(session, job_tags.c.tag_id)
            agents = counts_by(session, agent_tags.c.tag_id)
            asked = counts_by(session, JobTagRequirement.tag_id)
            found = session.scalars(select(Tag).order_by(Tag.tag))
            return [
                TagRow(tag.tag, jobs.get(tag.id, 0), agents.get(tag.id, 0), asked.get(tag.id, 0))
                for tag in found
            ]

    def create(self, name: str) -> None:
        """Add a tag. Raises InvalidValue where it is there already."""
        with self._changing(f'There is the tag "{name}" already.') as session:
            session.add(Tag(tag=checked_tag(name)))

    def rename(self, name: str, new: str) -> None:
        """Give a tag another name. Raises NotFound and InvalidValue."""
        new = checked_tag(new)
        with self._changing(f'There is the tag "{new}" already.') as session:
            _known(session, name).tag = new

    def remove(self, name: str) -> None:
        """Remove a tag from all that carry it. Raises NotFound, and InvalidValue while jobs ask for it."""
        with self._changing() as session:
            tag = _known(session, name)
            asked = session.scalar(
                select(func.count()).select_from(JobTagRequirement).where(JobTagRequirement.tag_id == tag.id)
            )
            if asked:
                ask = "1 job asks" if asked == 1 else f"{asked} jobs ask"
                raise InvalidValue(f'{ask} for agents by the tag "{name}". Change that first.')
            session.delete(tag)


def checked_tag(name: str) -> str:
    """A tag as it is stored. Raises InvalidValue."""
    name = checked_name(name, "a tag", 255, forbidden=", ")
    if name.startswith("-"):
        raise InvalidValue('A tag can\'t begin with "-": before a tag it means "without".')
    return name


def tag_id(session: Session, name: str) -> int:
    """The tag's number; it is made where it is missing. Raises InvalidValue."""
    name = checked_tag(name)
    known = session.scalar(select(Tag.id).where(Tag.tag == name))
    if known is not None:
        return known
    tag = Tag(tag=name)
    session.add(tag)
    session.flush()
    return tag.id


def set_agent_tags(session: Session, agent_id: str, names: Iterable[str]) -> None:
    """Give an agent these tags and no others."""
    wanted = {tag_id(session, name) for name in names}
    session.execute(
        delete(agent_tags).where(agent_tags.c.agent_id == agent_id, agent_tags.c.tag_id.not_in(wanted))
    )
    there = set(session.scalars(select(agent_tags.c.tag_id).where(agent_tags.c.agent_id == agent_id)))
    rows = [{"agent_id": agent_id, "tag_id": tag} for tag in sorted(wanted - there)]
    if rows:
        session.execute(insert(agent_tags), rows)


def _known(session: Session, name: str) -> Tag:
    tag = session.scalars(select(Tag).where(Tag.tag == name)).first()
    if tag is None:
        raise NotFound(f'There is no tag "{name}".')
    return tag
