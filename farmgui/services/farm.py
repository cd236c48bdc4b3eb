"""The farm as a front end holds it: one object with everything that a window or a command asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from farmgui.domain.jobtypes import JobTypeDefinition
from farmgui.services.agents import Agents
from farmgui.services.changes import Changes
from farmgui.services.database import Database, open_database
from farmgui.services.explaining import Explaining
from farmgui.services.groups import Groups
from farmgui.services.intake import Intake
from farmgui.services.jobs import Jobs
from farmgui.services.jobtypes import sync
from farmgui.services.limits import Limits
from farmgui.services.logs import Logs
from farmgui.services.notices import Notices
from farmgui.services.path_maps import PathMaps
from farmgui.services.people import People
from farmgui.services.queries import Queries
from farmgui.services.queues import Queues
from farmgui.services.sights import Sights
from farmgui.services.software import SoftwareTable
from farmgui.services.submit import Submit
from farmgui.services.tags import Tags
from farmgui.services.watch import Watch
from farmgui.submission.jobtype_files import load


class Choices(Protocol):
    """What was chosen in the settings."""

    @property
    def chosen_programs(self) -> Mapping[str, str]:
        """Programs, by the name of their job type."""


@dataclass(frozen=True)
class Farm:
    """A database and the services on it."""

    database: Database
    queries: Queries
    logs: Logs
    jobs: Jobs
    agents: Agents
    queues: Queues
    groups: Groups
    limits: Limits
    software: SoftwareTable
    tags: Tags
    path_maps: PathMaps
    people: People
    notices: Notices
    submit: Submit
    intake: Intake
    explaining: Explaining
    sights: Sights
    changes: Changes

    def watch(self) -> Watch:
        """What tells one window again and again what is new."""
        return Watch(self.database)

    def close(self) -> None:
        """End the thread that looks for changes, and close the database."""
        self.changes.close()
        self.database.close()


class _NoChoices:
    chosen_programs: Mapping[str, str] = {}


def make_farm(
    database: Database, definitions: Sequence[JobTypeDefinition], choices: Choices | None = None
) -> Farm:
    """The services on `database`, with the job types that are offered. Each command is news at once."""
    changes = Changes(database)
    wake = changes.look
    submit = Submit(database, wake)
    sights = Sights(database, wake)
    chosen = choices or _NoChoices()
    return Farm(
        database=database,
        queries=Queries(database),
        logs=Logs(database),
        jobs=Jobs(database, wake),
        agents=Agents(database, wake),
        queues=Queues(database, wake),
        groups=Groups(database, wake),
        limits=Limits(database, wake),
        software=SoftwareTable(database, wake),
        tags=Tags(database, wake),
        path_maps=PathMaps(database, sights.forget),
        people=People(database, wake),
        notices=Notices(database),
        submit=submit,
        intake=Intake(submit, lambda: definitions, lambda: chosen.chosen_programs),
        explaining=Explaining(database),
        sights=sights,
        changes=changes,
    )


def open_farm(url: str, resources: Path, choices: Choices | None = None) -> Farm:
    """The farm at `url`: its database made or migrated, its job types brought up to date with `resources`.

    Raises FarmError where the database can't be opened or a job type's file is wrong.
    """
    types = load(resources / "jobtypes")
    database = open_database(url)
    try:
        sync(database, types)
        return make_farm(database, [definition for definition, _ in types], choices)
    except BaseException:
        database.close()
        raise
