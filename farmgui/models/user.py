"""The people whose jobs these are, what they may do, and what they want to be told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from farmgui.models.base import Base, Key, LongText, Name

user_roles = Table(
    "user_roles",
    Base.metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
)


class Role(Base):
    """What people may do, by name; until `expiration` where there is one."""

    __tablename__ = "roles"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(128), unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    expiration: Mapped[datetime | None]
    description: Mapped[LongText] = mapped_column(default="")

    def is_active(self, now: datetime) -> bool:
        """Whether it counts at `now`."""
        return self.active and (self.expiration is None or self.expiration > now)


class User(Base):
    """A person, known by the name of their account; until `expiration` where there is one."""

    __tablename__ = "users"

    id: Mapped[Key]
    name: Mapped[Name] = mapped_column(unique=True)
    email: Mapped[str | None] = mapped_column(String(255), index=True, unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    expiration: Mapped[datetime | None]

    roles: Mapped[list[Role]] = relationship(secondary=user_roles, passive_deletes=True)

    def is_active(self, now: datetime) -> bool:
        """Whether the account and all its roles count at `now`."""
        return (
            self.active
            and (self.expiration is None or self.expiration > now)
            and all(role.is_active(now) for role in self.roles)
        )

    def has_roles(self, allowed: Collection[str] = (), required: Collection[str] = ()) -> bool:
        """Whether the person has one of `allowed` and all of `required` (PyFarm 9.1 rule 23).

        The role "a.b.c" stands for "a" and "a.b" as well (PyFarm 1.19).
        """
        held = {name for role in self.roles for name in _with_parents(role.name)}
        return (not allowed or not held.isdisjoint(allowed)) and held.issuperset(required)


class JobNotifiedUser(Base):
    """A person who is told how a job ended."""

    __tablename__ = "notified_users"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    job_id: Mapped[int] = mapped_column(
        ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    on_success: Mapped[bool] = mapped_column(default=True)
    on_failure: Mapped[bool] = mapped_column(default=True)
    on_deletion: Mapped[bool] = mapped_column(default=False)

    user: Mapped[User] = relationship()


def _with_parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
