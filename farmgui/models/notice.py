"""What people are to be told: written with what it tells of, sent afterwards."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from farmgui.domain.requirements import Channel, Outcome
from farmgui.models.base import Base, Key, LongText


class Notice(Base):
    """One message to one recipient, stored in the transaction in which the job ended.

    So it is never lost; `message_id` stays the same however often it is tried.
    """

    __tablename__ = "notices"
    __table_args__ = (
        Index(
            "ix_notices_open",
            "not_before",
            sqlite_where=text("time_closed IS NULL"),
            postgresql_where=text("time_closed IS NULL"),
        ),
    )

    id: Mapped[Key]
    job_id: Mapped[int]
    """No foreign key: it is sent after the job was deleted, too."""
    outcome: Mapped[Outcome]
    channel: Mapped[Channel]
    recipient: Mapped[LongText]
    """A mail address, a user's name or a web address, by the channel."""
    message_id: Mapped[str] = mapped_column(String(255), unique=True)
    subject: Mapped[LongText]
    body: Mapped[LongText]
    time_created: Mapped[datetime]
    not_before: Mapped[datetime]
    """When it is tried (again)."""
    tries: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[LongText | None]
    time_closed: Mapped[datetime | None]
    """When it was sent, or given up for the last error."""
    sent: Mapped[bool] = mapped_column(default=False)
