"""Jobs: what was submitted, how far it is, and what it waits for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, and_, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from farmgui.domain.counts import TaskCounts, job_state
from farmgui.domain.dependencies import releases_dependants
from farmgui.domain.reruns import rerun_states
from farmgui.domain.runtimes import job_times
from farmgui.domain.states import JobState, TaskState
from farmgui.models.base import Base, Key, LongText, Megabytes, Name, now
from farmgui.models.jobtype import JobTypeVersion
from farmgui.models.limit import JobLimit
from farmgui.models.queue import JobQueue
from farmgui.models.software import JobSoftwareRequirement
from farmgui.models.tag import JobTagRequirement, Tag, job_tags
from farmgui.models.task import Task
from farmgui.models.user import JobNotifiedUser, User

dependencies = Table(
    "job_dependencies",
    Base.metadata,
    Column("childid", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("parentid", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("by_frame", Boolean, nullable=False, default=False, server_default=false()),
    Index(None, "parentid"),
)
"""The child waits for the parent; `by_frame`, each of its frames for the same frame of the parent."""


def _tasks_in(state: TaskState) -> Any:
    return relationship(
        Task,
        primaryjoin=lambda: and_(Task.job_id == Job.id, Task.state == state),
        order_by=Task.position,
        viewonly=True,
    )


class JobGroup(Base):
    """Jobs that are shown together."""

    __tablename__ = "job_groups"

    id: Mapped[Key]
    title: Mapped[Name]
    main_jobtype_id: Mapped[int] = mapped_column(ForeignKey("jobtypes.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    jobs: Mapped[list[Job]] = relationship(back_populates="group")


class JobAgent(Base):
    """An agent that a job may use, or with `excluded` may not. Where one may be used, only those may."""

    __tablename__ = "job_agents"

    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    excluded: Mapped[bool] = mapped_column(default=False)


class JobAgentFailures(Base):
    """How often tasks of a job failed on an agent since the last rerun by hand."""

    __tablename__ = "job_agent_failures"

    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)


class Job(Base):
    """Work that was submitted: one program over a range of frames.

    `cpus` and `ram` are what one batch takes of its agent: 0 nothing in particular, -1 the whole agent.
    `requeue` is the number of automatic retries: 0 never, -1 for ever. `minimum_agents` are served before all
    else; `maximum_agents` is a cap, None for none. A hidden job isn't scheduled, nor shown unless asked for.
    """

    __tablename__ = "jobs"
    __table_args__ = (Index(None, "state"), {"sqlite_autoincrement": True})

    id: Mapped[Key]
    state: Mapped[JobState] = mapped_column(default=JobState.QUEUED)
    priority: Mapped[int] = mapped_column(default=0)
    time_submitted: Mapped[datetime] = mapped_column(default=now)
    time_started: Mapped[datetime | None]
    """Stamped once per run; a rerun of a finished job begins a new one."""
    time_finished: Mapped[datetime | None]
    jobtype_version_id: Mapped[int] = mapped_column(ForeignKey("jobtype_versions.id"))
    job_queue_id: Mapped[int | None] = mapped_column(ForeignKey("job_queues.id"))
    job_group_id: Mapped[int | None] = mapped_column(ForeignKey("job_groups.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    minimum_agents: Mapped[int | None]
    maximum_agents: Mapped[int | None]
    weight: Mapped[int] = mapped_column(default=10)
    title: Mapped[Name]
    notes: Mapped[LongText] = mapped_column(default="")
    output_link: Mapped[LongText | None]
    frames: Mapped[LongText]
    """The frame range as it was asked for."""
    by: Mapped[Decimal] = mapped_column(default=Decimal(1))
    num_tiles: Mapped[int | None]
    batch: Mapped[int] = mapped_column(default=1)
    requeue: Mapped[int] = mapped_column(default=3)
    cpus: Mapped[int] = mapped_column(default=1)
    ram: Mapped[Megabytes] = mapped_column(default=32)
    ram_warning: Mapped[Megabytes | None]
    ram_max: Mapped[Megabytes | None]
    gpus: Mapped[int] = mapped_column(default=0)
    start_after: Mapped[datetime | None]
    """Nothing of it starts before."""
    preview: Mapped[int | None]
    """The first and the last frame come first, and every n-th; 0: only these two; None: no preview."""
    most_per_agent: Mapped[int | None]
    """Tasks of the job at once on one agent, at most."""
    most_failures: Mapped[int | None]
    """Failures after which the job is paused."""
    timeout: Mapped[int | None]
    """Seconds that a task may run; None: as the job type says."""
    silence_timeout: Mapped[int | None]
    """Seconds that a task may write nothing; None: as the job type says."""
    hidden: Mapped[bool] = mapped_column(default=False)
    environ: Mapped[dict[str, Any] | None]
    data: Mapped[dict[str, Any] | None]
    """What the job type's command needs; changes made inside of the dict aren't stored: assign a new one."""
    to_be_deleted: Mapped[bool] = mapped_column(default=False)
    completion_notify_sent: Mapped[bool] = mapped_column(default=False)
    autodelete_time: Mapped[int | None]
    """Seconds after which the job is deleted once it is done."""

    num_queued: Mapped[int] = mapped_column(default=0)
    num_assigned: Mapped[int] = mapped_column(default=0)
    num_running: Mapped[int] = mapped_column(default=0)
    num_done: Mapped[int] = mapped_column(default=0)
    num_failed: Mapped[int] = mapped_column(default=0)
    num_marked_failed: Mapped[int] = mapped_column(default=0)
    """Those of the failed tasks that were marked so by hand."""
    num_blocked: Mapped[int] = mapped_column(default=0)
    """Those of the queued tasks that wait for other tasks."""
    failures: Mapped[int] = mapped_column(default=0)
    """Attempts that failed since the last rerun by hand."""
    last_error: Mapped[LongText | None]
    warning: Mapped[LongText | None]
    task_seconds: Mapped[float | None]
    """How long its tasks take, smoothed; None before one was done."""
    task_spread: Mapped[float | None]
    """By how many seconds tasks differ from that, smoothed."""
    waiting: Mapped[LongText | None]
    """Why nothing of it runs although work is queued, in words."""
    waiting_since: Mapped[datetime | None]
    pause_reason: Mapped[LongText | None]
    """Why the program paused it; None where a person did."""

    tasks: Mapped[list[Task]] = relationship(
        back_populates="job", order_by=Task.position, cascade="all, delete-orphan", passive_deletes=True
    )
    parents: Mapped[list[Job]] = relationship(
        secondary=dependencies,
        primaryjoin="Job.id == job_dependencies.c.childid",
        secondaryjoin="Job.id == job_dependencies.c.parentid",
        back_populates="children",
        passive_deletes=True,
    )
    children: Mapped[list[Job]] = relationship(
        secondary=dependencies,
        primaryjoin="Job.id == job_dependencies.c.parentid",
        secondaryjoin="Job.id == job_dependencies.c.childid",
        back_populates="parents",
        passive_deletes=True,
    )
    group: Mapped[JobGroup | None] = relationship(back_populates="jobs")
    queue: Mapped[JobQueue | None] = relationship(back_populates="jobs")
    user: Mapped[User | None] = relationship()
    jobtype_version: Mapped[JobTypeVersion] = relationship()
    tags: Mapped[list[Tag]] = relationship(secondary=job_tags, passive_deletes=True)
    tag_requirements: Mapped[list[JobTagRequirement]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )
    software_requirements: Mapped[list[JobSoftwareRequirement]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )
    notified_users: Mapped[list[JobNotifiedUser]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )
    limits: Mapped[list[JobLimit]] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    agents: Mapped[list[JobAgent]] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    tasks_queued: Mapped[list[Task]] = _tasks_in(TaskState.QUEUED)
    tasks_running: Mapped[list[Task]] = _tasks_in(TaskState.RUNNING)
    tasks_done: Mapped[list[Task]] = _tasks_in(TaskState.DONE)
    tasks_failed: Mapped[list[Task]] = _tasks_in(TaskState.FAILED)

    @property
    def counts(self) -> TaskCounts:
        """The tasks by state, as they are kept on the job."""
        return TaskCounts(
            self.num_queued, self.num_assigned, self.num_running, self.num_done, self.num_failed
        )

    def paused(self) -> bool:
        """Whether it was paused by hand and has work left."""
        return self.state is JobState.PAUSED

    def can_use_more_agents(self) -> bool:
        """Whether a task waits for an agent."""
        return self.num_queued > 0

    def releases_dependants(self) -> bool:
        """Whether jobs that wait for this one need to wait no longer."""
        return releases_dependants(self.state, self.num_failed, self.num_marked_failed)

    def count(self, moved: Mapping[TaskState, int]) -> None:
        """Add `moved`, by state, to the counts, and let the state follow."""
        for state, number in moved.items():
            name = f"num_{state.value}"
            setattr(self, name, getattr(self, name) + number)
        self.update_state()

    def update_state(self) -> None:
        """Derive the state from the counts, and stamp the times that go with it."""
        old, self.state = self.state, job_state(self.state, self.counts)
        self.time_started, self.time_finished = job_times(
            old, self.state, self.time_started, self.time_finished, now()
        )

    def rerun(self) -> int:
        """Queue the done and failed tasks again; running ones are left. Returns how many."""
        return self._rerun(failed_only=False)

    def rerun_failed(self) -> int:
        """Queue the failed tasks again; done and running ones are left. Returns how many."""
        return self._rerun(failed_only=True)

    def _rerun(self, *, failed_only: bool) -> int:
        states = rerun_states(failed_only)
        again = [task for task in self.tasks if task.state in states]
        moved: dict[TaskState, int] = {TaskState.QUEUED: len(again)}
        for task in again:
            moved[task.state] = moved.get(task.state, 0) - 1
            if task.state is TaskState.FAILED and task.marked:
                self.num_marked_failed -= 1
            task.requeue()
        self.completion_notify_sent = False
        self.count(moved)
        return len(again)
