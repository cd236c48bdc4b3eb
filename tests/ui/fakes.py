"""A farm in memory with the method names of the services, for tests of the window alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

from farmgui.domain.attributes import JOB_ATTRIBUTES
from farmgui.domain.counts import TaskCounts
from farmgui.domain.errors import FarmError
from farmgui.domain.explanations import Effect, Ending, Expected, Rule
from farmgui.domain.jobtypes import JobTypeDefinition, Parameter
from farmgui.domain.sights import Blindness, Question, Sight, sight_words
from farmgui.domain.snapshots import (
    AgentRow,
    AttemptRow,
    DeleteEffect,
    FarmSummary,
    JobRow,
    LeadRow,
    LogChunk,
    QueueRow,
    RerunEffect,
    SightRow,
    TaskRow,
)
from farmgui.domain.states import AgentState, AttemptState, JobState, TaskState
from farmgui.services.updates import Kind, Reading, Update, Wanted
from farmgui.submission.draft import Draft
from farmgui.submission.filling import empty_draft

NOW = datetime.now(UTC).replace(microsecond=0)


def job(number: int, **values: Any) -> JobRow:
    """A job row with defaults; `values` replace them."""
    row = JobRow(
        id=number,
        title=f"job {number}",
        state=JobState.QUEUED,
        priority=0,
        weight=10,
        queue_id=1,
        queue="/",
        user="ada",
        job_type="blender",
        job_type_version=1,
        counts=TaskCounts(queued=10),
        frames="1-10",
        by=Decimal(1),
        num_tiles=None,
        batch=1,
        requeue=3,
        cpus=-1,
        ram=0,
        ram_warning=None,
        ram_max=None,
        minimum_agents=None,
        maximum_agents=None,
        autodelete_time=None,
        notes="",
        output_link=None,
        hidden=False,
        to_be_deleted=False,
        time_submitted=NOW - timedelta(minutes=number),
        time_started=None,
        time_finished=None,
    )
    return replace(row, **values)


def task(number: int, job_id: int = 1, **values: Any) -> TaskRow:
    """A task row with defaults; `values` replace them."""
    row = TaskRow(
        id=job_id * 100_000 + number,
        job_id=job_id,
        job_title=f"job {job_id}",
        frame=Decimal(number),
        tile=None,
        state=TaskState.QUEUED,
        progress=0.0,
        attempts=0,
        failures=0,
        agent="",
        time_started=None,
        time_finished=None,
    )
    return replace(row, **values)


def agent(name: str = "ws-1", **values: Any) -> AgentRow:
    """An agent row with defaults; `values` replace them."""
    row = AgentRow(
        id=f"id-{name}",
        hostname=name,
        state=AgentState.ONLINE,
        enabled=True,
        cpus=16,
        ram=32_000,
        free_ram=20_000,
        cpus_in_use=0,
        tasks_running=0,
        os="Linux",
        version="0.1.0",
        last_heard_from=NOW,
    )
    return replace(row, **values)


class FakeChanges:
    """Calls who subscribed when `tell` is called."""

    def __init__(self) -> None:
        self.callbacks: list[Callable[[], None]] = []

    def subscribe(self, callback: Callable[[], None]) -> None:
        """Call `callback` when something was stored."""
        self.callbacks.append(callback)

    def unsubscribe(self, callback: Callable[[], None]) -> None:
        """Call it no more."""
        self.callbacks.remove(callback)

    def tell(self) -> None:
        """Something was stored."""
        for callback in list(self.callbacks):
            callback()


@dataclass
class FakeFarm:
    """Rows in lists; commands are noted in `calls` as (name, arguments)."""

    job_rows: list[JobRow] = field(default_factory=list)
    task_rows: list[TaskRow] = field(default_factory=list)
    agent_rows: list[AgentRow] = field(default_factory=list)
    attempt_rows: list[AttemptRow] = field(default_factory=list)
    logs_by_attempt: dict[int, bytes] = field(default_factory=dict)
    folders: list[Path] = field(default_factory=list)
    effect: RerunEffect = field(default_factory=lambda: RerunEffect(0, 0, 0.0, 0))
    lead: LeadRow | None = field(default_factory=lambda: LeadRow("ws-1", 1, "window", is_me=True))
    more: dict[int, dict[str, object]] = field(default_factory=dict)
    """Attributes of jobs that their rows don't hold."""
    told: list[dict[str, Any]] = field(default_factory=list)
    """What agents tell of themselves."""
    dependants: tuple[str, ...] = ()
    """Titles of the jobs that depend on any other."""
    explaining: FakeExplaining = field(default_factory=lambda: FakeExplaining())
    sights: FakeSights = field(default_factory=lambda: FakeSights())
    table_rows: dict[str, list[Any]] = field(default_factory=dict)
    """Rows of limits, software, tags, path maps, people and groups, by the name of the service."""
    error: FarmError | None = None
    """What every command raises."""
    read_error: FarmError | None = None
    calls: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    changes: FakeChanges = field(default_factory=FakeChanges)
    database: None = None

    @property
    def queries(self) -> FakeQueries:
        """Like the services'."""
        return FakeQueries(self)

    @property
    def logs(self) -> FakeLogs:
        """Like the services'."""
        return FakeLogs(self)

    @property
    def jobs(self) -> FakeCommands:
        """Like the services'."""
        return FakeCommands(self)

    @property
    def agents(self) -> FakeCommands:
        """Like the services'."""
        return FakeCommands(self, "agent ")

    def __getattr__(self, name: str) -> FakeCommands:
        if name in ("limits", "software", "tags", "path_maps", "people", "groups", "queues"):
            return FakeCommands(self, f"{name} ")
        raise AttributeError(name)

    def watch(self) -> FakeWatch:
        """Like the services'."""
        return FakeWatch(self)

    def put_job(self, row: JobRow) -> None:
        """Store a job, new or changed, and tell."""
        self.job_rows = [known for known in self.job_rows if known.id != row.id] + [row]
        self.changes.tell()


