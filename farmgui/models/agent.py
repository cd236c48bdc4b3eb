"""The machines that run tasks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from farmgui.domain.states import AgentState
from farmgui.models.base import Base, LongText, Megabytes, Name
from farmgui.models.tag import Tag, agent_tags


class Agent(Base):
    """A machine that runs tasks.

    `enabled` is what a wrangler wants of it, `state` what the lead observes: offline or online. That it is
    busy follows from its open attempts and isn't stored.
    """

    __tablename__ = "agents"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    hostname: Mapped[Name]
    state: Mapped[AgentState] = mapped_column(default=AgentState.OFFLINE)
    enabled: Mapped[bool] = mapped_column(default=True)
    incarnation: Mapped[str] = mapped_column(String(64))
    """New at each start of the agent process."""
    pid: Mapped[int | None]
    cpus: Mapped[int]
    ram: Mapped[Megabytes]
    free_ram: Mapped[Megabytes | None]
    os: Mapped[str] = mapped_column(String(128), default="")
    version: Mapped[str] = mapped_column(String(32), default="")
    notes: Mapped[LongText] = mapped_column(default="")
    last_heard_from: Mapped[datetime | None]

    tags: Mapped[list[Tag]] = relationship(secondary=agent_tags)
