"""Limits: what the whole farm has only so much of."""

from __future__ import annotations

from collections import Counter
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from farmgui.domain import limits as ranges
from farmgui.domain.catalogue import LimitRow
from farmgui.domain.errors import InvalidValue, NotFound
from farmgui.domain.requirements import Per
from farmgui.domain.states import JobState
from farmgui.models import IS_OPEN, Attempt, Job, JobLimit, Limit
from farmgui.services.catalogue import Commands, checked_name

AMOUNT: Final = ranges.Limit(0, 1_000_000, "The amount of a limit")
FORBIDDEN: Final = ",: "
"""What separates limits where people write several."""


class Limits(Commands):
    """Commands on limits, by name."""

    def rows(self) -> list[LimitRow]:
        """All limits by name, also those that jobs name and nobody has defined."""
        with self._database.reading() as session:
            jobs = _jobs(session)
            uses = _uses(session)
            stored = {limit.name: limit for limit in session.scalars(select(Limit))}
            found = [
                LimitRow(
                    limit.name,
                    limit.amount,
                    limit.per,
                    limit.notes,
                    uses[limit.name, limit.per],
                    jobs[limit.name],
                )
                for limit in stored.values()
            ]
            found += [
                LimitRow(name, 0, Per.TASK, jobs=number, known=False)
                for name, number in jobs.items()
                if name not in stored
            ]
            return sorted(found, key=lambda row: row.name)

    def put(self, name: str, amount: int, per: Per = Per.TASK, notes: str = "") -> None:
        """Define the limit, or change it. Raises InvalidValue."""
        name = checked_name(name, "a limit", forbidden=FORBIDDEN)
        AMOUNT.check(amount)
        with self._changing() as session:
            session.merge(Limit(name=name, amount=amount, per=Per(per), notes=notes))

    def rename(self, name: str, new: str) -> None:
        """Give the limit another name, in all jobs that name it, too. Raises NotFound and InvalidValue."""
        new = checked_name(new, "a limit", forbidden=FORBIDDEN)
        with self._changing() as session:
            limit = _known(session, name)
            if session.get(Limit, new) is not None:
                raise InvalidValue(f'There is a limit "{new}" already.')
            session.add(Limit(name=new, amount=limit.amount, per=limit.per, notes=limit.notes))
            for use in session.scalars(select(JobLimit).where(JobLimit.name == name)):
                session.merge(JobLimit(job_id=use.job_id, name=new, amount=use.amount))
                session.delete(use)
            session.delete(limit)

    def remove(self, name: str) -> None:
        """Remove it. Raises NotFound, and InvalidValue while unfinished jobs name it: they would wait."""
        with self._changing() as session:
            limit = _known(session, name)
            jobs = _jobs(session)[name]
            if jobs:
                use = "1 unfinished job uses" if jobs == 1 else f"{jobs} unfinished jobs use"
                raise InvalidValue(
                    f'{use} the limit "{name}". Take it from there first: without it nothing of that would '
                    "start, it would wait for ever."
                )
            session.execute(delete(JobLimit).where(JobLimit.name == name))
            session.delete(limit)


def _known(session: Session, name: str) -> Limit:
    limit = session.get(Limit, name)
    if limit is None:
        raise NotFound(f'There is no limit "{name}".')
    return limit


def _jobs(session: Session) -> Counter[str]:
    """Unfinished jobs by the limits that they name."""
    finished = (JobState.DONE, JobState.FAILED)
    rows = session.execute(
        select(JobLimit.name, func.count())
        .join(Job, Job.id == JobLimit.job_id)
        .where(Job.state.not_in(finished))
        .group_by(JobLimit.name)
    )
    return Counter(dict(rows.all()))


def _uses(session: Session) -> Counter[tuple[str, Per]]:
    """How much of each limit is in use, for each way of counting it."""
    rows = session.execute(
        select(
            JobLimit.name,
            JobLimit.amount,
            func.count(Attempt.batch.distinct()),
            func.count(Attempt.agent_id.distinct()),
        )
        .join(Attempt, Attempt.job_id == JobLimit.job_id)
        .where(IS_OPEN)
        .group_by(JobLimit.job_id, JobLimit.name)
    )
    uses: Counter[tuple[str, Per]] = Counter()
    for name, amount, batches, agents in rows:
        uses[name, Per.TASK] += amount * batches
        uses[name, Per.AGENT] += amount * agents
        uses[name, Per.JOB] += amount
    return uses
