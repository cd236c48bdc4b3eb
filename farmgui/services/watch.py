"""What one window reads of the farm again and again: each time only what is new since the last time."""

from __future__ import annotations

import time
from collections.abc import Callable

from farmgui.services.database import Database
from farmgui.services.queries import farm_summary
from farmgui.services.updates import Reading, Tell, Wanted
from farmgui.services.watch_agents import AgentsWatch
from farmgui.services.watch_jobs import JobsWatch
from farmgui.services.watch_tasks import TasksWatch


class Watch:
    """Remembers what it has told. For one reader; its calls may come from any thread, one at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._jobs = JobsWatch(database)
        self._tasks = TasksWatch(database)
        self._agents = AgentsWatch(database)

    def read(self, wanted: Wanted, tell: Tell, is_wanted: Callable[[], bool] = lambda: True) -> Reading:
        """Tell what is new of what is `wanted`, in parts as they are read.

        `is_wanted` says whether it still is. Raises StoreError; nothing is lost by it.
        """
        began = time.thread_time()
        if wanted.jobs:
            self._jobs.read(tell)
        if wanted.agents:
            self._agents.read(tell)
        whole = self._tasks.read(wanted.task_jobs, tell, is_wanted)
        with self._database.reading() as session:
            summary = farm_summary(session)
        return Reading(summary, whole, time.thread_time() - began)
