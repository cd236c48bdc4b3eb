"""Brings a database to the newest revision."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def migrate(connection: Connection) -> None:
    """Run what is missing, in the transaction that `connection` is in; the caller commits."""
    alembic = config()
    alembic.attributes["connection"] = connection
    command.upgrade(alembic, "head")


def known_revisions() -> frozenset[str]:
    """All revisions that this version of the program knows."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(config()).walk_revisions())


def config() -> Config:
    """Where Alembic finds the revisions."""
    alembic = Config()
    alembic.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    alembic.set_main_option("path_separator", "os")
    return alembic
