"""Behaviours 1 to 35 of the reference: what models store, refuse and do by themselves."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import pytest
from sqlalchemy import select

from farmgui.cli.job import whole_json
from farmgui.domain.errors import InvalidValue
from farmgui.domain.limits import AGENT_LIMITS, JOB_LIMITS
from farmgui.domain.states import AgentState, JobState, TaskState
from farmgui.models import (
    Agent,
    AgentMacAddress,
    Job,
    JobSoftwareRequirement,
    JobType,
    JobTypeVersion,
    Software,
    SoftwareVersion,
    Tag,
    Task,
)
from tests.factories import FarmInMemory
from tests.models.behaviours import Behaviour, a_job, an_agent, refuses, storing


def software_of_an_agent_is_read_back(farm: FarmInMemory) -> None:
    with storing(farm) as session:
        blender = Software(software="blender", versions=[SoftwareVersion(version="4.2", rank=100)])
        session.add(an_agent(software_versions=blender.versions))
    with storing(farm) as session:
        (version,) = session.get_one(Agent, "x").software_versions
        assert (version.software.software, version.version) == ("blender", "4.2")


def software_has_a_name_of_its_own(farm: FarmInMemory) -> None:
    with storing(farm) as session:
        session.add(Software(software="blender"))
    refuses(farm, lambda _: Software(software="blender"))


def tags_have_names(farm: FarmInMemory) -> None:
    with storing(farm) as session:
        session.add(an_agent(tags=[Tag(tag="gpu"), Tag(tag="fast")]))
    with storing(farm) as session:
        assert {tag.tag for tag in session.get_one(Agent, "x").tags} == {"gpu", "fast"}
    refuses(
        farm, lambda _: Tag(), lambda _: Tag(tag="gpu"), lambda _: Job(title="job"), lambda _: Job(frames="1")
    )


def agents_at_all_limits_are_read_back(farm: FarmInMemory) -> None:
    for port in (1024, 65535):
        for cpus, ram in ((1, 16), (256, 262_144)):
            for state in (AgentState.ONLINE, AgentState.OFFLINE):
                for share in (0.0, 0.5, 1.0):
                    values = {"port": port, "cpus": cpus, "ram": ram, "state": state}
                    values |= {"cpu_allocation": share, "ram_allocation": share, "hostname": "a-1.farm"}
                    with storing(farm) as session:
                        session.add(an_agent(**values))
                    with storing(farm) as session:
                        agent = session.get_one(Agent, "x")
                        assert {name: getattr(agent, name) for name in values} == values
                        session.delete(agent)
    with pytest.raises(InvalidValue):
        an_agent(cpu_allocation=1.1)
    for written in ("00:50:56:10:00:AA", "00-50-56-10-00-aa", 0x0050561000AA):
        assert AgentMacAddress(mac_address=written).mac_address == "00:50:56:10:00:aa"


def agents_have_an_id_of_their_own_and_all_that_is_needed(farm: FarmInMemory) -> None:
    with storing(farm) as session:
        session.add(an_agent())
    refuses(
        farm, lambda _: an_agent(), lambda _: Agent(id="y", hostname="y"), lambda _: Agent(id="z", cpus=1)
    )


def hostnames_are_names(farm: FarmInMemory) -> None:
    for name in ("foo/bar", "", "-a", "a-", "a..b", "a b", "x" * 64, ".".join(["x" * 63] * 5), 7):
        with pytest.raises(ValueError, match="hostname"):
            an_agent(hostname=name)
    for name in ("a", "node_1", "farm-01.studio.example", "farm-01.", "10", "x" * 63):
        assert an_agent(hostname=name).hostname == name


def an_agents_numbers_have_limits(farm: FarmInMemory) -> None:
    assert AGENT_LIMITS.keys() == {"port", "cpus", "ram"}
    for name, limit in AGENT_LIMITS.items():
        for good in (limit.low, limit.high):
            assert getattr(an_agent(**{name: good}), name) == good
        for bad in (limit.low - 10, limit.high + 10):
            with pytest.raises(ValueError, match="whole number"):
                an_agent(**{name: bad})


def a_job_needs_its_type_and_is_listed_by_its_tags(farm: FarmInMemory) -> None:
    refuses(farm, lambda _: Job(title="job", frames="1"))
    with storing(farm) as session:
        made = a_job(session, tags=[Tag(tag="night")])
        session.flush()
        assert session.scalars(select(Tag)).one().jobs == [made]


def a_job_needs_a_program_once(farm: FarmInMemory) -> None:
    with storing(farm) as session:
        blender = Software(software="blender")
        made = a_job(session, software_requirements=[JobSoftwareRequirement(software=blender)])
        session.flush()
        need = made.software_requirements[0]
        assert (need.software, need.min_version, need.max_version) == (blender, None, None)
        job_id, software_id = made.id, blender.id
    refuses(
        farm,
        lambda _: JobSoftwareRequirement(software_id=software_id),
        lambda _: JobSoftwareRequirement(job_id=job_id),
        lambda _: JobSoftwareRequirement(job_id=job_id, software_id=software_id),
    )


def a_jobs_resources_have_the_limits_of_agents(farm: FarmInMemory) -> None:
    for name in ("cpus", "ram"):
        limit = AGENT_LIMITS[name]
        assert (JOB_LIMITS[name].low, JOB_LIMITS[name].high) == (limit.low, limit.high)
        for good in (limit.low, limit.high):
            assert getattr(Job(**{name: good}), name) == good
        for bad in (limit.low - 10, limit.high + 10, None, 1.5, "2"):
            with pytest.raises(ValueError, match="whole number"):
                Job(**{name: bad})


def priorities_have_limits(farm: FarmInMemory) -> None:
    for model in (Job, Task):
        for good in (-1000, 0, 1000):
            assert model(priority=good).priority == good
        # None isn't allowed here: a priority is always known.
        for bad in (-1010, 1010, None, 5.5):
            with pytest.raises(ValueError, match="-1000 to 1000"):
                model(priority=bad)


def states_stamp_their_times(farm: FarmInMemory) -> None:
    with storing(farm) as session:
        made = a_job(session)
        session.flush()
        for one, running, done, queued in (
            (made, JobState.RUNNING, JobState.DONE, JobState.QUEUED),
            (Task(frame=Decimal(1)), TaskState.RUNNING, TaskState.DONE, TaskState.QUEUED),
        ):
            before = datetime.now(UTC)
            one.state = running
            first = one.time_started
            assert first is not None
            assert before <= first <= datetime.now(UTC)
            assert one.time_finished is None
            # Once per run: what is told again changes nothing (9.1 rule 16).
            one.state = running
            assert one.time_started == first
            one.state = done
            ended = one.time_finished
            assert ended is not None
            assert ended >= first
            one.state = queued
            one.state = running
            assert one.time_started is not None
            assert one.time_started > first
            assert one.time_finished is None
            one.state = done
            assert one.time_finished is not None
            assert one.time_finished > ended


def a_job_type_is_read_back(farm: FarmInMemory) -> None:
    with storing(farm) as session:
        session.add(JobType(name="paint", description="Paints"))
    with storing(farm) as session:
        assert session.scalars(select(JobType).where(JobType.name == "paint")).one().description == "Paints"


def a_batch_has_at_least_one_task(farm: FarmInMemory) -> None:
    for name in ("", " ", None):
        with pytest.raises(ValueError, match="has a name"):
            JobType(name=name)
    assert JobTypeVersion(max_batch=None).max_batch is None
    for bad in (0, -1):
        with pytest.raises(ValueError, match="from 1"):
            JobTypeVersion(max_batch=bad)
        with pytest.raises(ValueError, match="from 1"):
            JobTypeVersion(version=bad)


def a_task_is_stored_as_it_was_made(farm: FarmInMemory) -> None:
    with storing(farm) as session:
        made = a_job(session)
        made.tasks.append(Task(state=TaskState.DONE, priority=404, frame=Decimal(1), position=0))
        session.flush()
        made.update_state()
    with storing(farm) as session:
        task = session.scalars(select(Task)).one()
        assert (task.state, task.priority, task.frame, task.attempts) == (TaskState.DONE, 404, 1, 0)


def a_tasks_values_follow_and_have_limits(farm: FarmInMemory) -> None:
    task = Task(state=TaskState.FAILED, last_error="no light", attempts=3)
    task.state = TaskState.DONE
    assert (task.last_error, task.progress) == (None, 1.0)
    assert Task(attempts=0).attempts == 0
    for values in (
        {"attempts": -1},
        {"failures": -1},
        {"progress": -0.1},
        {"progress": 1.1},
        {"progress": None},
    ):
        with pytest.raises(ValueError, match="number"):
            Task(**values)


def states_are_words_of_the_table(farm: FarmInMemory) -> None:
    for bad in ([1], "x"):
        with pytest.raises(ValueError, match="mapping"):
            Job(data=bad)
    for model, word in ((Job, "running"), (Task, "assigned")):
        assert model(state=word).state == word
        for bad in (-1, None, "lost", 103):
            with pytest.raises(ValueError, match="is one of queued"):
                model(state=bad)


def a_job_is_told_as_plain_values(farm: FarmInMemory) -> None:
    parent = farm.submit("1")
    number = farm.submit("1-3", queue="/film", parents=(parent,), tags=("night",))
    with storing(farm) as session:
        told = session.get_one(Job, number).to_dict()
        columns = {column.key for column in Job.__mapper__.column_attrs}
    assert columns <= told.keys()
    assert (told["parents"], told["tags"], told["queue"]) == ([parent], ["night"], "/film")
    (row,) = (row for row in farm.farm.queries.jobs() if row.id == number)
    (values,) = farm.farm.queries.job_values([number])
    shown = json.loads(json.dumps(whole_json(row, values)))
    assert (shown["queue"], shown["tags"], shown["tasks"]["queued"]) == ("/film", ["night"], 3)


BEHAVIOURS: Final[dict[int, Behaviour]] = {
    1: software_of_an_agent_is_read_back,
    2: software_has_a_name_of_its_own,
    3: tags_have_names,
    4: agents_at_all_limits_are_read_back,
    5: agents_have_an_id_of_their_own_and_all_that_is_needed,
    7: hostnames_are_names,
    9: an_agents_numbers_have_limits,
    10: a_job_needs_its_type_and_is_listed_by_its_tags,
    11: tags_have_names,
    12: a_job_needs_a_program_once,
    13: a_job_needs_a_program_once,
    14: a_jobs_resources_have_the_limits_of_agents,
    15: priorities_have_limits,
    16: states_stamp_their_times,
    17: a_job_type_is_read_back,
    18: a_batch_has_at_least_one_task,
    19: a_task_is_stored_as_it_was_made,
    20: a_tasks_values_follow_and_have_limits,
    31: states_are_words_of_the_table,
    32: priorities_have_limits,
    33: a_tasks_values_follow_and_have_limits,
    34: states_stamp_their_times,
    35: a_job_is_told_as_plain_values,
}
"""The tests by the numbers of what they test."""
