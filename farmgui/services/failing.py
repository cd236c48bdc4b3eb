"""Where tasks failed: which task on which agent, and how often those of a job on each agent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Table, delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from farmgui.models import JobAgentFailures, Task, failed_on
from farmgui.services.bulk import for_each, parts

_FAILURES: Final = cast(Table, JobAgentFailures.__table__)
_FAILED_ON: Final = insert(failed_on).on_conflict_do_nothing()
_NEW: Final = insert(_FAILURES)
_ADD: Final = _NEW.on_conflict_do_update(
    index_elements=[_FAILURES.c.job_id, _FAILURES.c.agent_id],
    set_={"failures": _FAILURES.c.failures + _NEW.excluded.failures},
)


def remember(session: Session, failed: Sequence[tuple[int, int, str]]) -> None:
    """Note attempts that failed: each its job, its task and its agent."""
    if not failed:
        return
    pairs: list[dict[str, Any]] = [{"task_id": task, "agent_id": agent} for _, task, agent in failed]
    for_each(session, _FAILED_ON, pairs)
    counted = Counter((job, agent) for job, _, agent in failed)
    rows: list[dict[str, Any]] = [
        {"job_id": job, "agent_id": agent, "failures": number} for (job, agent), number in counted.items()
    ]
    for_each(session, _ADD, rows)


def forget(session: Session, tasks: ColumnElement[bool], jobs: Collection[int]) -> None:
    """Forget where `tasks` failed, and how often those of `jobs` did: they were rerun by hand."""
    session.execute(delete(failed_on).where(failed_on.c.task_id.in_(select(Task.id).where(tasks))))
    for part in parts(list(jobs)):
        session.execute(delete(_FAILURES).where(_FAILURES.c.job_id.in_(part)))


def avoid(session: Session, tasks: Sequence[int], agents: Sequence[str]) -> int:
    """Let these agents be avoided by each of these tasks, as if it had failed there; how many pairs."""
    rows: list[dict[str, Any]] = [{"task_id": task, "agent_id": agent} for task in tasks for agent in agents]
    for_each(session, _FAILED_ON, rows)
    return len(rows)


def forget_tasks(session: Session, tasks: Sequence[int]) -> int:
    """Forget on which agents these tasks failed; how many pairs there were."""
    gone = 0
    for part in parts(tasks):
        found = session.execute(
            delete(failed_on).where(failed_on.c.task_id.in_(part)).returning(failed_on.c.task_id)
        )
        gone += len(found.all())
    return gone
