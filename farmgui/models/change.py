"""What changed since when, so that a copy in memory is kept by reading only that.

The rows are written by triggers of the database (revision 0004), whoever makes the change. Each carries the
revision of the farm that its transaction makes: a reader that knows the farm at revision R finds in what is
above R each change at least once.
"""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from farmgui.models.base import Base


class JobChange(Base):
    """The newest change of a job, of what it needs or depends on, or of its deletion."""

    __tablename__ = "job_changes"

    job_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(index=True)


class AgentChange(Base):
    """The newest change of an agent but for what it tells with each beat of its heart."""

    __tablename__ = "agent_changes"

    agent_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    revision: Mapped[int] = mapped_column(index=True)
