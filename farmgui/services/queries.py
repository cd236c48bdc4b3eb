"""What windows and the command line read; each call sees one moment of the database."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from farmgui.domain.counts import TaskCounts
from farmgui.domain.jobtypes import BatchFrame, JobTypeDefinition, task_outputs
from farmgui.domain.snapshots import (
    AgentRow,
    AttemptRow,
    DeleteEffect,
    FailedOn,
    FarmSummary,
    JobRow,
    QueueRow,
    RerunEffect,
    TaskRow,
)
from farmgui.domain.states import AgentState, JobState
from farmgui.models import (
    IS_OPEN,
    Agent,
    Attempt,
    FarmRow,
    Job,
    JobQueue,
    Tag,
    Task,
    agent_tags,
    failed_on,
)
from farmgui.services import effects, rows
from farmgui.services.bulk import parts
from farmgui.services.commands import template_values
from farmgui.services.database import Database
from farmgui.services.job_values import job_values
from farmgui.services.jobtypes import newest_versions
from farmgui.services.known import known_jobs, known_tasks
from farmgui.services.lease import holder

_UNFINISHED: Final = (JobState.QUEUED, JobState.RUNNING, JobState.PAUSED)


class Queries:
    """Reads; every value is frozen and belongs to the caller."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def jobs(self, *, hidden: bool = True) -> list[JobRow]:
        """All jobs, by number; those marked for deletion too, and unless told otherwise hidden ones.

        Reads no tasks.
        """
        statement = rows.JOBS if hidden else rows.JOBS.where(~Job.hidden)
        with self._database.reading() as session:
            agents: dict[int, int] = dict(iter(session.execute(rows.IN_USE)))
            unmet = rows.unmet_parents(session)
            return [
                rows.job_row(row, agents.get(row[0], 0), unmet.get(row[0], (0, 0)))
                for row in session.connection().execute(statement)
            ]

    def tasks(self, job_ids: Iterable[int]) -> list[TaskRow]:
        """The tasks of these jobs, in the order that each job's frame range asks for."""
        ids = list(dict.fromkeys(job_ids))
        with self._database.reading() as session:
            stopping = set(
                session.scalars(select(Attempt.task_id).where(IS_OPEN, Attempt.stop_as.is_not(None)))
            )
            return [
                rows.task_row(row, stopping.__contains__)
                for part in parts(ids)
                for row in session.connection().execute(rows.TASKS.where(Task.job_id.in_(part)))
            ]

    def attempts(self, task_id: int) -> list[AttemptRow]:
        """The attempts of a task, the oldest first."""
        with self._database.reading() as session:
            found = session.execute(rows.ATTEMPTS.where(Attempt.task_id == task_id))
            return [rows.attempt_row(row) for row in found]

    def agents(self) -> list[AgentRow]:
        """All agents, by name."""
        with self._database.reading() as session:
            return agent_rows(session)

    def queues(self) -> list[QueueRow]:
        """All queues, by path."""
        with self._database.reading() as session:
            count = select(Job.job_queue_id, func.count()).where(~Job.to_be_deleted)
            jobs: dict[int | None, int] = dict(iter(session.execute(count.group_by(Job.job_queue_id))))
            found = session.scalars(select(JobQueue).order_by(JobQueue.fullpath))
            return [
                QueueRow(
                    id=queue.id,
                    parent_id=queue.parent_jobqueue_id,
                    name=queue.name,
                    path=queue.fullpath,
                    priority=queue.priority,
                    weight=queue.weight,
                    minimum_agents=queue.minimum_agents,
                    maximum_agents=queue.maximum_agents,
                    jobs=jobs.get(queue.id, 0),
                )
                for queue in found
            ]

    def job_types(self) -> list[JobTypeDefinition]:
        """The newest version of each job type, by name."""
        with self._database.reading() as session:
            return [version.parsed() for version in newest_versions(session)]

    def farm(self) -> FarmSummary:
        """The farm in numbers, and who schedules."""
        with self._database.reading() as session:
            return farm_summary(session)

    def rerun_effect(self, job_ids: Iterable[int], failed_only: bool = False) -> RerunEffect:
        """What a rerun of these jobs would queue again, and how long it took. Raises NotFound."""
        with self._database.reading() as session:
            return effects.rerun(session, known_jobs(session, job_ids), failed_only=failed_only)

    def delete_effect(self, job_ids: Iterable[int]) -> DeleteEffect:
        """What a deletion of these jobs would hit. Raises NotFound."""
        with self._database.reading() as session:
            return effects.deletion(session, known_jobs(session, job_ids))

    def job_values(self, job_ids: Iterable[int]) -> list[dict[str, Any]]:
        """What can be set of each of these jobs (`domain.attributes`), by name, as it is. Raises NotFound."""
        with self._database.reading() as session:
            return job_values(session, known_jobs(session, job_ids))

    def failed_on(self, task_id: int) -> list[FailedOn]:
        """The agents that a task failed on or is to avoid, by hostname. Raises NotFound."""
        with self._database.reading() as session:
            known_tasks(session, [task_id])
            found = session.execute(
                select(Agent.id, Agent.hostname)
                .join(failed_on, failed_on.c.agent_id == Agent.id)
                .where(failed_on.c.task_id == task_id)
                .order_by(Agent.hostname, Agent.id)
            )
            return [FailedOn(*row) for row in found]

    def job_data(self, job_id: int) -> dict[str, Any]:
        """What the job type's command needs (`Job.data`). Raises NotFound."""
        with self._database.reading() as session:
            known_jobs(session, [job_id])
            return session.scalar(select(Job.data).where(Job.id == job_id)) or {}

    def output_folders(self, job_ids: Iterable[int]) -> list[Path]:
        """The folders that the frames of these jobs go to, each once; none for jobs that leave no files."""
        with self._database.reading() as session:
            ids = known_jobs(session, job_ids)
            found = [
                folder
                for part in parts(sorted(ids))
                for job in session.scalars(select(Job).where(Job.id.in_(part)).order_by(Job.id))
                for folder in _output_folders(session, job)
            ]
        return list(dict.fromkeys(found))


