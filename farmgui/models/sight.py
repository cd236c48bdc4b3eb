"""What agents see of the files of jobs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from farmgui.domain.sights import Blindness
from farmgui.models.base import Base, Key, LongText


class AgentSight(Base):
    """Whether an agent can read a scene and write into a folder, as jobs name them.

    Asked by whoever shows it or needs it, answered by the lead, which has the agent look.
    """

    __tablename__ = "agent_sights"
    __table_args__ = (UniqueConstraint("agent_id", "scene", "folder"),)

    id: Mapped[Key]
    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    scene: Mapped[LongText]
    folder: Mapped[LongText]
    time_asked: Mapped[datetime]
    time_answered: Mapped[datetime | None]
    """None: it was asked, and the agent hasn't answered yet."""
    problem: Mapped[Blindness | None]
    path: Mapped[LongText] = mapped_column(default="")
    """The file or folder of the problem, as the agent knows it."""
