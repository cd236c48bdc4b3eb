"""The tables for statements in bulk, long lists in parts, and the driver itself for thousands of rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Dialect,
    Executable,
    SQLColumnExpression,
    Table,
    Update,
    bindparam,
    column,
    func,
    select,
)
from sqlalchemy.orm import Session

from farmgui.domain.states import AttemptState, JobState, TaskState
from farmgui.models import Agent, Attempt, Job, JobQueue, JobTypeVersion, Task

JOBS: Final = cast(Table, Job.__table__)
TASKS: Final = cast(Table, Task.__table__)
ATTEMPTS: Final = cast(Table, Attempt.__table__)
AGENTS: Final = cast(Table, Agent.__table__)
QUEUES: Final = cast(Table, JobQueue.__table__)
VERSIONS: Final = cast(Table, JobTypeVersion.__table__)

_LENGTH: Final = len("2026-11-25 22:00:00.000000")
"""Of a moment as it is stored, without its zone."""

JOB_STATES: Final = {state.value: state for state in JobState}
TASK_STATES: Final = {state.value: state for state in TaskState}
ATTEMPT_STATES: Final = {state.value: state for state in AttemptState}
"""The states by what is stored of them: to ask the enumeration takes ten times as long."""

PART: Final = 10_000
"""Values in one IN; SQLite takes 32,766."""

T = TypeVar("T")


def any_of(name: str) -> BindParameter[Any]:
    """A parameter for IN that takes a list.

    With it a statement can be made once and kept, and SQLAlchemy need not look at its parts each time: the
    lead runs the same few statements hundreds of times a second.
    """
    return bindparam(name, expanding=True)


def among(key: SQLColumnExpression[Any], name: str = "ids") -> ColumnElement[bool]:
    """Whether `key` is one of a list, given as one parameter that `listed` makes: any number of values."""
    return key.in_(select(func.json_each(bindparam(name)).table_valued(column("value")).c.value))


def listed(values: Iterable[Any]) -> str:
    """`values` as the parameter of `among`."""
    return json.dumps(list(values))


def parts(values: Sequence[T], length: int = PART) -> Iterator[Sequence[T]]:
    """`values` in pieces of up to `length`."""
    for start in range(0, len(values), length):
        yield values[start : start + length]


def for_each(session: Session, statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
    """Run `statement` once for each row, in one call of the driver; nothing for no rows."""
    if not rows:
        return
    connection = session.connection()
    if not isinstance(statement, Update):
        connection.execute(statement, rows)
        return
    prepared = _prepared(statement, connection.dialect)
    Driver(session).many(prepared.sql, [prepared.values(row) for row in rows])


class _Prepared:
    """A statement as the driver takes it; SQLAlchemy would look at it anew for each of the rows."""

    def __init__(self, statement: Update, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        names: Sequence[str] = getattr(compiled, "positiontup", None) or ()
        self.sql = str(compiled)
        self._steps: list[tuple[str, Any, Callable[[Any], Any] | None]] = []
        for name in names:
            bind = compiled.binds[name]
            process = bind.type.dialect_impl(dialect).bind_processor(dialect)
            self._steps.append((name, bind.value, process))

    def values(self, row: Mapping[str, Any]) -> list[Any]:
        """The row as it is stored; what it doesn't name is what the statement says."""
        found = []
        for name, constant, process in self._steps:
            value = row.get(name, constant)
            found.append(value if process is None else process(value))
        return found


@lru_cache(maxsize=256)
def _prepared(statement: Update, dialect: Dialect) -> _Prepared:
    return _Prepared(statement, dialect)


class Driver:
    """The driver's own cursor in the transaction of `session`, for statements that run thousands of times.

    SQLAlchemy takes some 50 µs to run a statement and 10 µs a row of many; the driver 5 and 1. What goes in
    and comes out is as it is stored: see `stored_time`.
    """

    def __init__(self, session: Session) -> None:
        self._cursor = cast(Any, session.connection().connection.cursor())

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What a query finds."""
        found: list[tuple[Any, ...]] = self._cursor.execute(sql, values).fetchall()
        return found

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The first value of the first row; None without one."""
        row = self._cursor.execute(sql, values).fetchone()
        return None if row is None else row[0]

    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for each row."""
        if rows:
            self._cursor.executemany(sql, rows)


@lru_cache(maxsize=1024)
def update_by_id(table: str, names: tuple[str, ...]) -> str:
    """The statement that sets these columns of a row; its values come in their order, then the row's id."""
    return f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in names)} WHERE id = ?"  # noqa: S608  our own names


def stored_time(time: datetime) -> str:
    """A moment as it is stored; such texts sort as the moments do."""
    return time.astimezone(UTC).isoformat(" ", "microseconds")[:_LENGTH]


def stored_second(seconds: float) -> str:
    """The same for seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(" ", "microseconds")[:_LENGTH]


def moment(stored: str) -> datetime:
    """The moment from what is stored of it."""
    return datetime.fromisoformat(stored).replace(tzinfo=UTC)


# The same few frames come again and again, job after job.
@lru_cache(maxsize=4096)
def stored_frame(stored: int) -> Decimal:
    """A frame or a step from what is stored of it: ten-thousandths."""
    whole, rest = divmod(stored, 10_000)
    return Decimal(stored).scaleb(-4).normalize() if rest else Decimal(whole)
