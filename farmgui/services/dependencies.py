"""Which jobs wait for which others: the edges, and the trees that they make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from farmgui.domain.dependencies import find_cycle
from farmgui.domain.errors import InvalidValue
from farmgui.domain.requirements import Dependency
from farmgui.models import Job, dependencies
from farmgui.services.bulk import for_each, parts
from farmgui.services.known import known_jobs


def dependants_of(session: Session, ids: Iterable[int]) -> list[int]:
    """The jobs that depend on `ids`, at any depth; none of `ids` themselves."""
    seen = set(ids)
    found: list[int] = []
    level = list(seen)
    while level:
        children: list[int] = []
        for part in parts(level):
            children += session.scalars(
                select(dependencies.c.childid).where(dependencies.c.parentid.in_(part)).distinct()
            )
        level = [child for child in dict.fromkeys(children) if child not in seen]
        seen.update(level)
        found += level
    return found


def set_parents(session: Session, job_ids: Sequence[int], parents: Sequence[Dependency]) -> None:
    """Let all of these jobs wait for `parents` and for nothing else.

    Raises NotFound for one that isn't there, and InvalidValue where a job would wait for itself. Which tasks
    are blocked has to be told anew afterwards (`blocking.recompute`).
    """
    known_jobs(session, [parent.job_id for parent in parents])
    _check_no_cycle(session, job_ids, [parent.job_id for parent in parents])
    for part in parts(job_ids):
        session.execute(delete(dependencies).where(dependencies.c.childid.in_(part)))
    rows: list[dict[str, Any]] = [
        {"childid": job_id, "parentid": parent.job_id, "by_frame": parent.by_frame}
        for job_id in job_ids
        for parent in parents
    ]
    for_each(session, insert(dependencies), rows)


def _check_no_cycle(session: Session, job_ids: Sequence[int], parents: Sequence[int]) -> None:
    way = find_cycle(job_ids, parents, _parents_above(session, job_ids, parents))
    if not way:
        return
    found = session.execute(select(Job.id, Job.title).where(Job.id.in_(way)))
    titles = {row.id: row.title for row in found}
    told = " → ".join(f"{titles[job_id]} ({job_id})" for job_id in way)
    raise InvalidValue(f"A job can't wait for itself: {told}. Take one of these dependencies away.")


def _parents_above(session: Session, job_ids: Sequence[int], parents: Sequence[int]) -> dict[int, list[int]]:
    """What `parents` wait for, and what that waits for, as far up as it goes; not `job_ids` themselves."""
    found: dict[int, list[int]] = {}
    seen = set(job_ids)
    level = [parent for parent in parents if parent not in seen]
    while level:
        seen.update(level)
        for part in parts(level):
            edges = session.execute(
                select(dependencies.c.childid, dependencies.c.parentid).where(
                    dependencies.c.childid.in_(part)
                )
            )
            for child, parent in edges:
                found.setdefault(child, []).append(parent)
        above = (parent for child in level for parent in found.get(child, ()))
        level = [parent for parent in dict.fromkeys(above) if parent not in seen]
    return found
