"""The runs of a task."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    String,
    TextClause,
    UniqueConstraint,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from farmgui.domain.states import AgentState, AttemptState, TaskState
from farmgui.models.agent import Agent
from farmgui.models.base import Base, Key, LongText, Megabytes, Token

IS_OPEN: Final[TextClause] = text("attempts.state IN ('assigned', 'running')")
"""The condition of a query for open attempts; written out, or SQLite wouldn't see that the index fits."""


class Attempt(Base):
    """One run of a task on an agent; open while its processes may run.

    What a batch shares (agent, incarnation, fence, cpus, ram) is kept on each of its attempts.
    """

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("task_id", "number"),
        Index(
            "ix_attempts_open",
            "agent_id",
            "batch",
            sqlite_where=text("state IN ('assigned', 'running')"),
            postgresql_where=text("state IN ('assigned', 'running')"),
        ),
        Index(
            "ix_attempts_stopping",
            "agent_id",
            sqlite_where=text("state IN ('assigned', 'running') AND stop_as IS NOT NULL"),
            postgresql_where=text("state IN ('assigned', 'running') AND stop_as IS NOT NULL"),
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Key]
    token: Mapped[Token] = mapped_column(unique=True)
    batch: Mapped[Token]
    """The token of the batch that it runs in; all attempts of a batch take one slot of the agent."""
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"))
    job_id: Mapped[int]
    """The job of its task, to save a join; no foreign key, because that would need an index of its own."""
    number: Mapped[int]
    """Counts the attempts of the task from 1."""
    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    incarnation: Mapped[str] = mapped_column(String(64))
    """The agent's, when the attempt was assigned: what an earlier one had is over."""
    fence: Mapped[int]
    """The fencing token of the lead that assigned it."""
    state: Mapped[AttemptState] = mapped_column(default=AttemptState.ASSIGNED)
    stop_as: Mapped[TaskState | None]
    """A stop was asked for: what the task becomes when the attempt has ended."""
    cpus: Mapped[int]
    """As the job asked when it was assigned: 0 none, -1 the whole agent."""
    ram: Mapped[Megabytes]
    gpus: Mapped[int] = mapped_column(default=0)
    log: Mapped[LongText]
    """Absolute path of the log file on the agent."""
    time_assigned: Mapped[datetime]
    time_started: Mapped[datetime | None]
    time_finished: Mapped[datetime | None]
    exit_status: Mapped[int | None]
    reason: Mapped[LongText | None]
    cpu_seconds: Mapped[float | None]
    peak_ram: Mapped[Megabytes | None]


def usable_agents(session: Session, jobs: ColumnElement[bool]) -> int:
    """How many usable agents hold open attempts of jobs; `jobs` is a condition on `Attempt.job_id`."""
    number = session.scalar(
        select(func.count(Attempt.agent_id.distinct()))
        .join(Agent, Agent.id == Attempt.agent_id)
        .where(IS_OPEN, jobs, Agent.enabled, Agent.state != AgentState.OFFLINE)
    )
    return number or 0