class FakeWatch:
    """Tells what is new by comparing all rows with those that it told."""

    def __init__(self, farm: FakeFarm) -> None:
        self._farm = farm
        self._told: dict[Kind, dict[Any, Any]] = {kind: {} for kind in Kind}

    def read(
        self,
        wanted: Wanted,
        tell: Callable[[Update], None],
        is_wanted: Callable[[], bool] = lambda: True,  # noqa: ARG002 - the service's signature.
    ) -> Reading:
        """Tell what is new."""
        queries = self._farm.queries
        if wanted.jobs:
            self._compare(Kind.JOBS, queries.jobs(), tell)
        if wanted.agents:
            self._compare(Kind.AGENTS, queries.agents(), tell)
        self._compare(Kind.TASKS, queries.tasks(wanted.task_jobs) if wanted.task_jobs else [], tell)
        return Reading(queries.farm())

    def _compare(self, kind: Kind, rows: list[Any], tell: Callable[[Update], None]) -> None:
        told, new = self._told[kind], {row.id: row for row in rows}
        changed = [row for key, row in new.items() if told.get(key) != row]
        if changed or told.keys() - new.keys():
            tell(Update(kind, changed, told.keys() - new.keys()))
        self._told[kind] = new


class FakeQueries:
    """The read side."""

    def __init__(self, farm: FakeFarm) -> None:
        self._farm = farm

    def _note(self, name: str) -> None:
        self._farm.reads.append(name)
        if self._farm.read_error is not None:
            raise self._farm.read_error

    def jobs(self) -> list[JobRow]:
        """All jobs."""
        self._note("jobs")
        return list(self._farm.job_rows)

    def tasks(self, job_ids: Collection[int]) -> list[TaskRow]:
        """Tasks of the jobs."""
        self._note("tasks")
        return [row for row in self._farm.task_rows if row.job_id in job_ids]

    def queues(self) -> list[QueueRow]:
        """No queues."""
        return []

    def attempts(self, task_id: int) -> list[AttemptRow]:
        """Attempts of a task."""
        return [row for row in self._farm.attempt_rows if row.task_id == task_id]

    def agents(self) -> list[AgentRow]:
        """All agents."""
        self._note("agents")
        return list(self._farm.agent_rows)

    def farm(self) -> FarmSummary:
        """The farm in numbers."""
        farm = self._farm
        open_jobs = [row for row in farm.job_rows if row.counts.unfinished]
        return FarmSummary(
            jobs=len(farm.job_rows),
            tasks=TaskCounts(
                queued=sum(row.counts.queued for row in open_jobs),
                running=sum(row.counts.running for row in open_jobs),
                done=sum(row.counts.done for row in open_jobs),
                failed=sum(row.counts.failed for row in open_jobs),
            ),
            failed_jobs=sum(row.state is JobState.FAILED for row in farm.job_rows),
            agents_online=sum(row.state is not AgentState.OFFLINE for row in farm.agent_rows),
            agents=len(farm.agent_rows),
            cpus=sum(row.cpus for row in farm.agent_rows),
            cpus_in_use=sum(row.cpus_in_use for row in farm.agent_rows),
            ever_had_a_job=bool(farm.job_rows),
            lead=farm.lead,
        )

    def rerun_effect(self, job_ids: Collection[int]) -> RerunEffect:
        """What a rerun would hit."""
        self._note(f"rerun_effect {tuple(job_ids)}")
        return self._farm.effect

    def delete_effect(self, job_ids: Collection[int]) -> DeleteEffect:
        """What a deletion would hit."""
        rows = [row for row in self._farm.job_rows if row.id in job_ids]
        titles, running = tuple(row.title for row in rows), sum(row.counts.active for row in rows)
        return DeleteEffect(titles, running, self._farm.dependants)

    def job_data(self, job_id: int) -> dict[str, Any]:
        """What a job's command is filled with: its scene and where its frames go."""
        self._note(f"job_data {job_id}")
        return {"scene": f"/show/film/{job_id}.blend", "output": "/show/frames/####.png"}

    def output_folders(self, job_ids: Collection[int]) -> list[Path]:
        """Folders of the jobs' frames."""
        self._note(f"output_folders {tuple(job_ids)}")
        return list(self._farm.folders)

    def job_values(self, job_ids: Collection[int]) -> list[dict[str, object]]:
        """All attributes of the jobs."""
        self._note(f"job_values {tuple(job_ids)}")
        return [
            values(row, self._farm.more.get(row.id, {})) for row in self._farm.job_rows if row.id in job_ids
        ]


