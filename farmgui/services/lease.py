"""The lease: the right to schedule, which one program at a time has.

Each holder gets a fencing token higher than those before it; what a former holder still tries to write is
refused by `check_fence` in the same transaction.
"""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final
from uuid import uuid4

import psutil
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from farmgui.domain.errors import FarmError
from farmgui.domain.snapshots import LeadRow
from farmgui.models import Lease as LeaseRow
from farmgui.services.bulk import Driver
from farmgui.services.database import Database

LEASE_TIME: Final = timedelta(seconds=10)
_LEASE: Final = LeaseRow.id == 1
_FENCE: Final = "SELECT fence FROM leases WHERE id = 1"


class LostLease(FarmError):
    """Another program schedules by now; nothing was changed."""

    def __init__(self) -> None:
        super().__init__("Another program schedules this farm by now.")


def check_fence(session: Session, fence: int) -> None:
    """Raise LostLease unless `fence` is still the newest."""
    if Driver(session).value(_FENCE) != fence:
        raise LostLease


class Lease:
    """This program's claim to the lease; `kind` tells others what holds it, like "window" or "run"."""

    def __init__(self, database: Database, kind: str = "window") -> None:
        self._database = database
        self._kind = kind
        self._me = uuid4().hex
        self._fence = 0

    def try_acquire(self) -> int | None:
        """The fencing token where the lease is ours now; None while another program holds it.

        An expired lease is taken over, and at once that of a process of this machine that is gone.
        """
        with self._database.reading() as session:
            if self._taken(session.scalars(select(LeaseRow).where(_LEASE)).one()):
                return None
        with self._database.sessions.begin() as session:
            row = session.scalars(select(LeaseRow).where(_LEASE)).one()
            if self._taken(row):
                return None
            row.holder, row.kind, row.yield_asked = self._me, self._kind, False
            row.hostname, (row.pid, row.process_time) = socket.gethostname(), _this_process()
            row.fence += 1
            row.expires = datetime.now(UTC) + LEASE_TIME
            self._fence = row.fence
        return self._fence

    def renew(self) -> bool:
        """Hold it for another 10 seconds; False where another program has it by now."""
        with self._database.sessions.begin(quiet=True) as session:
            renewed = session.execute(
                update(LeaseRow)
                .where(_LEASE, LeaseRow.holder == self._me, LeaseRow.fence == self._fence)
                .values(expires=datetime.now(UTC) + LEASE_TIME)
                .returning(LeaseRow.id)
            )
            return renewed.first() is not None

    def is_ours(self) -> bool:
        """Whether we hold it still; it isn't renewed."""
        with self._database.reading() as session:
            row = session.scalars(select(LeaseRow).where(_LEASE)).one()
            return row.holder == self._me and row.fence == self._fence and _holds(row)

    def release(self) -> None:
        """Let go of it; the fencing token stays the highest."""
        with self._database.sessions.begin() as session:
            session.execute(
                update(LeaseRow)
                .where(_LEASE, LeaseRow.holder == self._me)
                .values(holder=None, expires=None, yield_asked=False)
            )

    def ask_to_yield(self) -> None:
        """Ask the program that holds it to hand over.

        It looks by itself; to tell of it as of a change would wake the one that asks to ask again.
        """
        with self._database.sessions.begin(quiet=True) as session:
            session.execute(
                update(LeaseRow)
                .where(_LEASE, LeaseRow.holder.is_not(None), LeaseRow.holder != self._me)
                .values(yield_asked=True)
            )

    def asked_to_yield(self) -> bool:
        """Whether another program wants what we hold."""
        with self._database.reading() as session:
            row = session.scalars(select(LeaseRow).where(_LEASE)).one()
            return row.holder == self._me and row.yield_asked

    def holder(self) -> LeadRow | None:
        """Who holds it; None when nobody does or the holder is gone."""
        with self._database.reading() as session:
            return holder(session, self._me)

    def _taken(self, row: LeaseRow) -> bool:
        return row.holder != self._me and _holds(row)


def holder(session: Session, me: str | None = None) -> LeadRow | None:
    """Who holds the lease. Without `me`, `is_me` tells that it is this process."""
    row = session.scalars(select(LeaseRow).where(_LEASE)).one()
    if not _holds(row):
        return None
    mine = row.holder == me if me else _is_here(row) and (row.pid, row.process_time) == _this_process()
    return LeadRow(row.hostname, row.pid, row.kind, mine)


def _holds(row: LeaseRow) -> bool:
    if row.holder is None or row.expires is None:
        return False
    if row.expires <= datetime.now(UTC):
        return False
    return not _is_here(row) or _lives(row.pid, row.process_time)


def _is_here(row: LeaseRow) -> bool:
    return row.hostname == socket.gethostname()


def _lives(pid: int, process_time: float) -> bool:
    if (pid, process_time) == _this_process():
        return True
    try:
        process = psutil.Process(pid)
        same = abs(float(process.create_time()) - process_time) < 1
        return same and bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


@cache
def _this_process() -> tuple[int, float]:
    pid = os.getpid()
    return pid, psutil.Process(pid).create_time()
