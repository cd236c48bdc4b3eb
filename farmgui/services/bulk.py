"""The tables for statements in bulk, and long lists in parts that a statement can hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar, cast

from sqlalchemy import BindParameter, Executable, Table, bindparam
from sqlalchemy.orm import Session

from farmgui.models import Agent, Attempt, Job, JobQueue, JobTypeVersion, Task

JOBS: Final = cast(Table, Job.__table__)
TASKS: Final = cast(Table, Task.__table__)
ATTEMPTS: Final = cast(Table, Attempt.__table__)
AGENTS: Final = cast(Table, Agent.__table__)
QUEUES: Final = cast(Table, JobQueue.__table__)
VERSIONS: Final = cast(Table, JobTypeVersion.__table__)

PART: Final = 10_000
"""Values in one IN; SQLite takes 32,766."""

T = TypeVar("T")


def any_of(name: str) -> BindParameter[Any]:
    """A parameter for IN that takes a list.

    With it a statement can be made once and kept, and SQLAlchemy need not look at its parts each time: the
    lead runs the same few statements hundreds of times a second.
    """
    return bindparam(name, expanding=True)


def parts(values: Sequence[T], length: int = PART) -> Iterator[Sequence[T]]:
    """`values` in pieces of up to `length`."""
    for start in range(0, len(values), length):
        yield values[start : start + length]


def for_each(session: Session, statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
    """Run `statement` once for each row, in one call of the driver; nothing for no rows."""
    if rows:
        session.connection().execute(statement, rows)