def values(row: JobRow, more: Mapping[str, object] = MappingProxyType({})) -> dict[str, object]:
    """The attributes of a job: those of its row, `more`, and nothing for the rest."""
    nothing = {
        name: attribute.parse("") for name, attribute in JOB_ATTRIBUTES.items() if name in _MAY_BE_EMPTY
    }
    known = {name: getattr(row, name) for name in JOB_ATTRIBUTES if hasattr(row, name)}
    own = {"gpus": 0, "jobtype_version": row.job_type_version, "user": row.user, "hidden": row.hidden}
    return {**nothing, **known, **own, "queue": None, "group": None, "tags": (), **more}


_MAY_BE_EMPTY = frozenset(JOB_ATTRIBUTES) - {
    "title",
    "frames",
    "priority",
    "weight",
    "batch",
    "requeue",
    "cpus",
    "ram",
    "gpus",
    "jobtype_version",
    "hidden",
}


class FakeLogs:
    """Logs in memory."""

    def __init__(self, farm: FakeFarm) -> None:
        self._farm = farm

    def read(self, attempt_id: int, offset: int | None = None, limit: int = 262_144) -> LogChunk:
        """A part of a log."""
        data = self._farm.logs_by_attempt.get(attempt_id, b"")
        if offset is None:
            offset = max(0, len(data) - limit)
        return LogChunk(offset, data[offset : offset + limit], len(data))


class FakeCommands:
    """Any command: noted, and counted as done for each id."""

    def __init__(self, farm: FakeFarm, prefix: str = "") -> None:
        self._farm = farm
        self._prefix = prefix

    def __getattr__(self, name: str) -> Callable[..., int]:
        if name == "rows":
            return lambda: list(self._farm.table_rows.get(self._prefix.strip(), ()))  # type: ignore[return-value]
        if name == "values":
            return lambda _ids: list(self._farm.told)  # type: ignore[return-value]

        def command(*arguments: Any, **named: Any) -> int:
            if self._farm.error is not None:
                raise self._farm.error
            self._farm.calls.append((self._prefix + name, (*arguments, *sorted(named.items()))))
            self._farm.changes.tell()
            first = arguments[0] if arguments else next(iter(named.values()), ())
            return len(first) if isinstance(first, Collection) else 1

        return command


