"""What a job asks for beside its resources, by name, as editors, command line and services share it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Per(StrEnum):
    """What a limit counts."""

    TASK = "task"
    AGENT = "agent"
    JOB = "job"


class Outcome(StrEnum):
    """What people are told of a job."""

    SUCCESS = "success"
    FAILURE = "failure"
    DELETION = "deletion"


class Channel(StrEnum):
    """How people are told."""

    MAIL = "mail"
    DESKTOP = "desktop"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class SoftwareNeed:
    """A program that an agent must have, in a version from `minimum` to `maximum` by rank; None: any."""

    name: str
    minimum: str | None = None
    maximum: str | None = None


@dataclass(frozen=True, slots=True)
class TagNeed:
    """A tag that an agent must have, or with `negate` must not have."""

    name: str
    negate: bool = False


@dataclass(frozen=True, slots=True)
class AgentChoice:
    """An agent, by hostname, that a job may use or with `excluded` may not. Where one may, only those may."""

    hostname: str
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Dependency:
    """A job that this one waits for; `by_frame`: each frame for the same frame of the other."""

    job_id: int
    by_frame: bool = False


@dataclass(frozen=True, slots=True)
class Subscription:
    """A person who is told how the job ends."""

    user: str
    on_success: bool = True
    on_failure: bool = True
    on_deletion: bool = False


@dataclass(frozen=True, slots=True)
class LimitUse:
    """How much of a named limit each task, agent or the job takes."""

    name: str
    amount: int = 1
