"""Removes jobs that were marked for deletion, in parts, so that others come to write in between."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from farmgui.domain.requirements import Outcome
from farmgui.domain.task_events import TaskEvent
from farmgui.models import IS_OPEN, Agent, Attempt, Job, Task
from farmgui.services import blocking, task_events
from farmgui.services.bulk import JOBS, TASKS, parts
from farmgui.services.database import Database
from farmgui.services.groups import groups_of, remove_empty_groups
from farmgui.services.notices import enqueue
from farmgui.services.sights import forget_old_sights
from farmgui.services.tally import Tally
from farmgui.submission import scene_copy

PART: Final = 500
"""Tasks removed in one transaction: some 10 ms, for which the lead has to wait at most."""


class Cleanup:
    """Removes what was deleted; to be run from time to time.

    `goes_on` is asked before each part, and `pause` is the time in seconds left to others after each.
    """

    def __init__(
        self, database: Database, goes_on: Callable[[], bool] = lambda: True, pause: float = 0.0
    ) -> None:
        self._database = database
        self._goes_on = goes_on
        self._pause = pause

    def run(self) -> int:
        """Remove what is due; returns the number of jobs that are gone.

        A job goes once nothing of it runs, with its tasks, attempts and logs, and the copy of its scene where
        no other job renders that. Who wants to know of it is told. Rendered frames are never touched.
        What was told of agents and files long ago goes, too.
        """
        forget_old_sights(self._database, datetime.now(UTC))
        with self._database.reading() as session:
            due = session.scalars(
                select(Job.id).where(Job.to_be_deleted, ~exists().where(IS_OPEN, Attempt.job_id == Job.id))
            ).all()
            scenes = _Scenes(session, due) if due else None
        gone = 0
        for job_id in due:
            if not self._goes_on():
                break
            if scenes is not None and self._remove(job_id, scenes):
                gone += 1
        return gone

    def _remove(self, job_id: int, scenes: _Scenes) -> bool:
        """Remove one job, its tasks in parts; False where it has to wait for the next time."""
        logs: set[Path] = set()
        removed = 0
        more = True
        while more:
            if not self._goes_on():
                return False
            with self._database.sessions.begin(quiet=True) as session:
                if _is_at_work(session, job_id):
                    return False
                tasks = session.scalars(select(Task.id).where(Task.job_id == job_id).limit(PART)).all()
                logs |= _log_folders(session, tasks, job_id)
                session.execute(delete(TASKS).where(TASKS.c.id.in_(tasks)))
                removed += len(tasks)
                more = len(tasks) == PART
            time.sleep(self._pause)
        with self._database.sessions.begin() as session:
            enqueue(session, job_id, Outcome.DELETION, datetime.now(UTC))
            _remove_row(session, job_id, removed)
            scene = scenes.without(session, job_id)
        if scene is not None:
            scene_copy.remove(scene)
        for folder in logs:
            shutil.rmtree(folder, ignore_errors=True)
        return True


class _Scenes:
    """Which jobs render which scene, looked up once for all jobs that are removed together."""

    def __init__(self, session: Session, due: Sequence[int]) -> None:
        self._copies: dict[int, str] = {}
        """The copies that came with jobs that are due."""
        self._users: Counter[str] = Counter()
        self._newest = 0
        data = {
            job_id: stored or {}
            for part in parts(due)
            for job_id, stored in session.execute(select(Job.id, Job.data).where(Job.id.in_(part)))
        }
        for job_id, stored in data.items():
            scene = stored.get("scene")
            # A person may have named another scene since: what isn't named as a copy is theirs.
            if stored.get("scene_copy") and isinstance(scene, str) and scene_copy.is_copy(Path(scene)):
                self._copies[job_id] = scene
        if self._copies:
            scenes = select(Job.id, Job.data["scene"].as_string()).where(Job.data["scene"].is_not(None))
            for job_id, scene in session.execute(scenes):
                self._users[scene] += 1
                self._newest = max(self._newest, job_id)

    def without(self, session: Session, job_id: int) -> Path | None:
        """The copy of its scene that a job came with and leaves; None where another job renders it too."""
        scene = self._copies.get(job_id)
        if scene is None:
            return None
        self._users[scene] -= 1
        if self._users[scene] > 0:
            return None
        newer = select(Job.id).where(Job.id > self._newest, Job.data["scene"].as_string() == scene).limit(1)
        return Path(scene) if session.scalar(newer) is None else None


def _remove_row(session: Session, job_id: int, tasks: int) -> None:
    """Remove a job whose `tasks` are gone; what waited for these frame by frame waits no longer."""
    time, tally = datetime.now(UTC), Tally()
    queue = session.scalar(select(Job.job_queue_id).where(Job.id == job_id))
    groups, waiting = groups_of(session, [job_id]), blocking.children(session, [job_id])
    session.execute(delete(JOBS).where(JOBS.c.id == job_id))
    remove_empty_groups(session, groups)
    blocking.recompute(session, tally, waiting)
    tally.settle(session, time)
    task_events.count(session, {queue: Counter({TaskEvent.DELETED: tasks})}, time)


def _is_at_work(session: Session, job_id: int) -> bool:
    return session.scalar(select(Attempt.id).where(IS_OPEN, Attempt.job_id == job_id).limit(1)) is not None


def _log_folders(session: Session, tasks: Collection[int], job_id: int) -> set[Path]:
    """The folders that hold the logs of these tasks; only such as are the job's own.

    An agent that joined named the folder itself, on its own machine: here, that may be anything.
    """
    joined = select(Agent.id).where(Agent.joined)
    ours = select(Attempt.log).where(Attempt.task_id.in_(tasks), Attempt.agent_id.not_in(joined))
    logs = session.scalars(ours)
    return {folder for folder in (Path(log).parent for log in logs) if folder.name == str(job_id)}
