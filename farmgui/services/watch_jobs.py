"""What is new of the jobs since one window last looked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import exists, select, text
from sqlalchemy.orm import Session

from farmgui.domain.snapshots import JobRow
from farmgui.domain.states import JobState
from farmgui.models import Attempt, FarmRow, Job, JobChange, dependencies
from farmgui.services import rows
from farmgui.services.bulk import among, listed
from farmgui.services.database import Database
from farmgui.services.updates import Kind, Tell, Update, in_parts

# What job rows show of other tables. Each is one text, so that comparing costs nothing.
_NAMES: Final = text(
    "SELECT (SELECT group_concat(id || '=' || fullpath, char(10)) FROM job_queues), "
    "(SELECT group_concat(id || '=' || name, char(10)) FROM users), "
    "(SELECT group_concat(id || '=' || name, char(10)) FROM jobtypes), "
    "(SELECT group_concat(id || '=' || title, char(10)) FROM job_groups)"
)
MANY: Final = 1000

_CHANGED: Final = select(JobChange.job_id)
_PARENTS: Final = select(Job.id, rows.HOLDS_BACK, Job.state == JobState.FAILED).where(
    exists().where(dependencies.c.parentid == Job.id)
)
_CHILDREN: Final = select(dependencies.c.childid).where(among(dependencies.c.parentid))
_IS_CHANGED: Final = among(Job.id)
_OF_CHANGED: Final = rows.JOBS.where(_IS_CHANGED)
_USE_OF_CHANGED: Final = rows.IN_USE.where(among(Attempt.job_id))
_NEWEST_FIRST: Final = rows.JOBS.order_by(None).order_by(Job.id.desc())


class JobsWatch:
    """Tells all jobs once, the newest first, and from then on those that changed. For one thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._revision = -1
        self._names: Any = None
        self._known: set[int] = set()
        self._parents: dict[int, tuple[bool, bool]] = {}
        """For each job on which others depend: whether it holds them back, and whether it failed."""

    def read(self, tell: Tell) -> None:
        """Tell what is new. Raises StoreError; then the next reading tells it once more."""
        with self._database.reading() as session:
            revision = session.scalar(select(FarmRow.revision)) or 0
            names = session.execute(_NAMES).one()
            if self._revision < 0 or names != self._names:
                self._read_all(session, tell)
            elif revision > self._revision:
                self._read_changed(session, tell)
        self._revision, self._names = revision, names

    def _read_all(self, session: Session, tell: Tell) -> None:
        self._parents = _parents(session)
        agents = dict(iter(session.execute(rows.IN_USE)))
        unmet = rows.unmet_parents(session)
        found: set[int] = set()
        jobs: list[JobRow] = []
        for part in in_parts(session.connection().execute(_NEWEST_FIRST)):
            jobs += _job_rows(part, agents, unmet)
            # The newest are seen at once; of the rest many together, since each time the table is laid out.
            if not found or len(jobs) >= MANY:
                tell(Update(Kind.JOBS, jobs))
                jobs = []
            found.update(row[0] for row in part)
        if jobs or self._known - found:
            tell(Update(Kind.JOBS, jobs, self._known - found))
        self._known = found

    def _read_changed(self, session: Session, tell: Tell) -> None:
        changed = set(session.scalars(_CHANGED.where(JobChange.revision > self._revision)))
        if not changed:
            return
        parents = _parents(session, changed)
        turned = [key for key, state in parents.items() if state != self._parents.get(key)]
        if turned:
            changed.update(session.scalars(_CHILDREN, {"ids": listed(turned)}))
        ids = {"ids": listed(changed)}
        agents = dict(iter(session.execute(_USE_OF_CHANGED, ids)))
        unmet = rows.unmet_parents(session, changed)
        found: set[int] = set()
        for part in in_parts(session.connection().execute(_OF_CHANGED, ids)):
            tell(Update(Kind.JOBS, _job_rows(part, agents, unmet)))
            found.update(row[0] for row in part)
        if gone := changed & self._known - found:
            tell(Update(Kind.JOBS, gone=gone))
        self._known = (self._known - changed) | found
        self._parents.update(parents)


def _parents(session: Session, ids: Collection[int] | None = None) -> dict[int, tuple[bool, bool]]:
    """What the jobs (of `ids`) on which others depend mean for these: (holds them back, failed)."""
    if ids is None:
        found = session.execute(_PARENTS)
    else:
        found = session.execute(_PARENTS.where(_IS_CHANGED), {"ids": listed(ids)})
    return {key: (bool(holds), bool(failed)) for key, holds, failed in found}


def _job_rows(
    part: Sequence[Any], agents: Mapping[int, int], unmet: Mapping[int, tuple[int, int]]
) -> list[JobRow]:
    return [rows.job_row(row, agents.get(row[0], 0), unmet.get(row[0], (0, 0))) for row in part]
