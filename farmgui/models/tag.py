"""Plain labels of jobs and agents."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table
from sqlalchemy.orm import Mapped, mapped_column

from farmgui.models.base import Base, Key, Name


class Tag(Base):
    """A label, for filtering."""

    __tablename__ = "tags"

    id: Mapped[Key]
    tag: Mapped[Name] = mapped_column(unique=True)


job_tags = Table(
    "job_tag_associations",
    Base.metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True),
)

agent_tags = Table(
    "agent_tag_associations",
    Base.metadata,
    Column("agent_id", ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True),
)
