"""Programs that jobs need and agents have, and the order of their versions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, String, Table, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from farmgui.models.base import Base, Key


class Software(Base):
    """A program that a job may need on its agent."""

    __tablename__ = "software"

    id: Mapped[Key]
    software: Mapped[str] = mapped_column(String(64), unique=True)
    """Its name, like "blender"."""

    versions: Mapped[list[SoftwareVersion]] = relationship(
        back_populates="software",
        order_by="SoftwareVersion.rank",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )


class SoftwareVersion(Base):
    """One version of a program. `rank` orders the versions; their names are never parsed (PyFarm 1.17)."""

    __tablename__ = "software_versions"
    __table_args__ = (UniqueConstraint("software_id", "version"), UniqueConstraint("software_id", "rank"))

    id: Mapped[Key]
    software_id: Mapped[int] = mapped_column(ForeignKey("software.id", ondelete="CASCADE"))
    version: Mapped[str] = mapped_column(String(64), default="any")
    rank: Mapped[int]
    default: Mapped[bool] = mapped_column(default=False)
    """A new agent is taken to have it."""
    discovery: Mapped[dict[str, Any] | None]
    """How an agent finds it, as data: names and places of the program, and the pattern of its version."""

    software: Mapped[Software] = relationship(back_populates="versions")


agent_software_versions = Table(
    "agent_software_version_associations",
    Base.metadata,
    Column("agent_id", ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True),
    Column("software_version_id", ForeignKey("software_versions.id", ondelete="CASCADE"), primary_key=True),
    # Found by the agent itself, which may take it away again; what a person set stays.
    Column("found", Boolean, nullable=False, default=False, server_default=false()),
)


class JobSoftwareRequirement(Base):
    """A program that each agent of a job must have, in a version whose rank is between the two."""

    __tablename__ = "job_software_requirements"
    __table_args__ = (UniqueConstraint("software_id", "job_id"),)

    id: Mapped[Key]
    software_id: Mapped[int] = mapped_column(ForeignKey("software.id"))
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    min_version_id: Mapped[int | None] = mapped_column(ForeignKey("software_versions.id"))
    max_version_id: Mapped[int | None] = mapped_column(ForeignKey("software_versions.id"))

    software: Mapped[Software] = relationship()
    min_version: Mapped[SoftwareVersion | None] = relationship(foreign_keys=[min_version_id])
    max_version: Mapped[SoftwareVersion | None] = relationship(foreign_keys=[max_version_id])


class JobTypeSoftwareRequirement(Base):
    """A program that each agent must have for jobs of a version of a job type."""

    __tablename__ = "jobtype_software_requirements"

    jobtype_version_id: Mapped[int] = mapped_column(
        ForeignKey("jobtype_versions.id", ondelete="CASCADE"), primary_key=True
    )
    software_id: Mapped[int] = mapped_column(ForeignKey("software.id"), primary_key=True)
    min_version_id: Mapped[int | None] = mapped_column(ForeignKey("software_versions.id"))
    max_version_id: Mapped[int | None] = mapped_column(ForeignKey("software_versions.id"))

    software: Mapped[Software] = relationship()
    min_version: Mapped[SoftwareVersion | None] = relationship(foreign_keys=[min_version_id])
    max_version: Mapped[SoftwareVersion | None] = relationship(foreign_keys=[max_version_id])
