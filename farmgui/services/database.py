"""The database: opened, brought to the newest revision, and the one shape of a transaction.

Writers begin with BEGIN IMMEDIATE, because in WAL mode a transaction that reads first and writes later fails
at once when another one wrote between. What goes wrong with the database itself becomes a StoreError here.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from farmgui.domain.errors import InvalidValue, StoreError
from farmgui.models.migrations import HEAD
from farmgui.services.filesystems import network_kind

BUSY_SECONDS: Final = 30.0
QUIET: Final = "quiet"
"""Set in `Session.info` by who finds on the way that there is nothing to tell."""

_READING: Final = "farmgui_reading"
_BUMP: Final = text("UPDATE farm SET revision = revision + 1 WHERE id = 1")


class Sessions:
    """Transactions that write."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine = engine
        self._path = path

    @contextmanager
    def begin(self, *, quiet: bool = False) -> Iterator[Session]:
        """A session in a transaction: committed at the end, rolled back by any error.

        A quiet one changes nothing that a window shows, and wakes nobody. Raises StoreError where the
        database can't be written.
        """
        with (
            _told_in_words(self._path),
            Session(self._engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session
            if not (quiet or session.info.get(QUIET)):
                session.connection().execute(_BUMP)


class Database:
    """An open database; threads may share it."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self.path = path
        self.engine = engine
        self.sessions = Sessions(engine, path)
        self._readers = engine.execution_options(**{_READING: True})

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one moment of the database and changes nothing. Raises StoreError."""
        with _told_in_words(self.path), Session(self._readers) as session:
            yield session

    def close(self) -> None:
        """Close the connections that are at rest."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """The database at `url`, made or migrated where needed.

    Raises StoreError where it lies on a network file system, can't be opened, or was made by a newer program.
    """
    address = _address(url)
    path = Path(address.database or "").expanduser().absolute()
    _check_place(path)
    engine = create_engine(
        address.set(database=str(path)), connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    database = Database(engine, path)
    try:
        with _told_in_words(path):
            _use_wal(path)
            _migrate(engine, path)
    except BaseException:
        database.close()
        raise
    return database


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise StoreError(
            f'"{url}" names no database. Write it like sqlite:////home/me/farm.db (FARMGUI_DATABASE_URL).'
        ) from error
    if address.get_backend_name() != "sqlite" or address.database in (None, "", ":memory:"):
        raise StoreError(
            f"{address.render_as_string()} can't be used: this version keeps its farm in a SQLite file. "
            "Write it like sqlite:////home/me/farm.db (FARMGUI_DATABASE_URL)."
        )
    return address


def _check_place(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder of the database, {path.parent}, can't be made: {error.strerror}. "
            "Name another place in FARMGUI_HOME."
        ) from error
    kind = network_kind(path.parent)
    if kind:
        raise StoreError(
            f"The database {path} would lie on a network file system ({kind}), where SQLite's locks can't be "
            "trusted and a farm could be lost. Name a folder on a disk of this machine in FARMGUI_HOME."
        )


def _prepare(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
    # The driver must not begin transactions by itself: see _begin.
    connection.isolation_level = None
    pragmas = (
        "foreign_keys = ON",
        "synchronous = NORMAL",
        "temp_store = MEMORY",
        # 32 MB: a tick of a large farm touches more pages than SQLite keeps by itself.
        "cache_size = -32768",
        # To bring the log into the file waits for the disk: seldom, or each tick of a large farm would.
        "wal_autocheckpoint = 10000",
    )
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get(_READING)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _use_wal(path: Path) -> None:
    """Switch the file to WAL; the switch is kept in the file."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        end = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL").close()
                return
            except sqlite3.OperationalError as error:
                # The switch doesn't wait for another program that opens the same new file.
                if "locked" not in str(error) or time.monotonic() > end:
                    raise
                time.sleep(0.01)
    finally:
        connection.close()


def _migrate(engine: Engine, path: Path) -> None:
    with engine.execution_options(**{_READING: True}).connect() as connection:
        if _revision(connection) == HEAD:
            return
    from farmgui.models.migrations.run import known_revisions, migrate

    with engine.begin() as connection:
        # Another program may have migrated it while this one waited for the lock.
        revision = _revision(connection)
        if revision == HEAD:
            return
        if revision is not None and revision not in known_revisions():
            raise StoreError(
                f"The database {path} was made by a newer version of farmgui. Install that version, or name "
                "another database in FARMGUI_DATABASE_URL."
            )
        migrate(connection)


def _revision(connection: Connection) -> str | None:
    known = connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")).first()
    if known is None:
        return None
    row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return None if row is None else str(row[0])


_WORDS: Final = {
    "disk is full": "The disk that holds {path} is full: nothing was changed. Make room and try again.",
    "is locked": "Another program holds the database {path} for too long: nothing was changed. Try again.",
    "readonly database": "The database {path} may not be written: nothing was changed. See its permissions.",
    "unable to open database": "The database {path} can't be opened. Look at the permissions of its folder.",
    "disk i/o error": "The disk that holds {path} reports errors: nothing was changed. Look at the disk.",
    "is not a database": "{path} is no database of farmgui. Name another one in FARMGUI_DATABASE_URL.",
    "disk image is malformed": "The database {path} is damaged. Bring back a copy of it, or begin a new one.",
}


@contextmanager
def _told_in_words(path: Path) -> Iterator[None]:
    """Tell what is wrong with the database, its disk or a text in words; the rest are defects of ours."""
    try:
        yield
    except (DatabaseError, sqlite3.DatabaseError) as error:
        cause = str(error.orig if isinstance(error, DatabaseError) else error).lower()
        for sign, words in _WORDS.items():
            if sign in cause:
                raise StoreError(words.format(path=path)) from error
        raise
    except UnicodeEncodeError as error:
        # A name of a file, say, that was written in another encoding.
        raise InvalidValue(
            f"{str(error.object)[:60]!a} has characters that can't be stored. "
            "Write it with others, or rename the file."
        ) from error
