"""Behaviours 46 to 68 of the reference: shares of the farm, and jobs as commands make and change them."""

from __future__ import annotations

from typing import Final

import pytest
from sqlalchemy import select

from farmgui.domain.errors import FarmError, InvalidValue, NotFound
from farmgui.domain.requirements import SoftwareNeed, Subscription
from farmgui.domain.states import JobState, TaskState
from farmgui.models import (
    Job,
    JobNotifiedUser,
    JobType,
    JobTypeVersion,
    Task,
)
from farmgui.scheduler.view import FarmView
from tests.factories import FarmInMemory
from tests.models.behaviours import Behaviour, a_job, storing
from tests.scheduler.farms import agents, given, job, queue


def weights_share_the_farm(farm: FarmInMemory) -> None:
    share({1: 60, 2: 30, 3: 10}, empty=0)


def empty_queues_take_nothing(farm: FarmInMemory) -> None:
    share({1: 6, 2: 3, 3: 1}, empty=3)


def share(weights: dict[int, int], *, empty: int) -> None:
    queues = [queue(number, weight=weight) for number, weight in weights.items()]
    queues += [queue(100 + number, weight=10) for number in range(empty)]
    jobs = [job(number, queue_id=number, queued=100) for number in weights]
    granted = given(FarmView.of(jobs, agents(100, 1, ram=32), queues, ()))
    for number, expected in zip(weights, (60, 30, 10), strict=True):
        assert granted[number] == pytest.approx(expected, abs=1)


def a_new_job_has_the_defaults(farm: FarmInMemory) -> None:
    farm.farm.software.create("blender")
    number = farm.submit("1", software=(SoftwareNeed("blender"),))
    with storing(farm) as session:
        told = session.get_one(Job, number).to_dict()
        needs = session.get_one(Job, number).software_requirements
        assert [need.software.software for need in needs] == ["blender"]
    expected = {
        "queue": None, "priority": 0, "weight": 10, "batch": 1, "requeue": 3, "ram": 32, "cpus": 1, "by": 1,
        "state": "queued", "hidden": False, "notes": "", "minimum_agents": None, "maximum_agents": None,
        "ram_warning": None, "ram_max": None, "environ": None, "to_be_deleted": False,
        "autodelete_time": None, "num_tiles": None, "completion_notify_sent": False, "output_link": None,
        "parents": [], "children": [], "tags": [], "time_started": None, "time_finished": None,
        "jobtype_version": 1, "group": None,
    }  # fmt: skip
    assert {name: told[name] for name in expected} == expected
    (values,) = farm.farm.queries.job_values([number])
    assert (values["notify"], values["agent_tags"]) == ((), ())


def people_are_told_of_success_and_failure(farm: FarmInMemory) -> None:
    assert Subscription("ana") == Subscription("ana", on_success=True, on_failure=True, on_deletion=False)
    farm.farm.people.create("ana")
    with storing(farm) as session:
        user = a_job(session, notified_users=[])
        session.flush()
        session.add(JobNotifiedUser(user_id=1, job_id=user.id))
        session.flush()
        (one,) = session.scalars(select(JobNotifiedUser))
        assert (one.on_success, one.on_failure, one.on_deletion) == (True, True, False)


def a_version_that_is_asked_for_is_taken(farm: FarmInMemory) -> None:
    with storing(farm) as session:
        jobtype = session.scalars(select(JobType).where(JobType.name == "command")).one()
        definition = {"name": "command", "arguments": ["{*command}"]}
        session.add(JobTypeVersion(jobtype=jobtype, version=2, source="2", definition=definition))
    assert farm.job(farm.submit("1", jobtype_version=1)).job_type_version == 1
    assert farm.job(farm.submit("1")).job_type_version == 2


def frames_and_ram_are_changed(farm: FarmInMemory) -> None:
    number = farm.submit("1-2")
    for frames, count in (("3-7", 5), ("1-2", 2)):
        farm.jobs.change([number], {"frames": frames, "ram": 64})
        row = farm.job(number)
        assert (row.frames, row.ram, row.counts.queued) == (frames, 64, count)
    with pytest.raises(NotFound):
        farm.jobs.change([99], {"ram": 64})


