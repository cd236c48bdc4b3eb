"""Which job waits for which."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, false

from farmgui.models.base import Base

dependencies = Table(
    "job_dependencies",
    Base.metadata,
    Column("childid", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("parentid", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("by_frame", Boolean, nullable=False, default=False, server_default=false()),
    Index(None, "parentid"),
)
"""The child waits for the parent; `by_frame`, each of its frames for the same frame of the parent."""
