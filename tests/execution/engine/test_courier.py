"""The courier's own rules, with stations in memory; and the process at the ends of its streams."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from farmgui.execution import wire
from farmgui.execution.engine.calls import place
from farmgui.execution.engine.contact import Patience, Told
from farmgui.execution.engine.roster import Roster
from tests.execution.engine.fake_stations import FakeStations, Lines, news, until

A, B = "tls://10.0.0.1:4001", "tls://10.0.0.2:4002"
SOON = Patience(silence=5.0, first_wait=0.01, longest_wait=0.02)

Test = Callable[[], Coroutine[Any, Any, None]]


@asynccontextmanager
async def roster_of(
    *addresses: str, stations: FakeStations | None = None, patience: Patience = SOON
) -> AsyncIterator[tuple[Roster, FakeStations, Lines]]:
    """A roster that has looked at these, and is attached to them where they can be reached."""
    stations, lines = stations or FakeStations(), Lines()
    roster = Roster(7, stations, lines.append, patience=patience)
    roster.look(addresses)
    await asyncio.sleep(0.01)
    try:
        yield roster, stations, lines
    finally:
        await roster.close()


def run(test: Test) -> Test:
    """The test on an event loop of its own."""

    def inner() -> None:
        asyncio.run(test())

    inner.__name__, inner.__doc__ = test.__name__, test.__doc__
    return inner  # type: ignore[return-value]


@run
async def test_what_an_agent_tells_reaches_the_lead_with_its_session() -> None:
    """It is handed on as it came, in order."""
    async with roster_of(A) as (roster, stations, lines):
        roster.hear(news(A, stations.session, 1, "one", "two"))
        roster.hear(news(A, stations.session, 2, "three"))
        assert lines == [
            {"from": A, "session": stations.session, "data": ["one", "two"]},
            {"from": A, "session": stations.session, "data": ["three"]},
        ]


@run
async def test_one_call_at_a_time_and_the_rest_in_the_next() -> None:
    """What is said while a call is under way is joined, in order."""
    async with roster_of(A) as (roster, stations, _lines):
        stations.gate.clear()
        for number in range(4):
            roster.say(A, stations.session, [str(number)])
            await asyncio.sleep(0.005)
        assert not roster.is_settled
        stations.gate.set()
        await until(lambda: roster.is_settled)
        assert stations.delivered == [[b"0"], [b"1", b"2", b"3"]]


@run
async def test_an_order_for_an_earlier_session_reaches_nobody() -> None:
    """It might meet another start of the agent, whose attempts are given up."""
    async with roster_of(A) as (roster, stations, _lines):
        before = stations.session
        roster.hear(Told(A, before, 1, lost="The agent process ended."))
        await until(lambda: len(stations.attached) > 1)
        roster.say(A, before, ["late"])
        roster.say(A, stations.session, ["in time"])
        await until(lambda: stations.delivered)
        assert stations.delivered == [[b"in time"]]


@pytest.mark.parametrize("number", [2, 0], ids=["one is missing", "counted anew"])
def test_a_gap_has_the_station_attached_anew_without_a_word(number: int) -> None:
    """The agent tells again what nobody acknowledged; the lead needn't know."""

    async def test() -> None:
        async with roster_of(A) as (roster, stations, lines):
            before = stations.session
            roster.hear(news(A, before, number))
            await until(lambda: len(stations.attached) > 1)
            roster.hear(news(A, before, 1, "late"))
            roster.hear(news(A, stations.session, 1, "again"))
            assert lines == [{"from": A, "session": stations.session, "data": ["again"]}]

    asyncio.run(test())


@run
async def test_a_session_that_the_station_doesnt_know_is_begun_anew() -> None:
    """Nothing is sent into the void."""
    async with roster_of(A) as (roster, stations, lines):
        stations.knows_session = False
        roster.say(A, stations.session, ["order"])
        await until(lambda: len(stations.attached) > 1)
        assert lines == []


@run
async def test_silence_is_told_and_tried_again() -> None:
    """A machine that stands still keeps its connection."""
    patience = Patience(silence=0.1, first_wait=0.01, longest_wait=0.02)
    async with roster_of(A, patience=patience) as (roster, stations, lines):
        roster.hear(news(A, stations.session, 1))
        stations.gate.clear()
        roster.say(A, stations.session, ["order"])
        await until(lambda: lines.of("lost"))
        assert "10.0.0.1 was silent for" in lines.of("lost")[0]["why"]
        await until(lambda: len(stations.attached) > 1)


@run
async def test_a_refusal_is_told_once_and_tried_again() -> None:
    """A lead whose fence is outdated is refused each time, by the same sentence."""
    stations = FakeStations()
    stations.refusals = ["Another program leads."] * 3
    async with roster_of(A, stations=stations) as (roster, _, lines):
        await until(lambda: len(stations.attached) == 4)
        assert lines == [{"lost": A, "why": "Another program leads."}]
        roster.hear(news(A, stations.session, 1, "one"))
        assert lines[-1]["from"] == A


