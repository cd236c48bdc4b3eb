"""Who schedules, and the one row that says what the farm as a whole has come to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from farmgui.models.base import Base, Key, Name


class Lease(Base):
    """The right to schedule; one row. `fence` rises with each new holder, never falls."""

    __tablename__ = "leases"

    id: Mapped[Key]
    holder: Mapped[str | None] = mapped_column(String(64))
    """Names one run of the program; None when nobody schedules."""
    hostname: Mapped[Name] = mapped_column(default="")
    pid: Mapped[int] = mapped_column(default=0)
    process_time: Mapped[float] = mapped_column(default=0.0)
    """When the holder's process was made, in seconds since the epoch: a pid alone may be another's by now."""
    kind: Mapped[str] = mapped_column(String(16), default="")
    fence: Mapped[int] = mapped_column(default=0)
    expires: Mapped[datetime | None]
    yield_asked: Mapped[bool] = mapped_column(default=False)
    """Another program wants to schedule."""


class FarmRow(Base):
    """Numbers of the farm as a whole; one row."""

    __tablename__ = "farm"

    id: Mapped[Key]
    revision: Mapped[int] = mapped_column(default=0)
    """Rises with each transaction that changed what a window shows."""
    tree_revision: Mapped[int] = mapped_column(default=0)
    """The revision that last changed queues, limits, tags, software or path maps; kept by triggers."""
    jobs_submitted: Mapped[int] = mapped_column(default=0)
    """Jobs that were ever submitted, deleted ones too."""
    notification: Mapped[dict[str, Any] | None]
    """What the lead's settings say of telling people: "webhook" and "templates"."""
