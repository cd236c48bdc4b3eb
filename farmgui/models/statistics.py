"""The farm in numbers over time; kept without foreign keys, because they outlive what they count."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from farmgui.models.base import Base, Key


class AgentCount(Base):
    """How many agents were in each state at a moment."""

    __tablename__ = "agent_counts"

    counted_time: Mapped[datetime] = mapped_column(primary_key=True)
    num_online: Mapped[int]
    """Online and without work."""
    num_running: Mapped[int]
    num_offline: Mapped[int]
    num_disabled: Mapped[int]


class TaskCount(Base):
    """How many tasks were in each state at a moment, by queue (0: the root)."""

    __tablename__ = "task_counts"
    __table_args__ = (UniqueConstraint("counted_time", "job_queue_id"),)

    id: Mapped[Key]
    counted_time: Mapped[datetime]
    job_queue_id: Mapped[int] = mapped_column(default=0)
    total_queued: Mapped[int]
    total_running: Mapped[int]
    total_done: Mapped[int]
    total_failed: Mapped[int]


class TaskEventCount(Base):
    """What happened to tasks between two moments, by queue (0: the root)."""

    __tablename__ = "task_event_counts"
    __table_args__ = (UniqueConstraint("time_start", "job_queue_id"),)

    id: Mapped[Key]
    time_start: Mapped[datetime]
    time_end: Mapped[datetime]
    job_queue_id: Mapped[int] = mapped_column(default=0)
    num_new: Mapped[int] = mapped_column(default=0)
    num_deleted: Mapped[int] = mapped_column(default=0)
    num_restarted: Mapped[int] = mapped_column(default=0)
    num_started: Mapped[int] = mapped_column(default=0)
    num_failed: Mapped[int] = mapped_column(default=0)
    num_done: Mapped[int] = mapped_column(default=0)
