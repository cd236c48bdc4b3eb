"""Keeps right which queued tasks are blocked (domain.blocking), whatever moves what they wait for.

It is done in the transaction that moves it; what it costs follows from the frames that moved, not from
the size of the jobs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from farmgui.domain.states import TaskState
from farmgui.models import dependencies
from farmgui.services.bulk import JOBS, TASKS, Driver, any_of, listed, parts

if TYPE_CHECKING:
    from farmgui.services.tally import Tally

_LINKS: Final = (
    "WITH ids AS (SELECT value FROM json_each(?)) "
    "SELECT parentid, childid FROM job_dependencies WHERE by_frame AND parentid IN ids "
    "UNION ALL SELECT childid, childid FROM job_dependencies WHERE by_frame AND childid IN ids "
    "UNION ALL SELECT id, id FROM jobs WHERE id IN ids AND num_tiles IS NOT NULL"
)
"""Jobs, each with one whose tasks wait for its tasks; that is the job itself for its assemblies."""

_AWAITED: Final = TASKS.alias("awaited")
_HOLDS_BACK: Final = and_(
    ~_AWAITED.c.removed,
    _AWAITED.c.state != TaskState.DONE,
    ~and_(_AWAITED.c.state == TaskState.FAILED, _AWAITED.c.marked),
)


def _is_blocked() -> ColumnElement[bool]:
    """`domain.blocking.is_blocked` of a row of tasks, for statements."""
    tiles = exists().where(
        TASKS.c.tile.is_(None),
        _AWAITED.c.job_id == TASKS.c.job_id,
        _AWAITED.c.frame == TASKS.c.frame,
        _AWAITED.c.tile.is_not(None),
        _HOLDS_BACK,
    )
    of_parents = (
        select(_AWAITED.c.id)
        .join(dependencies, dependencies.c.parentid == _AWAITED.c.job_id)
        .join(JOBS, JOBS.c.id == dependencies.c.childid)
        .where(
            dependencies.c.childid == TASKS.c.job_id,
            dependencies.c.by_frame,
            or_(TASKS.c.tile.is_not(None), JOBS.c.num_tiles.is_(None)),
            _AWAITED.c.frame == TASKS.c.frame,
            _HOLDS_BACK,
        )
        .correlate(TASKS)
        .exists()
    )
    return and_(TASKS.c.state == TaskState.QUEUED, or_(tiles, of_parents))


_OF_JOB: Final = (
    update(TASKS)
    .where(TASKS.c.job_id.in_(any_of("jobs")), TASKS.c.blocked.is_distinct_from(_is_blocked()))
    .values(blocked=~TASKS.c.blocked)
    .returning(TASKS.c.job_id, TASKS.c.blocked)
)
_OF_FRAMES: Final = _OF_JOB.where(TASKS.c.frame.in_(any_of("frames")))


def linked(session: Session, job_ids: Collection[int]) -> set[int]:
    """Those of `job_ids` whose tasks wait for others, or are waited for."""
    return {one for pair in _links(session, job_ids) for one in pair} & set(job_ids)


def put(session: Session, moved: Mapping[int, Collection[Decimal]]) -> Counter[int]:
    """Set right what waits for the frames that `moved`, by job. How many tasks more each job has blocked."""
    waiting: dict[int, set[Decimal]] = {}
    for job_id, waits in _links(session, list(moved)) if moved else ():
        waiting.setdefault(waits, set()).update(moved[job_id])
    changed: Counter[int] = Counter()
    for job_id, frames in waiting.items():
        for part in parts(list(frames)):
            _add(changed, session.connection().execute(_OF_FRAMES, {"jobs": [job_id], "frames": part}))
    return changed


def recompute(session: Session, tally: Tally, job_ids: Iterable[int]) -> None:
    """Set right which tasks of these jobs are blocked, all of them: their dependencies were changed."""
    changed: Counter[int] = Counter()
    for part in parts(list(job_ids)):
        _add(changed, session.connection().execute(_OF_JOB, {"jobs": part}))
    for job_id, number in changed.items():
        tally.block(job_id, number)


def children(session: Session, job_ids: Collection[int]) -> list[int]:
    """The jobs that depend on `job_ids` frame by frame; to be asked before these are removed."""
    found: set[int] = set()
    for part in parts(list(job_ids)):
        rows = session.scalars(
            select(dependencies.c.childid).where(dependencies.c.by_frame, dependencies.c.parentid.in_(part))
        )
        found.update(rows)
    return sorted(found - set(job_ids))


def _links(session: Session, job_ids: Collection[int]) -> list[tuple[int, int]]:
    return [(row[0], row[1]) for row in Driver(session).rows(_LINKS, (listed(job_ids),))]


def _add(changed: Counter[int], rows: Iterable[Any]) -> None:
    for job_id, blocked in rows:
        changed[job_id] += 1 if blocked else -1
