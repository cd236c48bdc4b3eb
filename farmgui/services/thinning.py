"""Thins statistics with age (domain.thinning): what happened is added up, counts become their mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import Column, Select, Table, bindparam, delete, extract, func, insert, or_, select
from sqlalchemy.orm import Session

from farmgui.domain.task_events import TaskEvent
from farmgui.domain.thinning import Span, spans, stretch_of
from farmgui.models import AgentCount, TaskCount, TaskEventCount
from farmgui.services.bulk import for_each, parts
from farmgui.services.database import Database

_PART: Final = 500
"""Rows that are made in one transaction, so that nobody waits long for the lock."""


class _Kind:
    """One table of statistics, and how its rows are put together."""

    def __init__(
        self, table: Table, start: str, counts: Sequence[str], key: str | None, end: str | None
    ) -> None:
        self.table = table
        self._start: Column[Any] = table.c[start]
        self._key: Column[Any] | None = table.c[key] if key else None
        self._end: Column[Any] | None = table.c[end] if end else None
        self._counts = [table.c[name] for name in counts]

    def groups(self, span: Span) -> Select[Any]:
        """The rows in `span` of which several are to become one, put together."""
        seconds = int(span.width.total_seconds())
        epoch = extract("epoch", self._start)
        stretch = epoch - epoch % seconds
        key = [] if self._key is None else [self._key]
        added = [self._together(column) for column in self._counts]
        groups = select(func.min(self._start).label(self._start.name), *key, *added)
        if span.begin is not None:
            groups = groups.where(self._start >= span.begin)
        several = func.count() > 1
        if self._end is not None:
            # One that is alone is told of for the whole stretch, in which nothing else happened.
            several = or_(several, func.max(extract("epoch", self._end)) - func.min(epoch) != seconds)
        return groups.where(self._start < span.until).group_by(stretch, *key).having(several)

    def _together(self, column: Column[Any]) -> Any:
        if self._end is not None:
            return func.sum(column).label(column.name)
        return func.round(func.avg(column)).label(column.name)

    def write(self, session: Session, rows: Sequence[dict[str, Any]], width: timedelta) -> None:
        """Have each of `rows` stand for all rows of its stretch."""
        old = delete(self.table).where(self._start >= bindparam("begin"), self._start < bindparam("until"))
        if self._key is not None:
            old = old.where(self._key == bindparam("key"))
        gone: list[dict[str, Any]] = []
        for row in rows:
            begin = stretch_of(row[self._start.name], width)
            row[self._start.name] = begin
            if self._end is not None:
                row[self._end.name] = begin + width
            for column in self._counts:
                row[column.name] = int(row[column.name])
            key = {} if self._key is None else {"key": row[self._key.name]}
            gone.append({"begin": begin, "until": begin + width, **key})
        for_each(session, old, gone)
        for_each(session, insert(self.table), rows)


_KINDS: Final = (
    _Kind(
        cast(Table, TaskEventCount.__table__),
        "time_start",
        [f"num_{event.value}" for event in TaskEvent],
        "job_queue_id",
        "time_end",
    ),
    _Kind(
        cast(Table, TaskCount.__table__),
        "counted_time",
        ("total_queued", "total_running", "total_done", "total_failed"),
        "job_queue_id",
        None,
    ),
    _Kind(
        cast(Table, AgentCount.__table__),
        "counted_time",
        ("num_online", "num_running", "num_offline", "num_disabled"),
        None,
        None,
    ),
)


class Thinning:
    """The lead's thinning of the statistics; to be run from time to time."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._clock = clock
        self._done: dict[timedelta, datetime] = {}
        """Until when it was thinned to each width, so that the next time looks only at what is new."""

    def run(self) -> int:
        """Put rows together that are older than their exactness is worth. Returns how many were made."""
        made = 0
        for span in spans(self._clock()):
            for kind in _KINDS:
                made += self._thin(kind, self._rest(span))
            self._done[span.width] = span.until
        return made

    def _rest(self, span: Span) -> Span:
        """What of `span` wasn't thinned the last time."""
        done = self._done.get(span.width)
        if done is None:
            return span
        return replace(span, begin=done if span.begin is None else max(span.begin, done))

    def _thin(self, kind: _Kind, span: Span) -> int:
        with self._database.reading() as session:
            rows = [dict(row) for row in session.execute(kind.groups(span)).mappings()]
        for part in parts(rows, _PART):
            with self._database.sessions.begin(quiet=True) as session:
                kind.write(session, part, span.width)
        return len(rows)
