"""What is new of the tasks of some jobs since one window last looked, whether they are ten or 100,000.

Nothing notes which task changed when: that would cost the lead more than it saves here. Instead the database
writes what is stored of some tasks at a time into one text; rows are made where the text is another one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import Select, Text, cast, func, literal, select
from sqlalchemy.orm import Session

from farmgui.domain.snapshots import TaskRow
from farmgui.models import IS_OPEN, Agent, Attempt, FarmRow, Job, Task
from farmgui.services import rows
from farmgui.services.bulk import TASKS, among, listed
from farmgui.services.database import Database
from farmgui.services.updates import PAUSE, Kind, Tell, Update

TOGETHER: Final = 128
"""How many numbers of tasks go into one text."""
AT_ONCE: Final = 0.3
"""Seconds that one reading takes at most: jobs and agents are to be read in between."""


def _texts() -> Select[Any]:
    """For each job and each group of numbers, all that is stored of its tasks."""
    text: Any = literal("")
    for column in TASKS.columns:
        if column.name not in ("job_id", "position"):
            text = text + func.coalesce(cast(column, Text), "-") + "|"
    number = TASKS.c.id // TOGETHER
    return select(TASKS.c.job_id, number, func.group_concat(text)).group_by(TASKS.c.job_id, number)


_TEXTS: Final = _texts()
_ALL_TEXTS: Final = _TEXTS.where(among(TASKS.c.job_id))
_STOPPING: Final = select(Attempt.task_id).where(IS_OPEN, Attempt.stop_as.is_not(None))
_TITLES: Final = select(Job.id, Job.title).where(among(Job.id))
_HOSTNAMES: Final = select(func.group_concat(Agent.id + "=" + Agent.hostname))

_Group = tuple[int, int]
"""A job, and what the numbers of some of its tasks begin with."""


class TasksWatch:
    """Tells all tasks of a selection of jobs once, and from then on those that changed. For one thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: Any = None
        self._names: Any = None
        self._stopping: frozenset[int] = frozenset()
        self._told: dict[_Group, tuple[int, dict[int, TaskRow]]] = {}
        self._gone: set[int] = set()
        """Told with the first rows that come in their place."""
        self._different: list[_Group] = []
        """Groups that are to be read, the first one last."""

    def read(self, job_ids: tuple[int, ...], tell: Tell, is_wanted: Callable[[], bool]) -> bool:
        """Tell what is new; False where time was up before all of it was told.

        `is_wanted` is asked now and then whether it is to go on. Raises StoreError; the next reading tells
        once more what wasn't told.
        """
        goes_on = bool(self._different) and self._seen[1] == job_ids
        if not goes_on:
            with self._database.reading() as session:
                self._look(session, job_ids)
        end = time.monotonic() + AT_ONCE
        while self._different:
            with self._database.reading() as session:
                self._read(session, self._different[-1], tell)
            self._different.pop()
            time.sleep(PAUSE)
            if self._different and (time.monotonic() > end or not is_wanted()):
                return False
        self._tell(tell)
        # What changed since the groups were chosen is seen by another look.
        return not goes_on

    def _look(self, session: Session, job_ids: tuple[int, ...]) -> None:
        """See which groups are to be read."""
        seen = session.scalar(select(FarmRow.revision)), job_ids
        if seen == self._seen:
            return
        ids = {"ids": listed(job_ids)}
        names = session.execute(_TITLES, ids).all(), session.scalar(_HOSTNAMES)
        if names != self._names:
            self._names = names
            self._told = {group: (0, known) for group, (_, known) in self._told.items()}
        stopping = frozenset(session.scalars(_STOPPING))
        turned = {task_id // TOGETHER for task_id in stopping ^ self._stopping}
        found = {(job, number): hash(text) for job, number, text in session.execute(_ALL_TEXTS, ids)}
        self._different = [
            group
            for group, text in found.items()
            if group not in self._told or self._told[group][0] != text or group[1] in turned
        ]
        self._different.reverse()
        for group in self._told.keys() - found.keys():
            self._gone |= self._told.pop(group)[1].keys()
        self._stopping, self._seen = stopping, seen

    def _read(self, session: Session, group: _Group, tell: Tell) -> None:
        job_id, number = group
        first, last = number * TOGETHER, (number + 1) * TOGETHER - 1
        stored = session.execute(_TEXTS.where(TASKS.c.id.between(first, last)))
        texts = {job: hash(text) for job, _, text in stored}
        found = session.connection().execute(rows.TASKS.where(Task.id.between(first, last)))
        tasks = {row[0]: rows.task_row(row, self._stopping.__contains__) for row in found if row[1] == job_id}
        known = self._told[group][1] if group in self._told else {}
        self._told[group] = texts.get(job_id, 0), tasks
        self._gone |= known.keys() - tasks.keys()
        self._tell(tell, [row for key, row in tasks.items() if known.get(key) != row])

    def _tell(self, tell: Tell, changed: Sequence[TaskRow] = ()) -> None:
        if changed or self._gone:
            gone, self._gone = self._gone, set()
            tell(Update(Kind.TASKS, changed, gone))
