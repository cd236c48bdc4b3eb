"""Queues, limits, software, tags, path maps, people, groups and agents: made, changed and removed by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from farmgui.domain.errors import FarmError, InvalidValue, NotFound
from farmgui.domain.requirements import LimitUse, Per, SoftwareNeed, TagNeed
from farmgui.models import Attempt, JobLimit, Role, User
from farmgui.services.farm import Farm
from tests.factories import FarmInMemory
from tests.fakes import an_inventory


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[FarmInMemory]:
    memory = FarmInMemory(tmp_path, an_inventory("a"), an_inventory("b"))
    yield memory
    memory.close()


@pytest.fixture
def farm(memory: FarmInMemory) -> Farm:
    return memory.farm


def _paths(farm: Farm) -> list[str]:
    return [row.path for row in farm.queries.queues()]


def test_a_queue_is_made_with_those_above_it_and_changed(farm: Farm) -> None:
    number = farm.queues.create("/film/shot", {"weight": 30, "maximum_agents": 4})
    assert _paths(farm) == ["/film", "/film/shot"]
    farm.queues.change(number, {"priority": 5, "maximum_agents": None})
    row = farm.queries.queues()[1]
    assert (row.priority, row.weight, row.maximum_agents) == (5, 30, None)


def test_what_lies_below_a_renamed_or_moved_queue_follows(farm: Farm) -> None:
    shot = farm.queues.create("/film/shot")
    farm.queues.create("/film/shot/fx")
    farm.queues.create("/ads")
    farm.queues.rename(shot, "sh010")
    assert "/film/sh010/fx" in _paths(farm)
    farm.queues.move(shot, "/ads")
    assert _paths(farm) == ["/ads", "/ads/sh010", "/ads/sh010/fx", "/film"]
    farm.queues.move(shot, "/")
    assert "/sh010/fx" in _paths(farm)


def _queues(farm: Farm) -> dict[str, int]:
    return {row.path: row.id for row in farm.queries.queues()}


QUEUE_REFUSALS: dict[str, tuple[Callable[[Farm], object], str]] = {
    "two of one name": (lambda farm: farm.queues.rename(_queues(farm)["/ads"], "film"), "already"),
    "two of one name there": (
        lambda farm: farm.queues.move(_queues(farm)["/ads/shot"], "/film"),
        "already",
    ),
    "below itself": (lambda farm: farm.queues.move(_queues(farm)["/film"], "/film/shot"), "below itself"),
    "no such parent": (lambda farm: farm.queues.move(_queues(farm)["/film"], "/nowhere"), "no queue"),
    "holds queues": (lambda farm: farm.queues.remove(_queues(farm)["/film"]), "holds 1 queue\\."),
    "the root": (lambda farm: farm.queues.create("/"), "root"),
    "weight": (lambda farm: farm.queues.change(_queues(farm)["/ads"], {"weight": -1}), "Weight"),
    "priority": (lambda farm: farm.queues.change(_queues(farm)["/ads"], {"priority": 1001}), "Priority"),
    "crossed": (
        lambda farm: farm.queues.change(_queues(farm)["/ads"], {"minimum_agents": 3, "maximum_agents": 2}),
        "above the maximum",
    ),
    "slash": (lambda farm: farm.queues.rename(_queues(farm)["/ads"], "a/b"), "name of a queue"),
    "unknown": (lambda farm: farm.queues.remove(99), "no queue 99"),
}


@pytest.mark.parametrize("name", QUEUE_REFUSALS)
def test_a_queue_is_refused_in_words_and_nothing_changes(farm: Farm, name: str) -> None:
    for path in ("/film/shot", "/ads/shot"):
        farm.queues.create(path)
    before = farm.queries.queues()
    do, words = QUEUE_REFUSALS[name]
    with pytest.raises(FarmError, match=words):
        do(farm)
    assert farm.queries.queues() == before


def test_a_queue_with_jobs_stays(memory: FarmInMemory) -> None:
    memory.submit(queue="/film")
    with pytest.raises(InvalidValue, match=r"holds 1 job\. Move or delete it first\."):
        memory.farm.queues.remove(_queues(memory.farm)["/film"])


@pytest.mark.parametrize("count", [1, 2])
def test_what_jobs_ask_for_is_not_removed_and_they_are_counted_in_words(
    memory: FarmInMemory, count: int
) -> None:
    farm = memory.farm
    farm.tags.create("gpu")
    farm.limits.put("nuke", 2)
    farm.software.create("maya")
    for _ in range(count):
        memory.submit(
            agent_tags=(TagNeed("gpu"),), limits=(LimitUse("nuke"),), software=(SoftwareNeed("maya"),)
        )
    one = count == 1
    with pytest.raises(InvalidValue, match="^1 job asks" if one else "^2 jobs ask"):
        farm.tags.remove("gpu")
    with pytest.raises(InvalidValue, match="^1 unfinished job uses" if one else "^2 unfinished jobs use"):
        farm.limits.remove("nuke")
    with pytest.raises(InvalidValue, match="^1 job needs" if one else "^2 jobs need"):
        farm.software.remove("maya")


def test_limits_tell_what_is_in_use_by_task_agent_and_job(memory: FarmInMemory) -> None:
    limits = memory.farm.limits
    limits.put("nuke", 10)
    limits.put("site", 3, Per.AGENT, "whole machines")
    limits.put("seat", 2, Per.JOB)
    job = memory.submit("1-6")
    with memory.database.sessions.begin() as session:
        session.add_all(
            [JobLimit(job_id=job, name=name, amount=2) for name in ("nuke", "site", "seat", "lost")]
        )
    rows = {row.name: row for row in limits.rows()}
    assert [(row.name, row.amount, row.jobs, row.known) for row in rows.values()] == [
        ("lost", 0, 1, False),
        ("nuke", 10, 1, True),
        ("seat", 2, 1, True),
        ("site", 3, 1, True),
    ]
    with pytest.raises(InvalidValue, match="wait for ever"):
        limits.remove("nuke")
    limits.rename("nuke", "nukex")
    assert {row.name: row.jobs for row in limits.rows()}["nukex"] == 1
    with pytest.raises(InvalidValue, match="already"):
        limits.rename("nukex", "seat")
    with pytest.raises(NotFound):
        limits.remove("nuke")
    with pytest.raises(InvalidValue):
        limits.put("a, b", 1)
    with pytest.raises(InvalidValue, match="amount"):
        limits.put("nukex", -1)


def test_versions_are_ordered_by_rank_and_change_places(farm: Farm) -> None:
    table = farm.software
    table.create("blender")
    for version in ("3.6", "4.2", "4.10"):
        table.add_version("blender", version)
    table.add_version("blender", "4.0", rank=150, default=True)
    (row,) = table.rows()
    assert [(one.version, one.rank) for one in row.versions] == [
        ("3.6", 100),
        ("4.0", 150),
        ("4.2", 200),
        ("4.10", 300),
    ]
    table.move_version("blender", "4.10", newer=False)
    table.move_version("blender", "3.6", newer=False)
    assert [one.version for one in table.rows()[0].versions] == ["3.6", "4.0", "4.10", "4.2"]
    table.change_version("blender", "4.10", new="4.1", default=True)
    table.remove_version("blender", "3.6")
    assert [(one.version, one.default) for one in table.rows()[0].versions] == [
        ("4.0", True),
        ("4.1", True),
        ("4.2", False),
    ]


SOFTWARE_REFUSALS: dict[str, tuple[Callable[[Farm], object], str]] = {
    "twice": (lambda farm: farm.software.create("blender"), "already"),
    "version twice": (lambda farm: farm.software.add_version("blender", "3.6"), "already"),
    "rank twice": (lambda farm: farm.software.add_version("blender", "3.7", rank=100), "already"),
    "range in a name": (lambda farm: farm.software.add_version("blender", "3..4"), "between"),
    "unknown": (lambda farm: farm.software.remove("maya"), "Known is: blender"),
    "unknown version": (lambda farm: farm.software.remove_version("blender", "2.8"), "Known are: 3.6"),
}


@pytest.mark.parametrize("name", SOFTWARE_REFUSALS)
def test_software_is_refused_in_words(farm: Farm, name: str) -> None:
    farm.software.create("blender")
    farm.software.add_version("blender", "3.6")
    before = farm.software.rows()
    do, words = SOFTWARE_REFUSALS[name]
    with pytest.raises(FarmError, match=words):
        do(farm)
    assert farm.software.rows() == before


def test_agents_are_given_tags_software_and_shares_together_or_not_at_all(farm: Farm) -> None:
    farm.software.create("blender")
    farm.software.add_version("blender", "3.6")
    values: dict[str, Any] = {
        "tags": ("gpu", "fast"),
        "software": [("blender", "3.6")],
        "cpu_allocation": 0.5,
    }
    assert farm.agents.change(["a", "b"], values) == 2
    for told in farm.agents.values(["a", "b"]):
        assert told["tags"] == ("fast", "gpu")
        assert told["software"] == (("blender", "3.6"),)
        assert (told["cpu_allocation"], told["ram_allocation"]) == (0.5, 0.8)
    with pytest.raises(NotFound, match="no version"):
        farm.agents.change(["a"], {"tags": (), "software": [("blender", "9")]})
    with pytest.raises(InvalidValue, match="0 to 1"):
        farm.agents.change(["a"], {"tags": (), "ram_allocation": 1.2})
    assert farm.agents.values(["a"])[0]["tags"] == ("fast", "gpu")
    farm.agents.change(["a"], {"tags": ["gpu"], "software": ()})
    assert {row.name: row.agents for row in farm.tags.rows()} == {"fast": 1, "gpu": 2}
    assert farm.software.rows()[0].versions[0].agents == 1


def test_an_agent_that_is_set_aside_now_ends_what_it_runs(memory: FarmInMemory) -> None:
    job = memory.submit("1-4")
    memory.beat()
    memory.farm.agents.disable(["a"])
    assert not any(task.stopping for task in memory.tasks(job))
    memory.farm.agents.disable(["a"], now=True)
    stopping = {task.id for task in memory.tasks(job) if task.stopping}
    with memory.database.reading() as session:
        on_a = set(session.scalars(select(Attempt.task_id).where(Attempt.agent_id == "a")))
    assert on_a and stopping == on_a


def test_tags_are_renamed_and_removed(farm: Farm) -> None:
    farm.tags.create("gpu")
    farm.agents.change(["a"], {"tags": ["gpu"]})
    farm.tags.rename("gpu", "cuda")
    assert farm.agents.values(["a"])[0]["tags"] == ("cuda",)
    farm.tags.remove("cuda")
    assert farm.agents.values(["a"])[0]["tags"] == ()
    for name in ("", "-slow", "a b", "a,b", "x" * 256):
        with pytest.raises(InvalidValue):
            farm.tags.create(name)


def test_path_maps(farm: Farm) -> None:
    number = farm.path_maps.create("/mnt/show", "S:\\show", "/Volumes/show", tag="rented")
    farm.path_maps.change(number, {"windows": "Z:\\show", "tag": None})
    (row,) = farm.path_maps.rows()
    assert (row.linux, row.windows, row.mac, row.tag) == ("/mnt/show", "Z:\\show", "/Volumes/show", None)
    with pytest.raises(InvalidValue):
        farm.path_maps.change(number, {"linux": " "})
    for wrong in ({"linux": "show"}, {"windows": "/mnt/show"}, {"windows": "show"}, {"mac": "S:\\show"}):
        with pytest.raises(InvalidValue, match="is no whole path on"):
            farm.path_maps.change(number, dict(wrong))
    with pytest.raises(InvalidValue, match='"frame" is no whole path on Linux'):
        farm.path_maps.create("frame", "S:\\show", "/Volumes/show")
    farm.path_maps.remove(number)
    assert farm.path_maps.rows() == []


def test_people_and_their_roles(memory: FarmInMemory) -> None:
    people = memory.farm.people
    people.create("ana", {"email": "ana@studio.example", "roles": ["wrangle.film", "look"]})
    people.create("ben")
    assert {row.name: row.roles for row in people.rows()} == {"ana": ("look", "wrangle.film"), "ben": ()}
    assert {row.name: row.users for row in people.roles()} == {"look": 1, "wrangle.film": 1}
    with pytest.raises(InvalidValue, match="already"):
        people.change("ben", {"email": "ana@studio.example"})
    for address in ("ana", "ana@x\nBcc: all@x", "a b@x", "<a@x>"):
        with pytest.raises(InvalidValue):
            people.change("ben", {"email": address})
    memory.submit(user="ben")
    with pytest.raises(InvalidValue, match="1 jobs belong to ben"):
        people.remove("ben")
    people.remove("ana")
    people.remove_role("look")
    assert [row.name for row in people.roles()] == ["wrangle.film"]


NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("user", "active"),
    [
        (User(active=True, roles=[]), True),
        (User(active=False, roles=[]), False),
        (User(active=True, expiration=NOW + HOUR, roles=[]), True),
        (User(active=True, expiration=NOW - HOUR, roles=[]), False),
        (User(active=True, roles=[Role(name="a", active=True, expiration=NOW + HOUR)]), True),
        (User(active=True, roles=[Role(name="a", active=True, expiration=NOW - HOUR)]), False),
        (User(active=True, roles=[Role(name="a", active=False)]), False),
    ],
)
def test_an_account_counts_until_it_or_a_role_of_it_ends(user: User, active: bool) -> None:
    assert user.is_active(NOW) is active


@pytest.mark.parametrize(
    ("allowed", "required", "has"),
    [
        ((), (), True),
        (("look",), (), False),
        (("look", "wrangle"), (), True),
        (("wrangle.film",), (), True),
        (("wrangle.film.shot",), (), True),
        ((), ("wrangle", "wrangle.film"), True),
        ((), ("wrangle", "look"), False),
        (("wrangle",), ("look",), False),
    ],
)
def test_a_role_stands_for_those_above_it(
    allowed: tuple[str, ...], required: tuple[str, ...], has: bool
) -> None:
    user = User(roles=[Role(name="wrangle.film.shot")])
    assert user.has_roles(allowed, required) is has
