"""Frozen rows that left a session: what the window and the command line show.

Times are aware UTC datetimes; durations are seconds; memory is MB.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from farmgui.domain.counts import TaskCounts
from farmgui.domain.states import AgentState, AttemptState, JobState, TaskState


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job as a table shows it; never reads the job's tasks (the counts are kept on the job)."""

    id: int
    title: str
    state: JobState
    priority: int
    weight: int
    queue_id: int | None
    queue: str
    user: str
    job_type: str
    job_type_version: int
    counts: TaskCounts
    frames: str
    by: Decimal
    num_tiles: int | None
    batch: int
    requeue: int
    cpus: int
    ram: int
    ram_warning: int | None
    ram_max: int | None
    minimum_agents: int | None
    maximum_agents: int | None
    autodelete_time: int | None
    notes: str
    output_link: str | None
    hidden: bool
    to_be_deleted: bool
    time_submitted: datetime
    time_started: datetime | None
    time_finished: datetime | None
    agents_in_use: int = 0
    unfinished_parents: int = 0
    failed_parents: int = 0
    last_error: str | None = None
    warning: str | None = None
    waiting: str | None = None
    """Why nothing of the job runs although work is queued, in words; None when it doesn't wait."""
    waiting_since: datetime | None = None
    pause_reason: str | None = None
    """Why the program paused it; None where a person did, or nobody."""
    group: str = ""
    gpus: int = 0
    start_after: datetime | None = None
    num_blocked: int = 0
    """Those of the queued tasks that wait for other tasks."""
    failures: int = 0
    """Attempts that failed since the last rerun by hand."""
    most_failures: int | None = None
    most_per_agent: int | None = None
    preview: int | None = None
    timeout: int | None = None
    silence_timeout: int | None = None

    @property
    def progress(self) -> float:
        """The share of tasks that are done, 0 to 1."""
        return self.counts.done / self.counts.total if self.counts.total else 0.0


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One task: a frame, or a tile of it."""

    id: int
    job_id: int
    job_title: str
    frame: Decimal
    tile: int | None
    state: TaskState
    progress: float
    attempts: int
    failures: int
    agent: str
    """The hostname of the agent that runs it or ran it last; "" when none did."""
    time_started: datetime | None
    time_finished: datetime | None
    last_error: str | None = None
    warning: str | None = None
    marked: bool = False
    """Marked done or failed by hand, without running."""
    stopping: bool = False
    """A stop was asked for and its processes have not ended yet."""
    attempt_id: int | None = None
    """The newest attempt; its log is what the log view shows."""
    blocked: bool = False
    """Queued, and waits for other tasks: of a parent's same frame, or an assembly for its tiles."""
    not_before: datetime | None = None
    """Queued, and tried again then after a failure."""


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One run of a task."""

    id: int
    task_id: int
    number: int
    state: AttemptState
    agent: str
    log: str
    time_started: datetime | None
    time_finished: datetime | None
    exit_status: int | None
    reason: str | None
    cpu_seconds: float | None
    peak_ram: int | None
    joined: bool = False
    """It ran on an agent that joined: its log may lie on another machine."""


@dataclass(frozen=True, slots=True)
class AgentRow:
    """One machine that runs tasks."""

    id: str
    hostname: str
    state: AgentState
    enabled: bool
    cpus: int
    ram: int
    free_ram: int | None
    cpus_in_use: int
    tasks_running: int
    os: str
    version: str
    last_heard_from: datetime | None
    notes: str = ""
    tags: tuple[str, ...] = ()
    joined: bool = False
    """It came through the engine, from another machine than the lead's perhaps."""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One node of the queue tree."""

    id: int
    parent_id: int | None
    name: str
    path: str
    priority: int
    weight: int
    minimum_agents: int | None
    maximum_agents: int | None
    jobs: int = 0
    """Jobs in the queue itself, those of queues below it left out."""


@dataclass(frozen=True, slots=True)
class LeadRow:
    """Who schedules: this program or another one that shares the database."""

    hostname: str
    pid: int
    kind: str
    """ "window", "run" or "background"."""
    is_me: bool


@dataclass(frozen=True, slots=True)
class FarmSummary:
    """The farm in numbers, for the status bar and the strip of farm use."""

    jobs: int = 0
    tasks: TaskCounts = field(default_factory=TaskCounts)
    """Tasks of the jobs that are not finished."""
    failed_jobs: int = 0
    agents_online: int = 0
    agents: int = 0
    cpus: int = 0
    cpus_in_use: int = 0
    ever_had_a_job: bool = False
    lead: LeadRow | None = None


@dataclass(frozen=True, slots=True)
class RerunEffect:
    """What a rerun would hit, told before it is done."""

    done: int
    failed: int
    seconds: float
    """How long the finished frames took in all."""
    dependants: int
    """Jobs that depend on these, at any depth, and have something to run again."""


@dataclass(frozen=True, slots=True)
class DeleteEffect:
    """What a deletion would hit, told before it is done."""

    jobs: tuple[str, ...]
    running: int
    """Tasks of these jobs that run."""
    dependants: tuple[str, ...]
    """Titles of the jobs that depend on these, at any depth."""
    running_dependants: int = 0
    """Tasks of the dependants that run."""


@dataclass(frozen=True, slots=True)
class FailedOn:
    """An agent on which a task failed, or that it is to avoid."""

    agent_id: str
    hostname: str


@dataclass(frozen=True, slots=True)
class SightRow:
    """Whether a machine that joined sees the files that were asked about."""

    agent_id: str
    hostname: str
    os_class: str
    answered: bool
    """It has told since it was asked last; until then nothing more is known here."""
    words: str = ""
    """What is wrong and what to do, as a sentence without its end; "" where all is well."""
    path: str = ""
    """The file or folder of the problem, as the machine knows it."""


@dataclass(frozen=True, slots=True)
class LogChunk:
    """A part of a log: `data` begins at `offset` of a file of `size` bytes."""

    offset: int
    data: bytes
    size: int
