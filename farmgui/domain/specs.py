"""What is asked for and not yet stored: a job to be submitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from farmgui.domain.requirements import (
    AgentChoice,
    Dependency,
    LimitUse,
    SoftwareNeed,
    Subscription,
    TagNeed,
)


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A job to be submitted: the attributes of `domain.attributes` by their names, and a few more.

    Values are checked by `farmgui.services.submit`. None in a resource field means the job type's default.
    `data` holds what the job type's command needs (scene, output, command …), by the names of its parameters.
    """

    title: str
    job_type: str
    frames: str = "1"
    data: Mapping[str, Any] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    """None: the person who runs the program."""
    queue: str | None = None
    """A queue's path, like "/film/shot", made where it is missing; None: the root."""
    group: str | None = None
    priority: int = 0
    weight: int = 10
    cpus: int | None = None
    ram: int | None = None
    gpus: int | None = None
    ram_warning: int | None = None
    ram_max: int | None = None
    minimum_agents: int | None = None
    maximum_agents: int | None = None
    batch: int | None = None
    requeue: int = 3
    num_tiles: int | None = None
    autodelete_time: int | None = None
    start_after: datetime | None = None
    preview: int | None = None
    most_per_agent: int | None = None
    most_failures: int | None = None
    timeout: int | None = None
    silence_timeout: int | None = None
    notes: str = ""
    output_link: str | None = None
    hidden: bool = False
    paused: bool = False
    parents: tuple[Dependency | int, ...] = ()
    """Numbers of jobs stand for whole dependencies."""
    tags: tuple[str, ...] = ()
    agent_tags: tuple[TagNeed, ...] = ()
    software: tuple[SoftwareNeed, ...] = ()
    limits: tuple[LimitUse, ...] = ()
    agents: tuple[AgentChoice, ...] = ()
    notify: tuple[Subscription, ...] = ()
    jobtype_version: int | None = None
    """None: the newest."""
    only_missing: bool = False
    """Leave out the frames whose files are there already."""
