"""Job types and their versions; a job stays with the version that it was submitted with."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from farmgui.domain.errors import InvalidValue
from farmgui.domain.jobtypes import JobTypeDefinition, parse_definition
from farmgui.domain.limits import VERSION_LIMITS
from farmgui.models.base import Base, Key, LongText
from farmgui.models.software import JobTypeSoftwareRequirement


class JobType(Base):
    """A kind of job, like "blender"; what it does is said by its versions."""

    __tablename__ = "jobtypes"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(64), unique=True)
    description: Mapped[LongText] = mapped_column(default="")
    success_subject: Mapped[LongText | None]
    """The templates of the mail that tells how a job ended; None: the farm's."""
    success_body: Mapped[LongText | None]
    fail_subject: Mapped[LongText | None]
    fail_body: Mapped[LongText | None]

    versions: Mapped[list[JobTypeVersion]] = relationship(
        back_populates="jobtype", order_by="JobTypeVersion.version", cascade="all, delete-orphan"
    )

    @validates("name")
    def validate_name(self, _key: str, value: object) -> str:
        """Not empty."""
        if not isinstance(value, str) or not value.strip():
            raise InvalidValue("A job type has a name.")
        return value


class JobTypeVersion(Base):
    """One state of a job type's file; never changed once stored."""

    __tablename__ = "jobtype_versions"
    __table_args__ = (UniqueConstraint("jobtype_id", "version"),)

    id: Mapped[Key]
    jobtype_id: Mapped[int] = mapped_column(ForeignKey("jobtypes.id", ondelete="CASCADE"))
    version: Mapped[int]
    max_batch: Mapped[int | None]
    batch_contiguous: Mapped[bool] = mapped_column(default=False)
    no_automatic_start_time: Mapped[bool] = mapped_column(default=False)
    """Tasks tell themselves when their work begins; the start of their process is not it."""
    supports_tiling: Mapped[bool] = mapped_column(default=False)
    source: Mapped[LongText]
    """The text of its file."""
    definition: Mapped[dict[str, Any]]
    """What the text says, parsed."""

    jobtype: Mapped[JobType] = relationship(back_populates="versions")
    software_requirements: Mapped[list[JobTypeSoftwareRequirement]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )

    @validates("max_batch", "version")
    def validate_number(self, key: str, value: object) -> int | None:
        """1 or more; no `max_batch` for batches of any length."""
        return VERSION_LIMITS[key].check(value)

    def parsed(self) -> JobTypeDefinition:
        """The definition as the domain knows it."""
        return parse_definition(self.definition, f"job type version {self.id}")
