"""What the whole farm has only so much of: licences, seats, bandwidth."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from farmgui.domain.requirements import Per
from farmgui.models.base import Base, LongText


class Limit(Base):
    """`amount` of something, used by tasks, agents or jobs as `per` says."""

    __tablename__ = "limits"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    amount: Mapped[int]
    per: Mapped[Per] = mapped_column(default=Per.TASK)
    notes: Mapped[LongText] = mapped_column(default="")


class JobLimit(Base):
    """How much of a limit each task, agent or the job takes.

    The name is no foreign key: a job that names a limit which isn't there waits, and says so.
    """

    __tablename__ = "job_limits"

    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    amount: Mapped[int] = mapped_column(default=1)
