"""Submission: a job with all its tasks in one transaction, after everything about it was checked."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from farmgui.domain.errors import FarmError, InvalidValue
from farmgui.domain.jobtypes import BatchFrame, JobTypeDefinition, task_outputs
from farmgui.domain.limits import JOB_LIMITS, check_value
from farmgui.domain.specs import JobSpec
from farmgui.domain.states import JobState
from farmgui.models import Job, JobTypeVersion, Tag, User, dependencies, job_tags
from farmgui.services.commands import check_command, template_values
from farmgui.services.database import Database
from farmgui.services.frames import Place, insert_tasks, places
from farmgui.services.jobtypes import newest_version
from farmgui.services.known import known_jobs
from farmgui.services.queues import queue_at
from farmgui.services.tally import Tally

DEFAULT_BATCH = 1


@dataclass(frozen=True, slots=True)
class _Checked:
    """A job that may be stored."""

    spec: JobSpec
    version_id: int
    data: dict[str, Any]
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
            version = newest_version(session, spec.job_type)
            if version is None:
                raise InvalidValue(f'There is no job type "{spec.job_type}".')
        checked = _check(spec, version)
        with self._database.sessions.begin() as session:
            job_id = _store(session, checked)
        self._wake()
        return job_id


def _check(spec: JobSpec, version: JobTypeVersion) -> _Checked:
    definition = version.parsed()
    columns = _columns(spec, definition)
    if spec.num_tiles is not None and not definition.supports_tiling:
        raise InvalidValue(f"{definition.title or definition.name} can't render in tiles.")
    data = _data(spec, definition)
    environ = _environ(spec.environ)
    wanted, by = places(spec.frames, spec.num_tiles, definition)
    values = template_values(data, title=spec.title, cpus=columns["cpus"], ram=columns["ram"], by=by)
    check_command(definition, values, BatchFrame(*wanted[0]), environ)
    tasks = wanted
    if spec.only_missing:
        tasks = [place for place in wanted if not _is_there(definition, values, place)]
        if not tasks:
            raise FarmError(f"All {len(wanted):,} frames are there already: nothing is missing.")
    columns |= {"by": by, "frames": spec.frames.strip(), "environ": environ or None, "data": data}
    return _Checked(spec, version.id, data, columns, tasks)


def _columns(spec: JobSpec, definition: JobTypeDefinition) -> dict[str, Any]:
    """The values of the job's columns that are limited, checked; defaults of the type where none is given."""
    defaults = {"cpus": definition.cpus, "ram": definition.ram, "batch": DEFAULT_BATCH}
    values = {name: getattr(spec, name) for name in (*JOB_LIMITS, "title")}
    for name, default in defaults.items():
        if values[name] is None:
            values[name] = default
    return {name: check_value(name, value) for name, value in values.items()}


def _data(spec: JobSpec, definition: JobTypeDefinition) -> dict[str, Any]:
    """The job's data, with the defaults of the type; checked against the type's parameters."""
    data: dict[str, Any] = {item.name: item.default for item in definition.parameters} | dict(spec.data)
    try:
        json.dumps(data)
    except (TypeError, ValueError) as error:
        raise InvalidValue(f"The job's data can't be stored as JSON: {error}.") from error
    for item in definition.parameters:
        value = data[item.name]
        if item.required and value in (None, "", [], ()):
            raise InvalidValue(f"{item.label} is missing.")
        if item.kind == "file" and value and not _exists(value, data.get("cwd")):
            raise FarmError(f"There is no file {value} ({item.label}).")
    cwd = data.get("cwd")
    if cwd and not Path(str(cwd)).is_dir():
        raise FarmError(f"The folder {cwd}, in which the command is to run, isn't there.")
    return data


def _exists(value: object, cwd: object) -> bool:
    return (Path(str(cwd or "")) / Path(str(value)).expanduser()).exists()


def _environ(environ: Mapping[str, str]) -> dict[str, str]:
    for name, value in environ.items():
        if not name or "=" in name or "\0" in name or not isinstance(value, str) or "\0" in value:
            raise InvalidValue(f'"{name}={value}" is no environment variable. Write it like NAME=VALUE.')
    return dict(environ)


def _is_there(definition: JobTypeDefinition, values: Mapping[str, Any], place: Place) -> bool:
    """Whether all files that the frame leaves are there and not empty; never for one that leaves none."""
    folder = Path(str(values.get("cwd") or ""))
    outputs = task_outputs(definition, values, BatchFrame(*place))
    return bool(outputs) and all(_is_filled(folder / name) for name in outputs)


def _is_filled(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size > 0
    except OSError:
        return False


def _store(session: Session, checked: _Checked) -> int:
    spec = checked.spec
    parents = known_jobs(session, spec.parents)
    job = Job(
        **checked.columns,
        state=JobState.PAUSED if spec.paused else JobState.QUEUED,
        jobtype_version_id=checked.version_id,
        job_queue_id=queue_at(session, spec.queue or ""),
        user_id=_user(session, spec.user),
        notes=spec.notes,
        output_link=spec.output_link,
        hidden=spec.hidden,
    )
    session.add(job)
    session.flush()
    if parents:
        rows = [{"parentid": parent, "childid": job.id} for parent in parents]
        session.execute(insert(dependencies), rows)
    tally = Tally()
    insert_tasks(session, tally, job.id, checked.tasks, job.preview)
    tally.settle(session, datetime.now(UTC))
    for tag in dict.fromkeys(spec.tags):
        session.execute(insert(job_tags), {"job_id": job.id, "tag_id": _tag(session, tag)})
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


def _tag(session: Session, name: str) -> int:
    known = session.scalar(select(Tag.id).where(Tag.tag == name))
    if known is not None:
        return known
    tag = Tag(tag=name)
    session.add(tag)
    session.flush()
    return tag.id


def this_user() -> str:
    """The account that runs the program."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # An account without a name, as in some containers.
        return "unknown"
