"""The frames of a job, and the agents on which one failed."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from farmgui.domain.limits import TASK_LIMITS
from farmgui.domain.reruns import CLEARED
from farmgui.domain.states import TaskState, check_task_move
from farmgui.domain.task_moves import task_values
from farmgui.models.agent import Agent
from farmgui.models.base import Base, Key, LongText, now
from farmgui.models.validation import checked_progress, checked_state

if TYPE_CHECKING:
    from farmgui.models.job import Job

RESERVE: Final = 96
"""Bytes: the agent and the two times of a task's newest run."""

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
    REPR = ("id", "job_id", "frame", "tile", "state")
    __table_args__ = (
        # The next ones of a job are found at once, and what has run no longer takes a place in it.
        Index(
            "ix_tasks_offered",
            "job_id",
            "position",
            sqlite_where=text("state = 'queued' AND NOT blocked"),
            postgresql_where=text("state = 'queued' AND NOT blocked"),
        ),
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

    reserve: Mapped[bytes | None] = mapped_column(LargeBinary, default=bytes(RESERVE), deferred=True)
    """Room in its row for what a task gets when it runs; given up when it is assigned.

    SQLite fills its pages: without it, the first word of each task would split one, and write four.
    """

    job: Mapped[Job] = relationship(back_populates="tasks")
    failed_on_agents: Mapped[list[Agent]] = relationship(secondary=failed_on, passive_deletes=True)
    """It is given to these last."""

    def requeue(self) -> None:
        """Queue it again as if it had never run; attempts and logs stay. The counts are the job's."""
        if self.state is not TaskState.QUEUED:
            check_task_move(self.state, TaskState.QUEUED, f"task {self.id}, rerun")
        self.state = TaskState.QUEUED
        for name, value in CLEARED.items():
            setattr(self, name, value)

    @validates("state")
    def validate_state(self, _key: str, value: object) -> TaskState:
        """One of the words of TaskState; what goes with it is set (`domain.task_moves`)."""
        new = checked_state(TaskState, value, "a task")
        for name, follows in task_values(self.state, new, self.time_started, now()).items():
            setattr(self, name, follows)
        return new

    @validates("progress")
    def validate_progress(self, _key: str, value: object) -> float:
        """0 to 1."""
        return checked_progress(value)

    @validates(*TASK_LIMITS)
    def validate_number(self, key: str, value: object) -> int | None:
        """In the range of its kind (`domain.limits`)."""
        return TASK_LIMITS[key].check(value)
