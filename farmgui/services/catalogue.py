"""What the services of the farm's tables share: one shape of a command, and checks of names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session

from farmgui.domain.errors import InvalidValue
from farmgui.services.database import Database


class Commands:
    """Commands that are one transaction each and then wake the scheduler."""

    def __init__(self, database: Database, wake: Callable[[], None]) -> None:
        self._database = database
        self._wake = wake

    @contextmanager
    def _changing(self, taken: str = "") -> Iterator[Session]:
        """A transaction; where a value is there already that may be there once, InvalidValue says `taken`."""
        try:
            with self._database.sessions.begin() as session:
                yield session
        except IntegrityError as error:
            if not taken:
                raise
            raise InvalidValue(taken) from error
        self._wake()


def counts_by(session: Session, column: InstrumentedAttribute[Any] | ColumnElement[Any]) -> dict[Any, int]:
    """How many rows there are for each value of `column`."""
    return dict(session.execute(select(column, func.count()).group_by(column)).all())


def checked_name(name: str, what: str, length: int = 64, *, forbidden: str = "") -> str:
    """`name` without white space around it. Raises InvalidValue where it is none or too long."""
    name = name.strip()
    if not name or len(name) > length or not name.isprintable() or any(sign in name for sign in forbidden):
        without = f" without {' '.join(forbidden)}" if forbidden else ""
        raise InvalidValue(f"The name of {what} has 1 to {length} characters on one line{without}.")
    return name
