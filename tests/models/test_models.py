"""What models do by themselves, without a service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from farmgui.domain.errors import InvalidValue
from farmgui.domain.states import JobState, TaskState
from farmgui.models import Event, Job, JobQueue, JobType, JobTypeVersion, Task
from farmgui.services.database import Database, open_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path / 'farm.db'}")
    yield database
    database.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.sessions.begin() as session:
        yield session


def a_job(session: Session, states: str) -> Job:
    """A job with tasks in these states, by their first letters; marked ones by capitals."""
    version = JobTypeVersion(jobtype=JobType(name="t"), version=1, source="", definition={"name": "t"})
    job = Job(title="job", frames="1", jobtype_version=version)
    session.add(job)
    session.flush()
    by_letter = {state.value[0]: state for state in TaskState}
    for number, letter in enumerate(states):
        state = by_letter[letter.lower()]
        job.tasks.append(
            Task(position=number, frame=Decimal(number), state=state, marked=letter.isupper(), progress=0.5)
        )
    job.update_state()
    session.flush()
    return job


@pytest.mark.parametrize(
    ("states", "state", "rerun", "after", "rerun_failed"),
    [
        pytest.param("qq", JobState.QUEUED, 0, JobState.QUEUED, 0, id="queued"),
        pytest.param("qrdf", JobState.RUNNING, 2, JobState.RUNNING, 1, id="running"),
        pytest.param("qa", JobState.RUNNING, 0, JobState.RUNNING, 0, id="assigned"),
        pytest.param("dd", JobState.DONE, 2, JobState.QUEUED, 0, id="done"),
        pytest.param("df", JobState.FAILED, 2, JobState.QUEUED, 1, id="failed"),
        pytest.param("dF", JobState.FAILED, 2, JobState.QUEUED, 1, id="marked"),
    ],
)
def test_states_and_reruns(
    session: Session, states: str, state: JobState, rerun: int, after: JobState, rerun_failed: int
) -> None:
    job = a_job(session, states)
    assert job.state is state
    assert job.can_use_more_agents() is ("q" in states)
    assert job.releases_dependants() is (states in ("dd", "dF"))
    assert job.rerun_failed() == rerun_failed
    assert job.rerun() == rerun - rerun_failed
    assert job.state is after
    assert job.num_marked_failed == 0
    assert [task.state.value[0] for task in job.tasks] == [
        "q" if letter in "dfF" else letter for letter in states
    ]


def move(job: Job, place: int, state: TaskState) -> None:
    """A task of the job goes on."""
    job.tasks[place].state = state
    job.update_state()


def test_a_paused_job_stays_so_while_work_is_left(session: Session) -> None:
    job = a_job(session, "qr")
    job.state = JobState.PAUSED
    move(job, 1, TaskState.DONE)
    assert job.paused()
    move(job, 0, TaskState.DONE)
    assert job.state is JobState.DONE


def test_the_start_is_stamped_once_per_run(session: Session) -> None:
    job = a_job(session, "q")
    move(job, 0, TaskState.RUNNING)
    started = job.time_started
    assert started is not None
    move(job, 0, TaskState.QUEUED)
    move(job, 0, TaskState.RUNNING)
    assert job.time_started == started
    move(job, 0, TaskState.DONE)
    assert job.time_finished is not None
    job.rerun()
    assert (job.time_started, job.time_finished) == (None, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [("priority", 1001), ("weight", -1), ("minimum_agents", -1), ("maximum_agents", 1.5), ("weight", None)],
)
def test_a_queue_refuses_what_its_columns_cannot_mean(name: str, value: object) -> None:
    with pytest.raises(InvalidValue, match="whole number"):
        JobQueue(**{name: value})


@pytest.mark.parametrize("frame", ["0", "1", "-1", "1.5", "0.0001", "-2.25", "100000"])
def test_frames_come_back_exactly(database: Database, frame: str) -> None:
    with database.sessions.begin() as session:
        job = a_job(session, "q")
        job.tasks[0].frame = Decimal(frame)
    with database.reading() as session:
        assert session.scalar(select(Task.frame)) == Decimal(frame)


def test_a_frame_too_fine_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="four digits"), database.sessions.begin() as session:
        a_job(session, "q").tasks[0].frame = Decimal("0.00001")
        session.flush()


def test_moments_come_back_aware_and_in_utc(database: Database) -> None:
    there = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=5)))
    with database.sessions.begin() as session:
        session.add(Event(time=there, kind="k", text="t"))
    with database.reading() as session:
        here = session.scalar(select(Event.time))
    assert here == there
    assert here is not None
    assert here.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    naive = datetime(2026, 1, 2)  # noqa: DTZ001  what is refused
    with pytest.raises(StatementError, match="no time zone"), database.sessions.begin() as session:
        session.add(Event(time=naive, kind="k", text="t"))
        session.flush()
