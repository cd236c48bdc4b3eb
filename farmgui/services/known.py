"""What is asked for by number, and the words where it isn't there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from farmgui.domain.errors import NotFound
from farmgui.models import Agent, Job, Task
from farmgui.services.bulk import parts

T = TypeVar("T", int, str)

LARGEST: Final = 2**63 - 1
"""No number of a row is larger, nor can a database be asked for one."""


def known_jobs(session: Session, ids: Iterable[int]) -> list[int]:
    """`ids`, each once. Raises NotFound naming the first that isn't stored."""
    return _known(session, Job.id, ids, "job")


def known_tasks(session: Session, ids: Iterable[int]) -> list[int]:
    """`ids`, each once. Raises NotFound naming the first that isn't stored."""
    return _known(session, Task.id, ids, "task")


def known_agents(session: Session, ids: Iterable[str]) -> list[str]:
    """`ids`, each once. Raises NotFound naming the first that isn't stored."""
    return _known(session, Agent.id, ids, "agent")


def _known(session: Session, column: InstrumentedAttribute[T], ids: Iterable[T], what: str) -> list[T]:
    asked = list(dict.fromkeys(ids))
    there: set[T] = set()
    for part in parts([one for one in asked if not isinstance(one, int) or abs(one) <= LARGEST]):
        there.update(session.scalars(select(column).where(column.in_(part))))
    for one in asked:
        if one not in there:
            raise NotFound(f"There is no {what} {one}.")
    return asked
