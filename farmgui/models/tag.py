"""Labels of jobs and agents, and what jobs ask of the labels of their agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, ForeignKey, String, Table, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from farmgui.models.base import Base, Key

if TYPE_CHECKING:
    from farmgui.models.agent import Agent
    from farmgui.models.job import Job


job_tags = Table(
    "job_tag_associations",
    Base.metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True),
)
"""Plain labels of jobs, for filtering; nothing is scheduled by them."""

agent_tags = Table(
    "agent_tag_associations",
    Base.metadata,
    Column("agent_id", ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True),
)


class Tag(Base):
    """A label."""

    __tablename__ = "tags"

    id: Mapped[Key]
    tag: Mapped[str] = mapped_column(String(255), unique=True)

    jobs: Mapped[list[Job]] = relationship(secondary=job_tags, back_populates="tags", passive_deletes=True)
    agents: Mapped[list[Agent]] = relationship(
        secondary=agent_tags, back_populates="tags", passive_deletes=True
    )


class JobTagRequirement(Base):
    """A tag that each agent of a job must have, or with `negate` must not have."""

    __tablename__ = "job_tag_requirements"
    __table_args__ = (UniqueConstraint("tag_id", "job_id"),)

    id: Mapped[Key]
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"))
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    negate: Mapped[bool] = mapped_column(default=False)

    tag: Mapped[Tag] = relationship()
