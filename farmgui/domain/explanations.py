"""Answers of the scheduler for people: why, what if, until when, and what making room would cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition for a job to run on an agent; `text` says it for the two in words, held or not."""

    name: str
    holds: bool
    text: str


@dataclass(frozen=True, slots=True)
class Expected:
    """When a job will probably be done, and between which moments; without a time, `reason` says why."""

    finish: datetime | None = None
    earliest: datetime | None = None
    latest: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change would mean for one job: the cpus that it works with, and when it would be done."""

    job_id: int
    title: str
    cpus_before: int
    cpus_after: int
    finish_before: datetime | None = None
    finish_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """A running task that would be ended to make room, and the seconds of work that would be lost."""

    task_id: int
    task: str
    """The task in words, like "frame 7, tile 2"."""
    job_title: str
    agent: str
    seconds: float
