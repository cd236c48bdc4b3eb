"""What an agent tells the lead: who it is, what it holds, and how its attempts fare.

Times are seconds since the epoch, by the agent's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from farmgui.domain.states import AttemptState

OS_CLASSES: Final = ("linux", "windows", "mac", "bsd", "other")


class Gpu(NamedTuple):
    """A graphics card."""

    number: int
    """As its driver counts them, from 0."""
    name: str
    ram: int | None = None
    """MB; None where it can't be told."""


class Disk(NamedTuple):
    """A disk of the machine, in bytes."""

    mountpoint: str
    size: int
    free: int


class Software(NamedTuple):
    """A program that was found."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What an attempt used."""

    cpu_seconds: float | None = None
    peak_ram: int | None = None
    """MB, of the whole process tree."""


@dataclass(frozen=True, slots=True)
class Started:
    """The attempt's process runs, or the batch's process has come to its frame."""

    token: str
    time: float


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far the attempt is, 0 to 1."""

    token: str
    progress: float


@dataclass(frozen=True, slots=True)
class Warned:
    """Something a wrangler should know that doesn't end the attempt."""

    token: str
    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The attempt has ended and none of its processes is left.

    `state` is DONE, FAILED or STOPPED. STOPPED is no failure: it was asked for, or its
    batch ended before its turn.
    Kept by the agent, on disk, until the lead acknowledges it.
    """

    token: str
    state: AttemptState
    time_started: float | None
    time_finished: float
    exit_status: int | None = None
    reason: str | None = None
    """Why it failed, a sentence or the first error line; None when it is done."""
    usage: Usage = Usage()


Event = Started | Progressed | Warned | Finished


@dataclass(frozen=True, slots=True)
class Inventory:
    """Who the agent is and which tokens it holds: running, waiting, or finished and not yet acknowledged."""

    agent_id: str
    incarnation: str
    """New at each start of the agent process."""
    hostname: str
    os: str
    version: str
    cpus: int
    ram: int
    free_ram: int
    pid: int
    tokens: frozenset[str] = frozenset()
    cpu_name: str = ""
    os_class: str = ""
    """One of OS_CLASSES."""
    gpus: tuple[Gpu, ...] = ()
    disks: tuple[Disk, ...] = ()
    mac_addresses: tuple[str, ...] = ()
    """Of its network cards, like "00:50:56:10:00:aa"."""
    software: tuple[Software, ...] = ()
    joined: bool = False
    """It came to the farm through the engine, from another machine than the lead's perhaps."""
    log_folder: str = ""
    """Where it keeps the logs of attempts; "": where the lead does."""
    python: str = ""
    """The Python that it runs scripts with."""
    assemble_tiles: str = ""
    """Its script that puts tiles together."""
