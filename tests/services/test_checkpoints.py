"""The log of the database is brought into its file beside what others do."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from sqlalchemy import insert

from farmgui.models import Tag
from farmgui.services.checkpoints import LEAST, Checkpoints
from farmgui.services.database import Database


def test_a_long_log_comes_into_the_file(database: Database) -> None:
    checkpoints = Checkpoints(database.path)
    try:
        for part in range(40):
            with database.sessions.begin() as session:
                session.execute(
                    insert(Tag), [{"tag": f"{part}-{number}" + "x" * 200} for number in range(500)]
                )
        assert log_of(database.path).stat().st_size > LEAST
        end = time.monotonic() + 10
        while in_the_file(database.path) < 20_000:
            assert time.monotonic() < end
            time.sleep(0.1)
    finally:
        checkpoints.close()


def log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def in_the_file(path: Path) -> int:
    """How many tags are in the file itself, without its log."""
    copy = path.with_name("copy.db")
    copy.write_bytes(path.read_bytes())
    connection = sqlite3.connect(copy)
    try:
        return int(connection.execute("SELECT count(*) FROM tags").fetchone()[0])
    except sqlite3.DatabaseError:
        # It is being written.
        return 0
    finally:
        connection.close()
