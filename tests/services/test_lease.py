"""One lead at a time, whatever becomes of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from farmgui.models import Lease as LeaseRow
from farmgui.services.database import Database, open_database
from farmgui.services.lease import Lease, LostLease, check_fence

HOLD = """
import sys, time
from farmgui.services.database import open_database
from farmgui.services.lease import Lease
lease = Lease(open_database(sys.argv[1]), "run")
print(lease.try_acquire(), flush=True)
time.sleep(60)
"""


@pytest.fixture
def other(tmp_path: Path, database: Database) -> Iterator[subprocess.Popen[str]]:
    """Another program that holds the lease, with the fencing token 1."""
    command = [sys.executable, "-c", HOLD, f"sqlite:///{tmp_path / 'farm.db'}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "1\n"
        yield program
        program.kill()


def test_the_first_gets_it_and_the_second_does_not(database: Database) -> None:
    first, second = Lease(database, "window"), Lease(database, "run")
    assert first.holder() is None
    assert first.try_acquire() == 1
    assert second.try_acquire() is None
    holder = second.holder()
    assert holder is not None
    assert (holder.kind, holder.pid, holder.is_me) == ("window", os.getpid(), False)
    mine = first.holder()
    assert mine is not None
    assert mine.is_me


def test_what_is_let_go_is_free_and_the_fence_rises(database: Database) -> None:
    first, second = Lease(database), Lease(database)
    first.try_acquire()
    first.release()
    assert first.holder() is None
    assert second.try_acquire() == 2
    assert not first.renew()
    first.release()
    assert second.renew(), "who doesn't hold it can't release it"


def test_a_lead_that_stopped_renewing_is_followed(database: Database) -> None:
    first, second = Lease(database), Lease(database)
    first.try_acquire()
    with database.sessions.begin() as session:
        session.execute(update(LeaseRow).values(expires=datetime.now(UTC) - timedelta(seconds=1)))
    assert second.try_acquire() == 2
    assert not first.renew()


def test_a_lead_on_another_machine_is_left_until_its_lease_ends(database: Database) -> None:
    first, second = Lease(database), Lease(database)
    first.try_acquire()
    with database.sessions.begin() as session:
        session.execute(update(LeaseRow).values(hostname="elsewhere", pid=1, process_time=0))
    assert second.try_acquire() is None


def test_a_living_program_keeps_it(database: Database, other: subprocess.Popen[str]) -> None:
    assert Lease(database).try_acquire() is None


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_program_is_followed_at_once(database: Database, other: subprocess.Popen[str]) -> None:
    other.send_signal(signal.SIGKILL)
    other.wait(10)
    assert Lease(database).holder() is None
    assert Lease(database).try_acquire() == 2


def test_another_process_under_the_same_number_does_not_hold_it(database: Database) -> None:
    lease = Lease(database)
    lease.try_acquire()
    with database.sessions.begin() as session:
        session.execute(update(LeaseRow).values(process_time=LeaseRow.process_time - 3600))
    assert Lease(database).try_acquire() == 2


def test_a_window_may_ask_a_background_run_to_hand_over(database: Database) -> None:
    run, window = Lease(database, "background"), Lease(database, "window")
    run.try_acquire()
    assert not run.asked_to_yield()
    window.ask_to_yield()
    assert run.asked_to_yield()
    assert not window.asked_to_yield()
    run.release()
    assert window.try_acquire() == 2
    assert not window.asked_to_yield()


def test_a_former_lead_is_refused(tmp_path: Path, database: Database) -> None:
    old, new = Lease(database), Lease(database)
    fence = old.try_acquire()
    old.release()
    newer = new.try_acquire()
    assert fence is not None
    assert newer is not None
    with pytest.raises(LostLease), database.sessions.begin() as session:
        check_fence(session, fence)
    again = open_database(f"sqlite:///{tmp_path / 'farm.db'}")
    with again.sessions.begin() as session:
        check_fence(session, newer)
    again.close()
