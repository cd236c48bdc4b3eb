"""Who has subscribed hears of every change, wherever it was made."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from farmgui.models import User
from farmgui.services.changes import Changes
from farmgui.services.database import Database
from farmgui.services.lease import Lease


class Heard(threading.Event):
    """What a subscriber does: it only signals."""

    def in_time(self) -> bool:
        heard = self.wait(2)
        self.clear()
        return heard


@pytest.fixture
def heard(database: Database) -> Iterator[Heard]:
    changes = Changes(database, poll=0.005)
    heard = Heard()
    changes.subscribe(heard.set)
    yield heard
    changes.close()


def test_a_change_of_this_program_is_told(database: Database, heard: Heard) -> None:
    with database.sessions.begin() as session:
        session.add(User(name="ada"))
    assert heard.in_time()


def test_a_change_of_another_program_is_told(tmp_path: Path, database: Database, heard: Heard) -> None:
    other = sqlite3.connect(tmp_path / "farm.db", isolation_level=None)
    other.execute("UPDATE farm SET revision = revision + 1")
    other.close()
    assert heard.in_time()


def test_a_renewed_lease_is_no_news(database: Database, heard: Heard) -> None:
    lease = Lease(database)
    lease.try_acquire()
    assert heard.in_time()
    lease.renew()
    assert not heard.wait(0.1)


def test_reading_is_no_news(database: Database, heard: Heard) -> None:
    with database.reading():
        pass
    assert not heard.wait(0.1)


def test_who_unsubscribed_hears_no_more(database: Database) -> None:
    changes = Changes(database, poll=60)
    first, second = Heard(), Heard()
    changes.subscribe(first.set)
    changes.subscribe(second.set)
    changes.unsubscribe(first.set)
    with database.sessions.begin() as session:
        session.add(User(name="ada"))
    # Nobody waits for the next turn after a command of this program.
    changes.look()
    assert second.in_time()
    assert not first.is_set()
    changes.close()
