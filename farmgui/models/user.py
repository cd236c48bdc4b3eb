"""The people whose jobs these are."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from farmgui.models.base import Base, Key, Name


class User(Base):
    """A person, known by the name of their account."""

    __tablename__ = "users"

    id: Mapped[Key]
    name: Mapped[Name] = mapped_column(unique=True)
