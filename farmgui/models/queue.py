"""The tree of queues that share the farm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import ForeignKey, String, UniqueConstraint, inspect, select
from sqlalchemy.orm import Mapped, mapped_column, object_session, relationship, validates

from farmgui.domain.limits import JOB_LIMITS
from farmgui.models.attempt import Attempt, usable_agents
from farmgui.models.base import Base, Key, Name

if TYPE_CHECKING:
    from farmgui.models.job import Job


ASSIGNED: Final = "assigned agents"
"""Under which a job or queue keeps the number of its agents (`num_assigned_agents`)."""


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

    @validates("priority", "weight", "minimum_agents", "maximum_agents")
    def validate_number(self, key: str, value: object) -> int | None:
        """In the range that jobs have, too (`domain.limits`)."""
        return JOB_LIMITS[key].check(value)

    def num_assigned_agents(self) -> int:
        """How many agents its jobs and queues have, each counted on its own (PyFarm 3.1).

        Kept until `clear_assigned_counts`.
        """
        kept: dict[str, int] = inspect(self).info
        if ASSIGNED not in kept:
            below = sum(queue.num_assigned_agents() for queue in self.children)
            kept[ASSIGNED] = below + self._agents_of_jobs()
        return kept[ASSIGNED]

    def clear_assigned_counts(self) -> None:
        """Have the agents counted anew, here and in the queues above."""
        inspect(self).info.pop(ASSIGNED, None)
        if self.parent is not None:
            self.parent.clear_assigned_counts()

    def _agents_of_jobs(self) -> int:
        session = object_session(self)
        if session is None:
            return 0
        jobs = Base.metadata.tables["jobs"]
        mine = select(jobs.c.id).where(jobs.c.job_queue_id == self.id)
        return usable_agents(session, Attempt.job_id.in_(mine))

    def path(self) -> str:
        """Its place in the tree, like "/film/shot"."""
        return self.fullpath
