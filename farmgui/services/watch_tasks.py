"""What is new of the tasks of some jobs since one window last looked, whether they are ten or 100,000.

Nothing notes which task changed when: that would cost the lead more than it saves here. Instead the database
writes what is stored of some tasks at a time into one text; rows are made where the text is another one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Select, Text, cast, func, literal, select
from sqlalchemy.orm import Session

from farmgui.domain.snapshots import TaskRow
from farmgui.models import IS_OPEN, Agent, Attempt, Job, Task
from farmgui.services import rows
from farmgui.services.bulk import TASKS, among, listed
from farmgui.services.database import Database
from farmgui.services.updates import PAUSE, Kind, Tell, Update, Wanted

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
    return (
        select(TASKS.c.job_id, number, func.group_concat(text))
        .where(among(TASKS.c.job_id))
        .group_by(TASKS.c.job_id, number)
    )


_TEXTS: Final = _texts()
_STOPPING: Final = select(Attempt.task_id).where(IS_OPEN, Attempt.stop_as.is_not(None))
_TITLES: Final = select(Job.id, Job.title).where(among(Job.id))
_HOSTNAMES: Final = select(func.group_concat(Agent.id + "=" + Agent.hostname))

_Group = tuple[int, int]
"""A job, and what the numbers of some of its tasks begin with."""


class TasksWatch:
    """Tells all tasks of a selection of jobs once, and from then on those that changed. For one thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._selection = 0
        self._names: Any = None
        self._told: dict[_Group, tuple[object, dict[int, TaskRow]]] = {}
        self._anew = False

    def read(self, wanted: Wanted, tell: Tell, is_wanted: Callable[[], bool]) -> bool:
        """Tell what is new; False where time was up before all of it was told.

        `is_wanted` is asked now and then whether it is to go on. Raises StoreError; the next reading tells
        once more what wasn't told.
        """
        if wanted.selection != self._selection:
            self._selection, self._told, self._names, self._anew = wanted.selection, {}, None, True
        done = True
        if wanted.task_jobs:
            with self._database.reading() as session:
                done = self._read(session, wanted, tell, is_wanted)
        if self._anew and done:
            self._tell(tell)
        return done

    def _read(self, session: Session, wanted: Wanted, tell: Tell, is_wanted: Callable[[], bool]) -> bool:
        ids = {"ids": listed(wanted.task_jobs)}
        stopping = set(session.scalars(_STOPPING))
        names = session.execute(_TITLES, ids).all(), session.scalar(_HOSTNAMES)
        if names != self._names:
            self._names = names
            self._told = {group: (None, known) for group, (_, known) in self._told.items()}
        texts = self._texts(session, ids, stopping)
        for group in self._told.keys() - texts.keys():
            self._tell(tell, gone=self._told.pop(group)[1].keys())
        end = time.monotonic() + AT_ONCE
        for group, text in texts.items():
            stored, known = self._told.get(group, (None, {}))
            if stored == text:
                continue
            if time.monotonic() > end or not is_wanted():
                return False
            found = _tasks(session, group, stopping)
            self._told[group] = text, found
            changed = [row for key, row in found.items() if known.get(key) != row]
            self._tell(tell, changed, known.keys() - found.keys())
            time.sleep(PAUSE)
        return True

    def _texts(self, session: Session, ids: dict[str, Any], stopping: set[int]) -> dict[_Group, object]:
        """What is stored of each group, as something to compare; what is being stopped isn't in the texts."""
        stops: dict[int, set[int]] = {}
        for task_id in stopping:
            stops.setdefault(task_id // TOGETHER, set()).add(task_id)
        return {
            (job_id, number): (hash(text), frozenset(stops.get(number, ())))
            for job_id, number, text in session.execute(_TEXTS, ids)
        }

    def _tell(self, tell: Tell, changed: Any = (), gone: Any = ()) -> None:
        if changed or gone or self._anew:
            anew, self._anew = self._anew, False
            tell(Update(Kind.TASKS, changed, gone, anew=anew))


def _tasks(session: Session, group: _Group, stopping: set[int]) -> dict[int, TaskRow]:
    job_id, number = group
    first = number * TOGETHER
    found = session.connection().execute(rows.TASKS.where(Task.id.between(first, first + TOGETHER - 1)))
    return {row[0]: rows.task_row(row, stopping.__contains__) for row in found if row[1] == job_id}
