"""Opening, transactions, and what goes wrong with the database, in words."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from farmgui.domain.errors import InvalidValue, StoreError
from farmgui.models import User
from farmgui.services import database as module
from farmgui.services.database import Database, open_database


def users(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(User)) or 0


def test_a_database_is_made_with_its_folder_and_opened_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a' / 'b' / 'farm.db'}"
    for _ in range(2):
        database = open_database(url)
        with database.reading() as session:
            assert session.scalar(text("PRAGMA journal_mode")) == "wal"
            assert session.scalar(text("PRAGMA foreign_keys")) == 1
            assert session.scalar(text("PRAGMA synchronous")) == 1
        database.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        pytest.param("nonsense", "names no database", id="no url"),
        pytest.param("sqlite://", "SQLite file", id="in memory"),
        pytest.param("postgresql://host/farm", "SQLite file", id="another server"),
    ],
)
def test_an_address_that_cannot_be_used_is_told(url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words):
        open_database(url)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "farm.db"
    path.write_text("this is a letter, and a rather long one, " * 100)
    with pytest.raises(StoreError, match="is no database of farmgui"):
        open_database(f"sqlite:///{path}")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="can't be made"):
        open_database(f"sqlite:///{tmp_path / 'file' / 'farm.db'}")


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'farm.db'}"
    database = open_database(url)
    with database.sessions.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(StoreError, match="newer version"):
        open_database(url)


@pytest.mark.parametrize(
    ("kind", "options", "refused"),
    [
        pytest.param("ext4", "rw", False, id="a disk"),
        pytest.param("tmpfs", "rw", False, id="memory"),
        pytest.param("nfs4", "rw", True, id="nfs"),
        pytest.param("cifs", "rw", True, id="a windows share"),
        pytest.param("fuse.sshfs", "rw", True, id="sshfs"),
        pytest.param("9p", "rw", True, id="9p"),
        pytest.param("NTFS", "rw,remote", True, id="a drive letter of a share"),
    ],
)
def test_a_network_file_system_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, options: str, refused: bool
) -> None:
    def mounts(all: bool = False) -> list[SimpleNamespace]:  # noqa: A002  psutil's name
        return [
            SimpleNamespace(mountpoint="/", fstype="ext4", opts="rw"),
            SimpleNamespace(mountpoint=str(tmp_path), fstype=kind, opts=options),
        ]

    monkeypatch.setattr(psutil, "disk_partitions", mounts)
    if refused:
        with pytest.raises(StoreError, match="network file system"):
            open_database(f"sqlite:///{tmp_path / 'farm.db'}")
        assert not (tmp_path / "farm.db").exists()
    else:
        open_database(f"sqlite:///{tmp_path / 'farm.db'}").close()


def test_an_error_rolls_everything_back(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.sessions.begin() as session:
        session.add(User(name="ada"))
        session.flush()
        raise ZeroDivisionError
    assert users(database) == 0


def test_a_full_disk_is_told_and_nothing_is_stored(database: Database) -> None:
    with (
        pytest.raises(StoreError, match="is full: nothing was changed"),
        database.sessions.begin() as session,
    ):
        # SQLite's own limit of the file stands for that of the disk; the error is the same.
        session.execute(text("PRAGMA max_page_count = 1"))
        session.add_all(User(name=f"{number} {'x' * 200}") for number in range(2000))
    assert users(database) == 0


def test_a_lock_that_is_not_let_go_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.05)
    database = open_database(f"sqlite:///{tmp_path / 'farm.db'}")
    other = sqlite3.connect(tmp_path / "farm.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="Another program holds"), database.sessions.begin():
        pass
    assert users(database) == 0, "readers don't wait for writers"
    other.execute("ROLLBACK")
    other.close()
    database.close()


def test_a_reader_sees_one_moment_while_others_write(database: Database) -> None:
    with database.reading() as reader:
        assert reader.scalar(select(func.count()).select_from(User)) == 0
        with database.sessions.begin() as session:
            session.add(User(name="ada"))
        assert reader.scalar(select(func.count()).select_from(User)) == 0
    assert users(database) == 1


def test_two_programs_may_open_a_new_database_at_one_time(tmp_path: Path) -> None:
    code = f"from farmgui.services.database import open_database; open_database({_url(tmp_path)!r}).close()"
    programs = [subprocess.Popen([sys.executable, "-W", "error", "-c", code]) for _ in range(2)]
    assert [program.wait(60) for program in programs] == [0, 0]


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'farm.db'}"


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("SELECT fullpath FROM users", id="not every full is a disk"),
        pytest.param("SELECT json_extract('{', '$.a')", id="not every malformed is a file"),
    ],
)
def test_a_defect_of_ours_is_not_told_as_a_broken_disk(database: Database, statement: str) -> None:
    with pytest.raises(OperationalError), database.reading() as session:
        session.execute(text(statement))


def test_text_that_cannot_be_stored_is_told(database: Database) -> None:
    with pytest.raises(InvalidValue, match="can't be stored"), database.sessions.begin() as session:
        session.add(User(name="a\udcff"))
    assert users(database) == 0
