"""What happened and has no better place."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from farmgui.models.base import Base, Key, LongText


class Event(Base):
    """A line of the farm's diary; it outlives what it tells of, so nothing here is a foreign key."""

    __tablename__ = "events"
    __table_args__ = (Index(None, "agent_id", "token", unique=True), Index(None, "time"))

    id: Mapped[Key]
    time: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(32))
    text: Mapped[LongText]
    job_id: Mapped[int | None]
    task_id: Mapped[int | None]
    agent_id: Mapped[str | None] = mapped_column(String(64))
    token: Mapped[str | None] = mapped_column(String(64))
    """Of the attempt that word came of too late: one line for each, however often it is said."""
