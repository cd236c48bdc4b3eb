"""What the lead tells an agent: batches of tasks to run, each task under a token of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class BatchMode(StrEnum):
    """How the tasks of a batch run."""

    ONE_PROCESS = "one process"
    """One process renders all frames of the batch; its output says which frame is done."""
    EACH = "each"
    """One process a task, one after the other."""


@dataclass(frozen=True, slots=True)
class Patterns:
    """Regular expressions that read a program's output, line by line; None where there is nothing to read.

    `progress` has a group named `percent` or `fraction`, or two named `part` and `whole`. `frame` tells which
    frame is being worked on and `done` that a frame is finished; both may have a group named `frame`.
    `warning` and `error` tell lines worth showing; the first error line becomes the task's last error.
    """

    progress: str | None = None
    frame: str | None = None
    done: str | None = None
    warning: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class TaskOrder:
    """One task of a batch. `token` names the attempt: the batch's token, a dot and a number."""

    token: str
    frame: str
    tile: int | None
    log: str
    """Absolute path of the attempt's log file; its folder is made by the agent."""
    argv: tuple[str, ...] = ()
    """The command of this task where the batch runs each on its own; else empty."""
    outputs: tuple[str, ...] = ()
    """Files that must be there afterwards: not empty and newer than the attempt's start."""


@dataclass(frozen=True)
class BatchOrder:
    """Tasks that an agent is given at once; they take one slot and run one after the other."""

    token: str
    job_id: int
    title: str
    mode: BatchMode
    tasks: tuple[TaskOrder, ...]
    argv: tuple[str, ...] = ()
    """The command of the whole batch where one process runs it; else empty."""
    cwd: str | None = None
    environ: dict[str, str] = field(default_factory=dict)
    """Added to the agent's own environment; FARMGUI_ATTEMPT is set by the agent itself."""
    patterns: Patterns = field(default_factory=Patterns)
    cpus: int = 1
    ram: int = 0
    ram_warning: int | None = None
    ram_max: int | None = None
    nice: int = 0
    watched: str | None = None
    """A scene whose change is worth a warning; `watched_stamp` is its size and time when it was submitted."""
    watched_stamp: str | None = None
    timeout: float | None = None
    """Seconds after which a task is ended and has failed."""
    silence_timeout: float | None = None
    """Seconds after which a task that wrote nothing is ended and has failed."""
    gpus: int = 0
    """How many graphics cards it takes; -1 is all of them. The agent chooses which."""
    no_automatic_start_time: bool = False
    """A task begins when a line of its output says so, not with its process."""

    def given(
        self,
        token: str,
        tasks: tuple[TaskOrder, ...],
        argv: tuple[str, ...],
        *,
        cpus: int,
        ram: int,
        nice: int,
    ) -> BatchOrder:
        """The same for another batch of the job."""
        # As it is frozen, its constructor sets one value at a time, which takes three times as long.
        made = object.__new__(BatchOrder)
        made.__dict__.update(
            self.__dict__, token=token, tasks=tasks, argv=argv, cpus=cpus, ram=ram, nice=nice
        )
        return made
