"""Submission: a job with all its tasks in one transaction, after everything about it was checked."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from farmgui.domain.attributes import JOB_ATTRIBUTES
from farmgui.domain.errors import FarmError, InvalidValue
from farmgui.domain.jobtypes import BatchFrame, JobTypeDefinition, task_outputs
from farmgui.domain.limits import JOB_LIMITS, check_together
from farmgui.domain.ranges import Place, places
from farmgui.domain.requirements import Dependency
from farmgui.domain.specs import JobSpec
from farmgui.domain.states import JobState
from farmgui.models import Job, JobTypeVersion, User
from farmgui.services.commands import check_command, template_values
from farmgui.services.database import Database
from farmgui.services.dependencies import set_parents
from farmgui.services.frames import insert_tasks
from farmgui.services.groups import group_of
from farmgui.services.job_data import complete_data
from farmgui.services.jobtypes import version_of
from farmgui.services.queues import queue_at
from farmgui.services.requirements import SETTERS
from farmgui.services.tally import Tally

DEFAULT_BATCH = 1


_OF_TYPE: Final = ("cpus", "ram", "gpus")
"""What the job type says where the job doesn't."""
_PLAIN: Final = (*JOB_LIMITS, "title", "notes", "output_link", "hidden", "start_after", "frames")
"""The attributes that are columns as they are."""


@dataclass(frozen=True, slots=True)
class _Checked:
    """A job that may be stored."""

    values: dict[str, Any]
    """The attributes of the spec by name, checked."""
    paused: bool
    version: JobTypeVersion
    columns: dict[str, Any]
    tasks: list[Place]


class Submit:
    """Takes jobs in."""

    def __init__(self, database: Database, wake: Callable[[], None]) -> None:
        self._database = database
        self._wake = wake

    def submit(self, spec: JobSpec) -> int:
        """Store the job that `spec` asks for; its number. Raises FarmError, and nothing is stored then."""
        with self._database.reading() as session:
            version = version_of(session, spec.job_type, spec.jobtype_version)
            checked = _check(spec, version)
        with self._database.sessions.begin() as session:
            job_id = _store(session, checked)
        self._wake()
        return job_id


def _check(spec: JobSpec, version: JobTypeVersion) -> _Checked:
    definition = version.parsed()
    checked = _values(spec, definition)
    if spec.num_tiles is not None and not definition.supports_tiling:
        raise InvalidValue(f"{definition.title or definition.name} can't render in tiles.")
    data = complete_data(spec.data, definition)
    wanted, by = places(checked["frames"], spec.num_tiles, definition)
    values = template_values(
        data,
        title=spec.title,
        cpus=checked["cpus"],
        ram=checked["ram"],
        by=by,
        num_tiles=spec.num_tiles,
    )
    check_command(definition, values, BatchFrame(*wanted[0]), checked["environ"])
    tasks = wanted
    if spec.only_missing:
        tasks = [place for place in wanted if not _is_there(definition, values, place)]
        if not tasks:
            raise FarmError(f"All {len(wanted):,} frames are there already: nothing is missing.")
    columns = {name: checked[name] for name in _PLAIN}
    columns |= {"by": by, "environ": checked["environ"] or None, "data": data}
    return _Checked(checked, spec.paused, version, columns, tasks)


def _values(spec: JobSpec, definition: JobTypeDefinition) -> dict[str, Any]:
    """The attributes of the job by name, checked; those of the type where none are given."""
    given: dict[str, Any] = {name: getattr(spec, name) for name in JOB_ATTRIBUTES}
    given |= {name: getattr(definition, name) for name in _OF_TYPE if given[name] is None}
    if given["batch"] is None:
        given["batch"] = DEFAULT_BATCH
    given["parents"] = tuple(
        Dependency(parent) if isinstance(parent, int) else parent for parent in spec.parents
    )
    # Whether the version is there was asked before.
    del given["jobtype_version"]
    checked: dict[str, Any] = {name: JOB_ATTRIBUTES[name].check(value) for name, value in given.items()}
    check_together(checked)
    return checked


def _is_there(definition: JobTypeDefinition, values: Mapping[str, Any], place: Place) -> bool:
    """Whether all files that the frame leaves are there and not empty; never for one that leaves none."""
    folder = Path(str(values.get("cwd") or ""))
    frame, tile = place
    # Tiles that are put together are gone afterwards.
    outputs = task_outputs(definition, values, BatchFrame(frame, None if definition.assemble else tile))
    return bool(outputs) and all(_is_filled(folder / name) for name in outputs)


def _is_filled(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size > 0
    except OSError:
        return False


def _store(session: Session, checked: _Checked) -> int:
    values = checked.values
    user_id = _user(session, values["user"])
    job = Job(
        **checked.columns,
        state=JobState.PAUSED if checked.paused else JobState.QUEUED,
        jobtype_version_id=checked.version.id,
        job_queue_id=queue_at(session, values["queue"] or ""),
        user_id=user_id,
    )
    if values["group"] is not None:
        job.job_group_id = group_of(session, values["group"], checked.version.jobtype_id, user_id)
    session.add(job)
    session.flush()
    set_parents(session, [job.id], values["parents"])
    for name, setter in SETTERS.items():
        setter(session, [job.id], values[name])
    tally = Tally()
    insert_tasks(session, tally, job.id, checked.tasks, job.preview)
    tally.settle(session, datetime.now(UTC))
    session.execute(text("UPDATE farm SET jobs_submitted = jobs_submitted + 1 WHERE id = 1"))
    return job.id


def _user(session: Session, name: str | None) -> int:
    name = name or this_user()
    known = session.scalar(select(User.id).where(User.name == name))
    if known is not None:
        return known
    user = User(name=name)
    session.add(user)
    session.flush()
    return user.id


def this_user() -> str:
    """The account that runs the program."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # An account without a name, as in some containers.
        return "unknown"
