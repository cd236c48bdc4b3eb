"""The values of a job: each is written so that it is read back, and nonsense is told in a sentence."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farmgui.domain.attributes import JOB_ATTRIBUTES, parse_attribute
from farmgui.domain.errors import InvalidValue
from farmgui.domain.limits import JOB_LIMITS
from farmgui.domain.requirements import (
    AgentChoice,
    Dependency,
    LimitUse,
    SoftwareNeed,
    Subscription,
    TagNeed,
)

NAMES = st.from_regex(r"[a-zA-Z0-9_.+äß]{1,12}", fullmatch=True)
VERSIONS = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,2})?", fullmatch=True)
PEOPLE = st.one_of(NAMES, st.sampled_from(["success", "failure", "none", "ana maria"]))
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).map(str.strip)
ONE_LINE = WORDS.filter(bool)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def several(kind: type, key: str, **fields: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.lists(st.builds(kind, **fields), max_size=4, unique_by=lambda item: getattr(item, key)).map(
        tuple
    )


def whole(name: str) -> st.SearchStrategy[object]:
    limit = JOB_LIMITS[name]
    values = st.integers(limit.low, limit.high) | st.sampled_from([limit.low, *(v for v, _ in limit.special)])
    return values if limit.empty is None else values | st.none()


VALUES: dict[str, st.SearchStrategy[object]] = {
    **{name: whole(name) for name in JOB_LIMITS},
    "title": ONE_LINE,
    "frames": st.sampled_from(["1", "1-10", "10-1", "1-10x2", "1-10:4", "-5--1", "1-2x0.5"]),
    "queue": st.none() | st.sampled_from(["/film", "/film/shot 20"]),
    "group": st.none() | ONE_LINE,
    "user": st.none() | ONE_LINE,
    "tags": st.lists(NAMES, max_size=4, unique=True).map(tuple),
    "start_after": st.none()
    | st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  hypothesis wants them naive
    "agent_tags": several(TagNeed, "name", name=NAMES, negate=st.booleans()),
    "software": several(
        SoftwareNeed, "name", name=NAMES, minimum=st.none() | VERSIONS, maximum=st.none() | VERSIONS
    ),
    "limits": several(LimitUse, "name", name=NAMES, amount=st.integers(1, 1_000_000)),
    "agents": several(AgentChoice, "hostname", hostname=NAMES, excluded=st.booleans()),
    "parents": several(Dependency, "job_id", job_id=st.integers(1, 10**12), by_frame=st.booleans()),
    "notify": several(
        Subscription,
        "user",
        user=PEOPLE,
        on_success=st.booleans(),
        on_failure=st.booleans(),
        on_deletion=st.booleans(),
    ),
    "environ": st.dictionaries(
        st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
        max_size=4,
    ),
    "data": st.dictionaries(st.text(max_size=8), JSON, max_size=4),
    "jobtype_version": st.integers(1, 1_000_000),
    "output_link": st.none() | ONE_LINE,
    "notes": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30),
    "hidden": st.booleans(),
}


def test_every_attribute_has_values_here() -> None:
    assert set(VALUES) == set(JOB_ATTRIBUTES)


@pytest.mark.parametrize("name", JOB_ATTRIBUTES)
def test_what_is_written_is_read_back(name: str) -> None:
    attribute = JOB_ATTRIBUTES[name]

    @settings(max_examples=60, deadline=None)
    @given(VALUES[name])
    def holds(value: object) -> None:
        assert attribute.check(value) == value
        assert attribute.parse(attribute.text(value)) == value

    holds()


@pytest.mark.parametrize("name", JOB_ATTRIBUTES)
def test_special_values_and_what_empty_means_are_told(name: str) -> None:
    limit, tip = JOB_LIMITS.get(name), JOB_ATTRIBUTES[name].tip
    for value, _meaning in limit.special if limit else ():
        assert f"{value}:" in tip
    assert ("mpty:" in tip) is (limit.empty is not None) or limit is None if limit else tip.endswith(".")


def test_the_hour_that_comes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        attribute = JOB_ATTRIBUTES["start_after"]
        first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
        assert [attribute.parse(attribute.text(value)) for value in (first, second)] == [first, second]
        assert attribute.parse("2026-11-25 22:00") == datetime(2026, 11, 25, 21, tzinfo=UTC)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        pytest.param("priority", " 7 ", 7, id="number"),
        pytest.param("maximum_agents", "", None, id="no limit"),
        pytest.param("queue", "film//shot/", "/film/shot", id="queue"),
        pytest.param("queue", "/", None, id="root"),
        pytest.param("tags", "film, night film", ("film", "night"), id="tags"),
        pytest.param(
            "agent_tags", "gpu -slow", (TagNeed("gpu"), TagNeed("slow", negate=True)), id="agent tags"
        ),
        pytest.param(
            "software",
            "blender 3.6..4.2, nuke 15, maya 2024.., houdini ..20",
            (
                SoftwareNeed("blender", "3.6", "4.2"),
                SoftwareNeed("nuke", "15", "15"),
                SoftwareNeed("maya", "2024"),
                SoftwareNeed("houdini", None, "20"),
            ),
            id="software",
        ),
        pytest.param("limits", "nuke, arnold:2", (LimitUse("nuke"), LimitUse("arnold", 2)), id="limits"),
        pytest.param(
            "agents",
            "farm01 -farm07",
            (AgentChoice("farm01"), AgentChoice("farm07", excluded=True)),
            id="agents",
        ),
        pytest.param(
            "parents", "12 15:frames", (Dependency(12), Dependency(15, by_frame=True)), id="parents"
        ),
        pytest.param(
            "notify",
            "ana, ben:failure,deletion, cleo:success",
            (
                Subscription("ana"),
                Subscription("ben", on_success=False, on_deletion=True),
                Subscription("cleo", on_failure=False),
            ),
            id="notify",
        ),
        pytest.param("environ", 'A=1\n\n B ="x\\ny"\nC=', {"A": "1", "B": "x\ny", "C": ""}, id="environ"),
        pytest.param("data", "", {}, id="no data"),
        pytest.param("hidden", "Yes", True, id="hidden"),
        pytest.param("notes", "a\n b", "a\n b", id="notes"),
    ],
)
def test_what_people_write(name: str, text: str, value: object) -> None:
    assert parse_attribute(name, text) == value


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        pytest.param("colour", "red", "can't be set", id="unknown"),
        pytest.param("priority", "high", "whole number", id="no number"),
        pytest.param("priority", "", "whole number", id="required"),
        pytest.param("gpus", "-1", "from 0", id="gpus"),
        pytest.param("title", " ", "1 to 255", id="title"),
        pytest.param("frames", "1-", "no frame range", id="frames"),
        pytest.param("start_after", "tomorrow", "no time", id="time"),
        pytest.param("agent_tags", "gpu -gpu", "twice", id="with and without"),
        pytest.param("software", "blender 3 4", "no program", id="two versions"),
        pytest.param("software", "blender ..", "no range", id="no versions"),
        pytest.param("limits", "nuke:0", "from 1", id="nothing of a limit"),
        pytest.param("parents", "shot", "its number", id="no job"),
        pytest.param("parents", "12:frames 12", "twice", id="one parent in two ways"),
        pytest.param("notify", "ben:birth", "nothing to be told", id="no outcome"),
        pytest.param("environ", "A", "NAME=VALUE", id="no variable"),
        pytest.param("environ", "=1", "NAME=VALUE", id="no name"),
        pytest.param("data", "[1]", "JSON object", id="a list"),
        pytest.param("data", '{"a": NaN}', "no JSON", id="no number"),
        pytest.param("hidden", "maybe", "true or false", id="no truth"),
        pytest.param("jobtype_version", "0", "from 1", id="version"),
    ],
)
def test_nonsense_is_told_in_a_sentence(name: str, text: str, words: str) -> None:
    with pytest.raises(InvalidValue, match=words) as told:
        parse_attribute(name, text)
    assert str(told.value).endswith((".", '"."')) and "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("tags", "film", id="a text for a list"),
        pytest.param("tags", ("a b",), id="two tags in one"),
        pytest.param("agents", (AgentChoice("-x"),), id="a name that reads as excluded"),
        pytest.param("parents", (7,), id="a number for a dependency"),
        pytest.param("start_after", datetime(2026, 1, 1), id="no time zone"),  # noqa: DTZ001  what is refused
        pytest.param("data", {1: 2}, id="names that are no text"),
        pytest.param("data", {"x": object()}, id="no JSON"),
        pytest.param("environ", {"A": 1}, id="a variable that is no text"),
        pytest.param("hidden", 1, id="no truth"),
        pytest.param("notes", 3, id="no text"),
        pytest.param("queue", 3, id="no path"),
    ],
)
def test_a_script_that_gives_a_wrong_value_is_told(name: str, value: object) -> None:
    with pytest.raises(InvalidValue):
        JOB_ATTRIBUTES[name].check(value)
