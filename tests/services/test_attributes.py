"""Every attribute of a job: submitted, read back, changed, and refused as a whole where one is wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from farmgui.domain.attributes import JOB_ATTRIBUTES
from farmgui.domain.errors import FarmError, InvalidValue, NotFound
from farmgui.domain.requirements import (
    AgentChoice,
    Dependency,
    LimitUse,
    SoftwareNeed,
    Subscription,
    TagNeed,
)
from farmgui.models import Agent, JobChange, JobGroup, JobType, JobTypeVersion
from farmgui.services import bulk
from farmgui.services.changing import CHANGEABLE
from tests.factories import FarmInMemory

LATER = datetime(2100, 1, 2, 3, 4, tzinfo=UTC)

VALUES: dict[str, Any] = {
    "title": "night",
    "frames": "1-5x2",
    "priority": -7,
    "weight": 0,
    "batch": 4,
    "requeue": -1,
    "cpus": -1,
    "ram": 0,
    "gpus": 2,
    "ram_warning": 100,
    "ram_max": 200,
    "minimum_agents": 1,
    "maximum_agents": 3,
    "queue": "/film/shot",
    "group": "Act one",
    "user": "ana",
    "tags": ("film", "night"),
    "start_after": LATER,
    "preview": 2,
    "most_per_agent": 2,
    "most_failures": 5,
    "timeout": 3600,
    "silence_timeout": 60,
    "agent_tags": (TagNeed("gpu"), TagNeed("slow", negate=True)),
    "software": (SoftwareNeed("blender", "3.6", "4.2"), SoftwareNeed("nuke")),
    "limits": (LimitUse("arnold", 2), LimitUse("nuke")),
    "agents": (AgentChoice("host-a"), AgentChoice("host-b", excluded=True)),
    "notify": (Subscription("ana"), Subscription("ben", on_success=False, on_deletion=True)),
    "environ": {"A": "1", "B": "x\ny"},
    "data": {"command": ["true", "{frame}"], "width": 3},
    "jobtype_version": 1,
    "autodelete_time": 60,
    "output_link": "file:///out",
    "notes": "for\nMonday",
    "hidden": True,
}
"""One value for each attribute but the parents, which need jobs, and the tiles, which need a job type."""


@pytest.fixture
def farm(farm: FarmInMemory) -> FarmInMemory:
    """A farm that knows what the values name."""
    know(farm)
    return farm


def know(farm: FarmInMemory) -> None:
    for name in ("ana", "ben"):
        farm.farm.people.create(name)
    for name, versions in (("blender", ("3.6", "4.0", "4.2")), ("nuke", ())):
        farm.farm.software.create(name)
        for version in versions:
            farm.farm.software.add_version(name, version)
    farm.farm.queues.create("/film/shot")
    farm.farm.queues.create("/film/other")
    with farm.database.sessions.begin() as session:
        for letter in "bc":
            values = {"incarnation": "1", "cpus": 1, "ram": 1024}
            session.add(Agent(id=letter, hostname=f"host-{letter}", **values))


def values_of(farm: FarmInMemory, job: int) -> dict[str, Any]:
    (values,) = farm.farm.queries.job_values([job])
    return dict(values)


def test_every_attribute_is_here() -> None:
    assert {*VALUES, "parents", "num_tiles"} == set(JOB_ATTRIBUTES)
    assert {*VALUES, "parents"} == set(CHANGEABLE)


def test_what_is_submitted_is_read_back(farm: FarmInMemory) -> None:
    parents = (Dependency(farm.submit("1")), Dependency(farm.submit("1"), by_frame=True))
    job = farm.submit(**VALUES, parents=parents)
    assert values_of(farm, job) == {**VALUES, "parents": parents, "num_tiles": None}


@pytest.mark.parametrize("name", VALUES)
def test_one_attribute_is_changed_and_no_other(farm: FarmInMemory, name: str) -> None:
    jobs = [farm.submit("1-3"), farm.submit("1-3")]
    before = values_of(farm, jobs[0])
    assert farm.jobs.change(jobs, {name: VALUES[name]}) == 2
    for job in jobs:
        assert values_of(farm, job) == {**before, name: VALUES[name]}


@pytest.mark.parametrize("name", [name for name in VALUES if name not in ("title", "frames", "data")])
def test_what_was_set_is_taken_away_again(farm: FarmInMemory, name: str) -> None:
    plain = values_of(farm, farm.submit("1-3", user="ben"))
    job = farm.submit("1-3", **{"user": "ben", name: VALUES[name]})
    farm.jobs.change([job], {name: plain[name]})
    assert values_of(farm, job) == plain


def test_all_at_once(farm: FarmInMemory) -> None:
    job = farm.submit("1-3")
    parent = farm.submit("1")
    values = {**VALUES, "parents": (Dependency(parent),)}
    farm.jobs.change([job], values)
    assert values_of(farm, job) == {**values, "num_tiles": None}
    farm.check()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        pytest.param({"queue": "/no/such"}, "Farm → Queues in the window, or", id="queue"),
        pytest.param({"user": "zoe"}, "Farm → Users in the window, or farmgui users add zoe", id="user"),
        pytest.param({"notify": (Subscription("zoe"),)}, 'no user "zoe"', id="person"),
        pytest.param({"software": (SoftwareNeed("maya"),)}, "Known is: blender, nuke", id="software"),
        pytest.param({"software": (SoftwareNeed("blender", "9"),)}, "Known are: 3.6, 4.0, 4.2", id="version"),
        pytest.param(
            {"software": (SoftwareNeed("blender", "4.2", "3.6"),)}, "older version first", id="versions"
        ),
        pytest.param({"agents": (AgentChoice("host-z"),)}, "Known are: host-a, host-b.", id="agent"),
        pytest.param({"parents": (Dependency(99),)}, "no job 99", id="parent"),
        pytest.param({"jobtype_version": 7}, "no version 7. Known are: 1", id="job type version"),
        pytest.param({"ram_warning": 300, "ram_max": 200}, "never be given", id="ram"),
        pytest.param({"minimum_agents": 3, "maximum_agents": 2}, "above the maximum", id="agents"),
        pytest.param({"data": {"command": ["true", "{nothing}"]}}, "no placeholder", id="data"),
        pytest.param({"frames": "nonsense"}, "no frame range", id="frames"),
        pytest.param({"group": ""}, None, id="nothing wrong"),
    ],
)
def test_all_is_stored_or_nothing(farm: FarmInMemory, values: dict[str, Any], words: str | None) -> None:
    job = farm.submit("1-3")
    before = values_of(farm, job)
    given = {"priority": 9, "tags": ("new",), **values}
    if words is None:
        farm.jobs.change([job], given)
        assert values_of(farm, job)["priority"] == 9
        return
    with pytest.raises(FarmError, match=words):
        farm.jobs.change([job], given)
    assert values_of(farm, job) == before


@pytest.mark.parametrize(
    ("stored", "values"),
    [
        pytest.param({"ram_max": 200}, {"ram_warning": 300}, id="ram"),
        pytest.param({"maximum_agents": 2}, {"minimum_agents": 3}, id="agents"),
        pytest.param({"minimum_agents": 1}, {"maximum_agents": 0}, id="none at all"),
    ],
)
def test_a_value_that_contradicts_a_stored_one_names_the_job(
    farm: FarmInMemory, stored: dict[str, int], values: dict[str, int]
) -> None:
    job = farm.submit("1", title="shot", **stored)
    with pytest.raises(InvalidValue, match=f'Job {job} "shot"'):
        farm.jobs.change([farm.submit("1"), job], values)


class TestGroups:
    def titles(self, farm: FarmInMemory) -> list[str]:
        return [row.title for row in farm.farm.groups.rows()]

    def test_a_group_comes_with_its_first_job_and_goes_with_its_last(self, farm: FarmInMemory) -> None:
        jobs = [farm.submit("1", group="Act one"), farm.submit("1")]
        farm.jobs.change(jobs[1:], {"group": "Act one"})
        assert self.titles(farm) == ["Act one"]
        farm.jobs.change(jobs, {"group": "Act two"})
        assert self.titles(farm) == ["Act two"]
        farm.jobs.change(jobs, {"group": None})
        assert self.titles(farm) == []

    def test_a_group_that_is_made_is_of_the_jobs_type_and_user(self, farm: FarmInMemory) -> None:
        job = farm.submit("1")
        farm.jobs.change([job], {"group": "Act one", "user": "ana"})
        with farm.database.reading() as session:
            group = session.scalars(select(JobGroup)).one()
            jobtype = session.get_one(JobType, group.main_jobtype_id)
            assert (jobtype.name, group.user_id is None) == ("command", False)

    def test_a_deleted_jobs_empty_group_goes(self, farm: FarmInMemory) -> None:
        farm.jobs.delete([farm.submit("1", group="Act one")])
        farm.cleanup.run()
        assert self.titles(farm) == []


class TestParents:
    @pytest.mark.parametrize(
        ("edges", "child", "parents", "way"),
        [
            pytest.param([], 0, [0], [0, 0], id="itself"),
            pytest.param([(1, 0)], 0, [1], [0, 1, 0], id="two"),
            pytest.param([(1, 0), (2, 1), (3, 2)], 0, [3], [0, 3, 2, 1, 0], id="long"),
            pytest.param([(1, 0), (2, 0), (3, 1), (3, 2)], 3, [1, 2], None, id="a diamond is no cycle"),
            pytest.param([(1, 0)], 1, [], None, id="none"),
            pytest.param([(0, 1)], 0, [2], None, id="a dependency that is given up makes no cycle"),
        ],
    )
    def test_a_cycle_is_told_with_its_titles(
        self,
        farm: FarmInMemory,
        edges: list[tuple[int, int]],
        child: int,
        parents: list[int],
        way: list[int] | None,
    ) -> None:
        jobs = [farm.submit("1", title=f"job {letter}") for letter in "abcd"]
        for one, other in edges:
            had = values_of(farm, jobs[one])["parents"]
            farm.jobs.change([jobs[one]], {"parents": (*had, Dependency(jobs[other]))})
        wanted = tuple(Dependency(jobs[parent]) for parent in parents)
        if way is None:
            farm.jobs.change([jobs[child]], {"parents": wanted})
            assert values_of(farm, jobs[child])["parents"] == wanted
            return
        told = " → ".join(f"job {'abcd'[number]} ({jobs[number]})" for number in way)
        with pytest.raises(InvalidValue) as error:
            farm.jobs.change([jobs[child]], {"parents": wanted})
        assert told in str(error.value)

    def test_several_jobs_that_would_wait_for_one_of_themselves(self, farm: FarmInMemory) -> None:
        jobs = [farm.submit("1", title=letter) for letter in "ab"]
        with pytest.raises(InvalidValue, match="can't wait for itself"):
            farm.jobs.change(jobs, {"parents": (Dependency(jobs[0]),)})

    def test_tasks_are_blocked_by_frame_and_released(self, farm: FarmInMemory) -> None:
        parent, child = farm.submit("1-3"), farm.submit("2-5")
        farm.jobs.change([child], {"parents": (Dependency(parent, by_frame=True),)})
        assert farm.job(child).num_blocked == 2
        farm.jobs.change([child], {"parents": ()})
        assert farm.job(child).num_blocked == 0
        farm.check()


class TestJobTypeVersions:
    def make(self, farm: FarmInMemory, version: int, **definition: Any) -> None:
        """Another version of "command"."""
        with farm.database.sessions.begin() as session:
            jobtype = session.scalars(select(JobType).where(JobType.name == "command")).one()
            known = {"name": "command", "arguments": ["{*command}"], **definition}
            session.add(
                JobTypeVersion(jobtype=jobtype, version=version, source=str(version), definition=known)
            )

    def test_a_job_stays_with_its_version_until_it_is_changed(self, farm: FarmInMemory) -> None:
        job = farm.submit("1")
        self.make(farm, 2)
        assert farm.job(job).job_type_version == 1
        assert farm.job(farm.submit("1")).job_type_version == 2
        assert farm.job(farm.submit("1", jobtype_version=1)).job_type_version == 1
        farm.jobs.change([job], {"jobtype_version": 2})
        assert farm.job(job).job_type_version == 2
        farm.jobs.change([job], {"jobtype_version": 1})
        assert farm.job(job).job_type_version == 1

    def test_the_data_must_do_for_the_new_version(self, farm: FarmInMemory) -> None:
        job = farm.submit("1")
        parameters = [{"name": "camera", "label": "Camera", "required": True}]
        self.make(farm, 2, parameters=parameters)
        with pytest.raises(InvalidValue, match="Camera is missing"):
            farm.jobs.change([job], {"jobtype_version": 2})
        data = {"command": ["true"], "camera": "left"}
        farm.jobs.change([job], {"jobtype_version": 2, "data": data})
        assert values_of(farm, job)["data"] == data

    def test_defaults_of_the_new_version_are_filled_in(self, farm: FarmInMemory) -> None:
        job = farm.submit("1")
        self.make(farm, 2, parameters=[{"name": "camera", "label": "Camera", "default": "main"}])
        farm.jobs.change([job], {"jobtype_version": 2})
        assert values_of(farm, job)["data"]["camera"] == "main"

    def test_a_version_without_tiles_is_nothing_for_a_job_with_tiles(self, farm: FarmInMemory) -> None:
        job = farm.submit("1", job_type="tiled", num_tiles=2)
        with farm.database.sessions.begin() as session:
            jobtype = session.scalars(select(JobType).where(JobType.name == "tiled")).one()
            known = {"name": "tiled", "arguments": ["true"]}
            session.add(JobTypeVersion(jobtype=jobtype, version=2, source="2", definition=known))
        with pytest.raises(InvalidValue, match="tiles"):
            farm.jobs.change([job], {"jobtype_version": 2})

    def test_a_version_that_assembles_brings_the_assemblies(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-2", job_type="tiled", num_tiles=2)
        with farm.database.sessions.begin() as session:
            jobtype = session.scalars(select(JobType).where(JobType.name == "tiled")).one()
            known = {
                "name": "tiled",
                "arguments": ["true"],
                "assemble": ["true"],
                "supports_tiling": True,
            }
            session.add(JobTypeVersion(jobtype=jobtype, version=2, source="2", definition=known))
        farm.jobs.change([job], {"jobtype_version": 2})
        assert [row.tile for row in farm.tasks(job)] == [0, 1, None, 0, 1, None]
        assert farm.job(job).num_blocked == 2
        farm.check()


def test_a_hidden_job_is_left_out_where_that_is_asked_for(farm: FarmInMemory) -> None:
    shown, hidden = farm.submit("1"), farm.submit("1", hidden=True)
    assert [row.id for row in farm.farm.queries.jobs(hidden=False)] == [shown]
    assert [row.id for row in farm.farm.queries.jobs()] == [shown, hidden]


def test_tasks_of_a_higher_priority_come_first_within_their_job(farm: FarmInMemory) -> None:
    job = farm.submit("1-5")
    ids = [row.id for row in farm.tasks(job)]
    assert farm.jobs.set_task_priority(ids[3:], 5) == 2
    assert farm.jobs.set_task_priority(ids[3:], 5) == 0
    assert [int(row.frame) for row in farm.tasks(job)] == [4, 5, 1, 2, 3]
    with pytest.raises(InvalidValue, match="from -1000 to 1000"):
        farm.jobs.set_task_priority(ids, 1001)


def test_preview_frames_come_first(farm: FarmInMemory) -> None:
    job = farm.submit("1-7", preview=3)
    assert [int(row.frame) for row in farm.tasks(job)] == [1, 7, 4, 2, 3, 5, 6]
    farm.jobs.change([job], {"preview": 0})
    assert [int(row.frame) for row in farm.tasks(job)] == [1, 7, 2, 3, 4, 5, 6]
    farm.jobs.change([job], {"preview": None, "frames": "1-4"})
    assert [int(row.frame) for row in farm.tasks(job)] == [1, 2, 3, 4]


def test_people_are_told_and_told_no_longer(farm: FarmInMemory) -> None:
    jobs = [farm.submit("1"), farm.submit("1")]
    farm.jobs.subscribe(jobs, Subscription("ana"))
    farm.jobs.subscribe(jobs[:1], Subscription("ana", on_deletion=True))
    farm.jobs.subscribe(jobs[:1], Subscription("ben"))
    assert values_of(farm, jobs[0])["notify"] == (Subscription("ana", on_deletion=True), Subscription("ben"))
    assert farm.jobs.unsubscribe(jobs, "ana") == 2
    assert values_of(farm, jobs[0])["notify"] == (Subscription("ben"),)
    assert values_of(farm, jobs[1])["notify"] == ()
    with pytest.raises(InvalidValue, match='no user "zoe"'):
        farm.jobs.unsubscribe(jobs, "zoe")
    with pytest.raises(NotFound, match="no job 99"):
        farm.jobs.subscribe([99], Subscription("ana"))


def test_agents_that_a_task_avoids(farm: FarmInMemory) -> None:
    job = farm.submit("1-2")
    first, second = (row.id for row in farm.tasks(job))
    before = revision(farm, job)
    assert farm.jobs.avoid_agents([first, second], ["b", "c"]) == 4
    assert revision(farm, job) > before, "the scheduler has to hear of it"
    assert [one.hostname for one in farm.farm.queries.failed_on(first)] == ["host-b", "host-c"]
    assert farm.jobs.forget_failed_agents([first]) == 2
    assert farm.farm.queries.failed_on(first) == []
    assert len(farm.farm.queries.failed_on(second)) == 2
    with pytest.raises(NotFound, match="no agent z"):
        farm.jobs.avoid_agents([first], ["z"])


def revision(farm: FarmInMemory, job: int) -> int:
    with farm.database.reading() as session:
        return session.get_one(JobChange, job).revision


class TestDeletion:
    def family(self, farm: FarmInMemory) -> list[int]:
        """A job, one that waits for it, one that waits for that, and one beside."""
        jobs = [farm.submit("1", title="a")]
        for title in "bc":
            jobs.append(farm.submit("1", title=title, parents=(jobs[-1],)))
        return [*jobs, farm.submit("1", title="d")]

    def test_all_that_will_go_is_told(self, farm: FarmInMemory) -> None:
        effect = farm.farm.queries.delete_effect(self.family(farm)[:1])
        assert (effect.jobs, effect.dependants) == (("a",), ("b", "c"))
        assert (effect.running, effect.running_dependants) == (0, 0)

    @pytest.mark.parametrize(
        ("dependants", "left"),
        [pytest.param(True, ["d"], id="all"), pytest.param(False, ["b", "c", "d"], id="one")],
    )
    def test_the_whole_tree_goes_where_that_is_asked_for(
        self, farm: FarmInMemory, dependants: bool, left: list[str]
    ) -> None:
        jobs = self.family(farm)
        farm.jobs.delete(jobs[:1], dependants=dependants)
        assert farm.farm.queries.delete_effect(jobs).jobs == tuple(left)
        farm.cleanup.run()
        assert [row.title for row in farm.farm.queries.jobs()] == left


def test_long_lists_of_jobs_are_cut_into_parts(farm: FarmInMemory, monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(bulk.parts, "__defaults__", (2,))
    jobs = [farm.submit("1") for _ in range(5)]
    farm.jobs.change(jobs, {"priority": 3, "tags": ("night",), "group": "all"})
    farm.jobs.pause(jobs)
    assert farm.jobs.resume(jobs) == 5
    assert farm.jobs.mark_done(jobs) == 5
    assert farm.jobs.rerun(jobs) == 5
    rows = farm.farm.queries.job_values(jobs)
    assert [(row["priority"], row["tags"], row["group"]) for row in rows] == [(3, ("night",), "all")] * 5
    farm.jobs.change(jobs[1:], {"parents": (Dependency(jobs[0]),)})
    assert len(farm.farm.queries.delete_effect(jobs[:1]).dependants) == 4
    assert farm.jobs.delete(jobs[:1], dependants=True) == 5
    with farm.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(JobGroup)) == 1
