"""One place under the names that each system has for it."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from farmgui.models.base import Base, Key


class PathMap(Base):
    """A folder as Linux, Windows and macOS name it; with a tag, for agents with that tag only.

    A map with a tag goes before one without (PyFarm 1.19).
    """

    __tablename__ = "path_maps"

    id: Mapped[Key]
    path_linux: Mapped[str] = mapped_column(String(512))
    path_windows: Mapped[str] = mapped_column(String(512))
    path_osx: Mapped[str] = mapped_column(String(512))
    tag_id: Mapped[int | None] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"))