@dataclass
class FakeSights:
    """What machines answer is given beforehand as `answers`; what was asked is noted in `asked`."""

    answers: list[SightRow] = field(default_factory=list)
    asked: list[Question] = field(default_factory=list)
    asked_on: list[str] = field(default_factory=list)
    """The threads on which it was asked."""
    forgotten: int = 0

    def ask(self, question: Question) -> None:
        """Have machines look."""
        self.asked.append(question)
        self.asked_on.append(threading.current_thread().name)

    def rows(self, question: Question) -> tuple[SightRow, ...]:
        """What is known."""
        assert question in self.asked, "nobody was asked"
        return tuple(self.answers)

    def forget(self) -> None:
        """All is to be asked anew."""
        self.forgotten += 1


def sees(hostname: str, *, os_class: str = "linux", answered: bool = True) -> SightRow:
    """A machine that sees all."""
    return SightRow(f"id-{hostname}", hostname, os_class, answered)


def blind(hostname: str, path: str = "/show/film/shot.blend", os_class: str = "linux") -> SightRow:
    """A machine that can't see a file."""
    words = sight_words(hostname, Sight(Blindness.UNSEEN, path))
    return replace(sees(hostname, os_class=os_class), words=words, path=path)


@dataclass
class FakeExplaining:
    """Answers that are given beforehand; what was asked is noted in `asked`."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def rules(self, job_id: int, agent_id: str) -> list[Rule]:
        """Rules of a job and an agent."""
        self.asked.append(("rules", job_id, agent_id))
        return [
            Rule("enabled", holds=True, text=f"{agent_id} is in use."),
            Rule("cpus", holds=False, text="It has 2 of 16 cpus free."),
        ]

    def idle(self, agent_id: str) -> str:
        """Why an agent is idle."""
        self.asked.append(("idle", agent_id))
        return str(self.answers.get("idle", ""))

    def what_if(self, job_ids: Collection[int], changes: Mapping[str, object]) -> list[Effect]:
        """What would follow."""
        self.asked.append(("what_if", tuple(job_ids), dict(changes)))
        return list(self.answers.get("what_if", ()))

    def expected(self) -> dict[int, Expected]:
        """When jobs will be done."""
        return dict(self.answers.get("expected", {}))

    def room(self, job_id: int) -> list[Ending]:
        """What would be ended."""
        self.asked.append(("room", job_id))
        return list(self.answers.get("room", ()))


class FakeIntake:
    """Takes files that end in .py; the draft is the real one of a Python scene."""

    def __init__(self) -> None:
        self.drafted: list[Path] = []

    def job_types(self) -> list[JobTypeDefinition]:
        """Two types."""
        return [
            JobTypeDefinition("command-line", parameters=(Parameter("command", "Command", kind="command"),)),
            JobTypeDefinition("python-script", files=(".py",)),
        ]

    def refusal(self, path: Path) -> str | None:
        """Why a file can't be submitted."""
        return None if path.suffix == ".py" else f"{path.name} is not a scene that a job type takes."

    def draft(self, path: Path, job_type: str | None = None) -> Draft:
        """What the form begins with."""
        self.drafted.append(path)
        if not path.is_file():
            raise FarmError(f"{path.name} can't be read: it isn't there.")
        return self.empty_draft(job_type or "python-script")

    def empty_draft(self, job_type: str) -> Draft:
        """A draft of nothing."""
        return empty_draft(next(item for item in self.job_types() if item.name == job_type))


def attempt(number: int, task_id: int, **values: Any) -> AttemptRow:
    """An attempt row with defaults; `values` replace them."""
    row = AttemptRow(
        id=number,
        task_id=task_id,
        number=1,
        state=AttemptState.DONE,
        agent="ws-1",
        log="",
        time_started=NOW,
        time_finished=NOW + timedelta(seconds=9),
        exit_status=0,
        reason=None,
        cpu_seconds=8.0,
        peak_ram=300,
    )
    return replace(row, **values)