@run
async def test_a_refusal_in_the_midst_ends_the_session_after_what_came_before() -> None:
    """Another lead has taken the agent."""
    async with roster_of(A) as (roster, stations, lines):
        dismissed = wire.encode(wire.Refused("Another program leads now.")).decode()
        roster.hear(news(A, stations.session, 1, "last", dismissed, "never"))
        await until(lambda: lines.of("lost"))
        assert [line.get("data", line.get("why")) for line in lines] == [
            ["last"],
            "Another program leads now.",
        ]


@run
async def test_a_machine_that_leaves_is_lost_at_once() -> None:
    """And attached again when it is back."""
    async with roster_of(A, B) as (roster, stations, lines):
        roster.went(A)
        assert [line["lost"] for line in lines.of("lost")] == [A]
        assert "The machine at 10.0.0.1 left the farm" in lines[0]["why"]
        roster.came(A)
        await until(lambda: [address for address, _ in stations.attached].count(A) == 2)


@run
async def test_one_that_cant_be_reached_holds_up_nobody() -> None:
    """It is left out until it answers."""
    stations = FakeStations()
    stations.unreached = {A}
    async with roster_of(A, B, stations=stations) as (roster, _, lines):
        assert [address for address, _ in stations.attached] == [B]
        assert lines == [{"left_out": {A: f"{A} is far."}}]
        stations.unreached = set()
        roster.look([A, B])
        await until(lambda: len(stations.attached) == 2)
        assert lines[-1] == {"left_out": {}}


@run
async def test_a_worker_without_our_station_is_given_nothing() -> None:
    """Somebody's own work on the same engine is left alone; that is said once."""
    stations = FakeStations()
    stations.agents = {A: None}
    async with roster_of(A, stations=stations) as (roster, _, lines):
        roster.look([A])
        await asyncio.sleep(0.02)
        assert [list(line["left_out"]) for line in lines] == [[A]]
        assert "at 10.0.0.1 is no agent of this farm" in lines[0]["left_out"][A]


@run
async def test_of_two_with_one_id_the_first_stays() -> None:
    """A folder was copied; the copy takes over where the first is gone."""
    stations = FakeStations()
    stations.agents = {A: "twin", B: "twin"}
    async with roster_of(A, stations=stations) as (roster, _, lines):
        roster.look([A, B])
        await until(lambda: lines.of("left_out"))
        assert "10.0.0.2 has a copy of the folder of the agent at 10.0.0.1" in lines[0]["left_out"][B]
        roster.went(A)
        await until(lambda: len(stations.attached) == 2)
        assert stations.attached[-1][0] == B
        assert lines[-1] == {"left_out": {}}


@run
async def test_one_that_comes_back_by_another_address_takes_its_place() -> None:
    """The engine misses the old connection only later."""
    stations = FakeStations()
    stations.agents = {A: "farm03", B: "farm03"}
    async with roster_of(A, stations=stations) as (roster, _, lines):
        stations.unreached = {A}
        roster.say("farm03", stations.session, ["order"])
        await until(lambda: lines.of("lost"))
        roster.came(B)
        await until(lambda: stations.attached[-1][0] == B)
        assert lines.of("left_out") == []
        roster.look([A, B])
        await asyncio.sleep(0.03)
        roster.hear(news("farm03", stations.session, 1, "here"))
        assert lines.of("from")[-1]["data"] == ["here"]


@run
async def test_when_the_engine_is_lost_all_are() -> None:
    """By the sentence that tells of the engine."""
    async with roster_of(A, B) as (roster, _stations, lines):
        roster.lose_all("The engine is gone.")
        assert [(line["lost"], line["why"]) for line in lines] == [
            (A, "The engine is gone."),
            (B, "The engine is gone."),
        ]


@pytest.mark.parametrize(
    ("address", "shown"),
    [("tls://10.0.0.3:4001", "10.0.0.3"), ("tls://[fe80::1]:4001", "[fe80::1]"), ("odd", "odd")],
)
def test_people_read_where_a_machine_is(address: str, shown: str) -> None:
    """Without what only the engine needs."""
    assert place(address) == shown


# -- the process


def start_courier(folder: Path) -> subprocess.Popen[str]:
    """The courier of a folder, with a fence told."""
    process = subprocess.Popen(
        [sys.executable, "-m", "farmgui.execution.engine.courier", "--folder", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write('{"fence": 1}\n')
    process.stdin.flush()
    return process


@pytest.mark.parametrize("last", ["", "{no JSON\n", '{"to": 1}\n'], ids=["nothing", "cut off", "no line"])
def test_it_ends_with_its_input(tmp_path: Path, last: str) -> None:
    """Whatever it was doing, and whatever came last: a lead that was killed leaves nobody behind."""
    process = start_courier(tmp_path)
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    assert "cluster.json" in told["engine"]
    output, _ = process.communicate(last, timeout=10)
    assert (process.returncode, output) == (0, "")
