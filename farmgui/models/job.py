"""Jobs: what was submitted, how far it is, and what it waits for."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, and_, inspect
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from farmgui.domain.batches import can_use_more_agents
from farmgui.domain.counts import TaskCounts, job_state
from farmgui.domain.dependencies import releases_dependants
from farmgui.domain.limits import JOB_LIMITS, check_value
from farmgui.domain.ranges import range_text
from farmgui.domain.runtimes import FINISHED, job_times
from farmgui.domain.states import JobState, TaskState
from farmgui.models.agent import Agent
from farmgui.models.attempt import Attempt, usable_agents
from farmgui.models.base import Base, Key, LongText, Megabytes, Name, now
from farmgui.models.dependency import dependencies
from farmgui.models.job_batch import next_batch
from farmgui.models.job_tasks import alter_frames, counts, rerun, session_of, stuck
from farmgui.models.jobtype import JobTypeVersion
from farmgui.models.limit import JobLimit
from farmgui.models.queue import ASSIGNED, JobQueue
from farmgui.models.software import JobSoftwareRequirement
from farmgui.models.tag import JobTagRequirement, Tag, job_tags
from farmgui.models.task import Task
from farmgui.models.user import JobNotifiedUser, User
from farmgui.models.validation import checked_mapping, checked_state

_CHECKED_ELSEWHERE: Final = frozenset({"priority", "cpus", "ram", "gpus", "ram_warning", "ram_max"})


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
    REPR = ("id", "title", "state")
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
    tags: Mapped[list[Tag]] = relationship(secondary=job_tags, back_populates="jobs", passive_deletes=True)
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
    agent_failures: Mapped[list[JobAgentFailures]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )
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
        """Whether it is paused and has work left."""
        return self.state is JobState.PAUSED

    def can_use_more_agents(self) -> bool:
        """Whether a task waits for nothing but an agent."""
        return can_use_more_agents(self.num_queued, self.num_blocked)

    def num_assigned_agents(self) -> int:
        """How many usable agents have tasks of it at hand (PyFarm 2.3).

        Kept until `clear_assigned_counts`.
        """
        kept: dict[str, int] = inspect(self).info
        if ASSIGNED not in kept:
            session = session_of(self)
            kept[ASSIGNED] = usable_agents(session, Attempt.job_id == self.id) if self._runs() else 0
        return kept[ASSIGNED]

    def clear_assigned_counts(self) -> None:
        """Have the agents counted anew, here and in the queues above."""
        inspect(self).info.pop(ASSIGNED, None)
        if self.queue is not None:
            self.queue.clear_assigned_counts()

    def get_batch(self, agent: Agent) -> list[Task]:
        """The queued tasks that `agent` would be given next: one batch. Whether it may have any is policy."""
        return next_batch(self, agent, now())

    def releases_dependants(self) -> bool:
        """Whether jobs that wait for this one need to wait no longer."""
        return releases_dependants(self.state, self.num_failed, self.num_marked_failed)

    def update_state(self) -> None:
        """Count the tasks, and derive the state from that; the times follow from the state."""
        counted, self.num_marked_failed, self.num_blocked = counts(self)
        for name, number in counted.as_dict().items():
            setattr(self, f"num_{name}", number)
        self.state = job_state(self.state, counted, stuck=stuck(self))
        if self.state is not JobState.PAUSED:
            self.pause_reason = None
        if self.state is not JobState.QUEUED:
            self.waiting = self.waiting_since = None
        if self.state is JobState.DONE:
            self.last_error = None
        # Of a run that goes on nobody was told how it ended.
        self.completion_notify_sent = self.completion_notify_sent and self.state in FINISHED

    def rerun(self, dependants: bool = False) -> int:
        """Queue the done and failed tasks again; running ones are left. Returns how many.

        With `dependants`, those of all jobs that depend on this one, too.
        """
        return self._rerun(failed_only=False, dependants=dependants)

    def rerun_failed(self, dependants: bool = False) -> int:
        """Queue the failed tasks again; done and running ones are left. Returns how many."""
        return self._rerun(failed_only=True, dependants=dependants)

    def alter_frame_range(self, start: object, end: object, by: object = 1) -> int:
        """Take the frames from `start` by `by` up to `end`. Returns how many tasks came and went.

        Tasks of frames that stay are left as they are; those that run of others go once they have ended. A
        paused job stays paused. Raises InvalidValue, and changes nothing then.
        """
        return self.alter_frames(range_text(start, end, by))

    def alter_frames(self, text: str) -> int:
        """Take the frames of `text`, in its order, like "1-10,20-40x2"; as `alter_frame_range`."""
        return alter_frames(self, text)

    @validates("state")
    def validate_state(self, _key: str, value: object) -> JobState:
        """One of the words of JobState; the times that go with it are stamped (PyFarm 2.10, 9.1 rule 16)."""
        new = checked_state(JobState, value, "a job")
        old = self.state or JobState.QUEUED
        self.time_started, self.time_finished = job_times(
            old, new, self.time_started, self.time_finished, now()
        )
        return new

    @validates("priority")
    def validate_priority(self, key: str, value: object) -> int | None:
        """-1000 to 1000."""
        return JOB_LIMITS[key].check(value)

    @validates("cpus", "ram", "gpus", "ram_warning", "ram_max")
    def validate_resource(self, key: str, value: object) -> int | None:
        """In the range of its kind; 0 and -1 have a meaning of their own for cpus and ram."""
        return JOB_LIMITS[key].check(value)

    @validates(*(JOB_LIMITS.keys() - _CHECKED_ELSEWHERE))
    def validate_number(self, key: str, value: object) -> int | None:
        """In the range of its kind (`domain.limits`)."""
        return JOB_LIMITS[key].check(value)

    @validates("title")
    def validate_title(self, key: str, value: object) -> object:
        """1 to 255 characters."""
        return check_value(key, value)

    @validates("environ", "data")
    def validate_mapping(self, key: str, value: object) -> object:
        """Values by name, or None."""
        return checked_mapping(value, f"The {key} of a job")

    def to_dict(self) -> dict[str, Any]:
        """Its columns by name, with the names of what it belongs to; as plain values."""
        values = {column.key: getattr(self, column.key) for column in inspect(type(self)).column_attrs}
        version = self.jobtype_version
        return values | {
            "state": self.state.value,
            "jobtype": version.jobtype.name,
            "jobtype_version": version.version,
            "queue": None if self.queue is None else self.queue.path(),
            "group": None if self.group is None else self.group.title,
            "user": None if self.user is None else self.user.name,
            "parents": sorted(parent.id for parent in self.parents),
            "children": sorted(child.id for child in self.children),
            "tags": sorted(tag.tag for tag in self.tags),
        }

    def _runs(self) -> bool:
        """Whether agents may have tasks of it: a paused job's run to their end."""
        return bool(self.num_assigned or self.num_running)

    def _rerun(self, *, failed_only: bool, dependants: bool) -> int:
        return sum(rerun(job, failed_only=failed_only) for job in self._with_dependants(dependants))

    def _with_dependants(self, dependants: bool) -> list[Job]:
        found = {self.id: self}
        left = [self] if dependants else []
        while left:
            for child in left.pop().children:
                if child.id not in found:
                    found[child.id] = child
                    left.append(child)
        return list(found.values())
