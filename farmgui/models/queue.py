"""The tree of queues that share the farm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from farmgui.models.base import Base, Key, Name

if TYPE_CHECKING:
    from farmgui.models.job import Job


class JobQueue(Base):
    """A node of the queue tree; jobs without one sit at the root, beside the top-level queues.

    `fullpath` is unique, because a database takes two missing parents for different ones.
    """

    __tablename__ = "job_queues"
    __table_args__ = (UniqueConstraint("parent_jobqueue_id", "name"),)

    id: Mapped[Key]
    parent_jobqueue_id: Mapped[int | None] = mapped_column(ForeignKey("job_queues.id"))
    name: Mapped[Name]
    fullpath: Mapped[str] = mapped_column(String(1024), unique=True)
    priority: Mapped[int] = mapped_column(default=0)
    weight: Mapped[int] = mapped_column(default=10)
    minimum_agents: Mapped[int | None]
    maximum_agents: Mapped[int | None]

    parent: Mapped[JobQueue | None] = relationship(back_populates="children", remote_side="JobQueue.id")
    children: Mapped[list[JobQueue]] = relationship(back_populates="parent")
    jobs: Mapped[list[Job]] = relationship(back_populates="queue")

    def path(self) -> str:
        """Its place in the tree, like "/film/shot"."""
        return self.fullpath