def farm_summary(session: Session) -> FarmSummary:
    """The farm in numbers; all of them are summed up by the database."""
    counts = session.execute(_SUMS.where(Job.state.in_(_UNFINISHED), ~Job.to_be_deleted)).one()
    agents, online, cpus = session.execute(_AGENT_SUMS).one()
    return FarmSummary(
        jobs=_count(session, ~Job.to_be_deleted),
        tasks=TaskCounts(*(value or 0 for value in counts)),
        failed_jobs=_count(session, Job.state == JobState.FAILED, ~Job.to_be_deleted),
        agents_online=online or 0,
        agents=agents,
        cpus=cpus or 0,
        cpus_in_use=session.scalar(_CPUS_IN_USE) or 0,
        ever_had_a_job=bool(session.scalar(select(FarmRow.jobs_submitted))),
        lead=holder(session),
    )


def agent_rows(session: Session, *conditions: Any) -> list[AgentRow]:
    """The agents that meet the conditions, by name."""
    use = agents_in_use(session)
    tags: dict[str, list[str]] = {}
    for agent_id, tag in session.execute(
        select(agent_tags.c.agent_id, Tag.tag).join(Tag, Tag.id == agent_tags.c.tag_id).order_by(Tag.tag)
    ):
        tags.setdefault(agent_id, []).append(tag)
    found = session.scalars(select(Agent).where(*conditions).order_by(Agent.hostname, Agent.id))
    return [_agent_row(agent, *use.get(agent.id, (0, 0)), tags.get(agent.id, [])) for agent in found]


def agents_in_use(session: Session) -> dict[str, tuple[int, int]]:
    """For each agent at work: the cpus that its batches take (all of them for -1), and the tasks that run."""
    return {agent: (cpus, running) for agent, cpus, running in session.execute(_IN_USE)}


_BATCHES: Final = (
    select(
        Attempt.agent_id,
        func.max(case((Attempt.cpus == -1, Agent.cpus), else_=Attempt.cpus)).label("cpus"),
        func.sum(case((Attempt.time_started.is_not(None), 1), else_=0)).label("running"),
    )
    .join(Agent, Agent.id == Attempt.agent_id)
    .where(IS_OPEN)
    .group_by(Attempt.agent_id, Attempt.batch)
    .subquery()
)
_IN_USE: Final = select(
    _BATCHES.c.agent_id, func.sum(_BATCHES.c.cpus), func.sum(_BATCHES.c.running)
).group_by(_BATCHES.c.agent_id)
_CPUS_IN_USE: Final = select(func.sum(_BATCHES.c.cpus))
_ONLINE: Final = Agent.state != AgentState.OFFLINE
_AGENT_SUMS: Final = select(
    func.count(),
    func.sum(case((_ONLINE, 1), else_=0)),
    func.sum(case((_ONLINE, Agent.cpus), else_=0)),
).select_from(Agent)
_SUMS: Final = select(
    func.sum(Job.num_queued),
    func.sum(Job.num_assigned),
    func.sum(Job.num_running),
    func.sum(Job.num_done),
    func.sum(Job.num_failed),
)


def _count(session: Session, *conditions: Any) -> int:
    return session.scalar(select(func.count()).select_from(Job).where(*conditions)) or 0


def _agent_row(agent: Agent, cpus: int, running: int, tags: list[str]) -> AgentRow:
    state = AgentState.RUNNING if agent.state is AgentState.ONLINE and cpus + running else agent.state
    return AgentRow(
        id=agent.id,
        hostname=agent.hostname,
        state=state,
        enabled=agent.enabled,
        cpus=agent.cpus,
        ram=agent.ram,
        free_ram=agent.free_ram,
        cpus_in_use=cpus,
        tasks_running=running,
        os=agent.os,
        version=agent.version,
        last_heard_from=agent.last_heard_from,
        notes=agent.notes,
        tags=tuple(tags),
        joined=agent.joined,
    )


def _output_folders(session: Session, job: Job) -> list[Path]:
    data = job.data or {}
    first = session.execute(
        select(Task.frame, Task.tile).where(Task.job_id == job.id).order_by(Task.position).limit(1)
    ).first()
    if first is None:
        return []
    values = template_values(data, title=job.title, cpus=job.cpus, ram=job.ram, by=job.by)
    files = task_outputs(job.jobtype_version.parsed(), values, BatchFrame(*first))
    if not files and data.get("output"):
        files = (str(data["output"]),)
    return [(Path(str(data.get("cwd") or "")) / file).parent for file in files]