def an_end_before_the_start_is_refused(farm: FarmInMemory) -> None:
    number = farm.submit("1-2")
    with pytest.raises(InvalidValue, match="before the start"), storing(farm) as session:
        session.get_one(Job, number).alter_frame_range(2, 1)
    assert farm.job(number).counts.queued == 2


def what_the_program_keeps_is_not_changed(farm: FarmInMemory) -> None:
    number = farm.submit("1")
    for name in ("time_started", "time_finished", "time_submitted", "jobtype_version_id", "state"):
        with pytest.raises(FarmError, match="can't be changed"):
            farm.jobs.change([number], {name: None})


def the_tasks_of_a_job_are_listed_in_order(farm: FarmInMemory) -> None:
    number = farm.submit("1-2")
    tasks = farm.farm.queries.tasks([number])
    assert [int(task.frame) for task in tasks] == [1, 2]
    for task in tasks:
        assert (task.attempts, task.failures, task.progress, task.state) == (0, 0, 0.0, "queued")
        assert (task.agent, task.tile, task.last_error) == ("", None, None)
    with storing(farm) as session:
        assert {task.priority for task in session.get_one(Job, number).tasks} == {0}
    with pytest.raises(NotFound):
        farm.farm.queries.job_values([99])


def a_task_that_is_marked_done_is_whole_and_ends_its_job(farm: FarmInMemory) -> None:
    number = farm.submit("1-2")
    first, second = (task.id for task in farm.tasks(number))
    farm.jobs.set_task_priority([first], 1)
    farm.jobs.mark_done(task_ids=[first])
    with storing(farm) as session:
        task = session.get_one(Task, first)
        assert (task.priority, task.progress, task.attempts) == (1, 1.0, 0)
        assert (task.time_started, task.time_finished is not None) == (None, True)
    assert farm.job(number).state is JobState.QUEUED
    farm.jobs.mark_done(task_ids=[second])
    assert farm.job(number).state is JobState.DONE
    other = farm.submit("1-2")
    with storing(farm) as session:
        made = session.get_one(Job, other)
        for task in made.tasks:
            task.state = TaskState.DONE
        made.update_state()
        assert made.state is JobState.DONE


def people_are_added_listed_and_taken_away(farm: FarmInMemory) -> None:
    farm.farm.people.create("ana")
    number = farm.submit("1")
    farm.jobs.subscribe([number], Subscription("ana", on_success=False))
    (values,) = farm.farm.queries.job_values([number])
    assert values["notify"] == (Subscription("ana", on_success=False),)
    assert farm.jobs.unsubscribe([number], "ana") == 1
    assert farm.farm.queries.job_values([number])[0]["notify"] == ()
    with pytest.raises(FarmError, match='no user "zoe"'):
        farm.jobs.subscribe([number], Subscription("zoe"))
    with pytest.raises(NotFound):
        farm.jobs.subscribe([99], Subscription("ana"))


def agents_that_failed_a_task_are_added_listed_and_taken_away(farm: FarmInMemory) -> None:
    task = farm.tasks(farm.submit("1"))[0].id
    farm.jobs.avoid_agents([task], ["a"])
    assert [(one.agent_id, one.hostname) for one in farm.farm.queries.failed_on(task)] == [("a", "host-a")]
    with storing(farm) as session:
        assert [agent.id for agent in session.get_one(Task, task).failed_on_agents] == ["a"]
    farm.jobs.forget_failed_agents([task])
    assert farm.farm.queries.failed_on(task) == []


BEHAVIOURS: Final[dict[int, Behaviour]] = {
    46: weights_share_the_farm,
    47: empty_queues_take_nothing,
    49: a_new_job_has_the_defaults,
    50: people_are_told_of_success_and_failure,
    54: a_version_that_is_asked_for_is_taken,
    57: frames_and_ram_are_changed,
    58: an_end_before_the_start_is_refused,
    59: what_the_program_keeps_is_not_changed,
    62: the_tasks_of_a_job_are_listed_in_order,
    63: a_task_that_is_marked_done_is_whole_and_ends_its_job,
    64: a_task_that_is_marked_done_is_whole_and_ends_its_job,
    67: people_are_added_listed_and_taken_away,
    68: agents_that_failed_a_task_are_added_listed_and_taken_away,
}
"""The tests by the numbers of what they test."""
