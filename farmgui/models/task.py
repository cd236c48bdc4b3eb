"""The frames of a job, and the agents on which one failed."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from farmgui.domain.reruns import CLEARED
from farmgui.domain.states import TaskState, check_task_move
from farmgui.models.base import Base, Key, LongText

if TYPE_CHECKING:
    from farmgui.models.job import Job

failed_on = Table(
    "failed_tasks_in_agents",
    Base.metadata,
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),
    Column("agent_id", ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True),
)
"""A task isn't given again to an agent on which it failed, while another one could run it."""


class Task(Base):
    """One frame of a job, or one tile of it."""

    __tablename__ = "tasks"
    __table_args__ = (
        Index(None, "job_id", "state", "position"),
        Index(None, "job_id", "frame"),
        Index(
            "ix_tasks_not_before",
            "not_before",
            sqlite_where=text("not_before IS NOT NULL"),
            postgresql_where=text("not_before IS NOT NULL"),
        ),
        # Numbers of deleted tasks don't come back: log files are named by them.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Key]
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))
    """The place in the order in which the job's tasks are offered to agents."""
    priority: Mapped[int] = mapped_column(default=0)
    """Tasks of a higher one are offered first within their job; it is part of `position`."""
    frame: Mapped[Decimal]
    tile: Mapped[int | None]
    state: Mapped[TaskState] = mapped_column(default=TaskState.QUEUED)
    progress: Mapped[float] = mapped_column(default=0.0)
    attempts: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    agent_id: Mapped[str | None] = mapped_column(ForeignKey("agents.id", ondelete="SET NULL"))
    """The agent that runs it or ran it last."""
    attempt_id: Mapped[int | None]
    """The newest attempt; no foreign key, because attempts refer to their task."""
    time_started: Mapped[datetime | None]
    time_finished: Mapped[datetime | None]
    last_error: Mapped[LongText | None]
    warning: Mapped[LongText | None]
    marked: Mapped[bool] = mapped_column(default=False)
    """Marked done or failed by hand, without running."""
    removed: Mapped[bool] = mapped_column(default=False)
    """No longer in the job's frame range; goes when its attempt has ended."""
    not_before: Mapped[datetime | None]
    """A retry waits until then; None once it was assigned."""
    blocked: Mapped[bool] = mapped_column(default=False)
    """Waits for other tasks: of a parent's same frame, or an assembly for its tiles."""

    job: Mapped[Job] = relationship(back_populates="tasks")

    def requeue(self) -> None:
        """Queue it again as if it had never run; attempts and logs stay. The counts are the job's."""
        check_task_move(self.state, TaskState.QUEUED, f"task {self.id}, rerun")
        self.state = TaskState.QUEUED
        for name, value in CLEARED.items():
            setattr(self, name, value)
