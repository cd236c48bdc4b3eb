"""What is written on the wire is read as the same; nothing else is taken."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmgui.domain.orders import BatchMode, BatchOrder, Patterns, TaskOrder
from farmgui.domain.reports import (
    Disk,
    Finished,
    Gpu,
    Inventory,
    Progressed,
    Software,
    Started,
    Usage,
    Warned,
)
from farmgui.domain.sights import Blindness
from farmgui.domain.states import AttemptState
from farmgui.execution import wire

TASK = TaskOrder("b.1", "1.5", 3, "/logs/ü", ("blender", "\udcff"), ("/out.png",))
ORDER = BatchOrder(
    "b",
    1,
    "title",
    BatchMode.ONE_PROCESS,
    (TASK, TASK),
    ("blender",),
    "/cwd",
    {"A": "b"},
    Patterns(done="x"),
    4,
    100,
    1,
    2,
    10,
    "/scene",
    "1 2",
    7200.0,
    60.5,
    2,
    no_automatic_start_time=True,
)
INVENTORY = Inventory(
    "a",
    "i",
    "host",
    "Linux",
    "1",
    2,
    3,
    4,
    5,
    frozenset({"b.1", "c.2"}),
    "A fast one",
    "linux",
    (Gpu(0, "A card", 8192), Gpu(1, "Another")),
    (Disk("/", 2**40, 2**39),),
    ("00:50:56:10:00:aa",),
    (Software("blender", "4.2"),),
    joined=True,
    log_folder="/logs",
    python="/usr/bin/python3",
    assemble_tiles="/assemble.py",
)
MESSAGES = [
    wire.Hello(1, 2),
    wire.Start((ORDER, ORDER)),
    wire.Stop(("a", "b")),
    wire.Acknowledge(()),
    wire.AskInventory(),
    wire.Look(7, ("/scene",), ("/frames",)),
    wire.End(),
    wire.Welcome("a", "i"),
    wire.Refused("why"),
    wire.News((Started("a", 1.5), Progressed("a", 0.5), Warned("a", "w"))),
    wire.Holding(INVENTORY),
    wire.Seen(7),
    wire.Seen(8, Blindness.UNSEEN, "/scene"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_there_and_back(message: wire.Message) -> None:
    assert wire.decode(wire.encode(message)) == message


@given(
    st.builds(
        Finished,
        token=st.text(),
        state=st.sampled_from(AttemptState),
        time_started=st.none() | st.floats(allow_nan=False, allow_infinity=False),
        time_finished=st.floats(allow_nan=False, allow_infinity=False),
        exit_status=st.none() | st.integers(),
        reason=st.none() | st.text(),
        usage=st.builds(
            Usage,
            cpu_seconds=st.none() | st.floats(allow_nan=False, allow_infinity=False),
            peak_ram=st.none() | st.integers(),
        ),
    )
)
def test_results_there_and_back(event: Finished) -> None:
    data = wire.encode(event)
    assert wire.decode_event(data) == event
    assert wire.decode(wire.join_events([data, data])) == wire.News((event, event))
    assert b"\n" not in data


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "[]",
        "{",
        "\xff",
        '{"kind":"evil"}',
        '{"kind":["hello"]}',
        '{"kind":"hello"}',
        '{"kind":"hello","protocol":1,"fence":"2"}',
        '{"kind":"hello","protocol":true,"fence":2}',
        '{"kind":"hello","protocol":1,"fence":2,"more":3}',
        '{"kind":"hello","protocol":1,"other":2}',
        '{"kind":"stop","tokens":"abc"}',
        '{"kind":"stop","tokens":[1]}',
        '{"kind":"news","events":[{"kind":"started","token":"a","time":NaN}]}',
        f'{{"kind":"news","events":[{{"kind":"started","token":"a","time":{10**400}}}]}}',
        '{"kind":"news","events":[{"kind":"hello","protocol":1,"fence":2}]}',
        '{"kind":"start","orders":[{}]}',
        '{"kind":"start","orders":[null]}',
        wire.encode(wire.Holding(INVENTORY)).decode().replace("8192", '"much"'),
        wire.encode(wire.Holding(INVENTORY)).decode().replace('[0,"A card",8192]', '[0,"A card"]'),
        wire.encode(wire.Holding(INVENTORY)).decode().replace('[0,"A card",8192]', "0"),
        wire.encode(wire.Start((ORDER,))).decode().replace("true", "1"),
        "[" * 100_000,
    ],
)
def test_nothing_else_is_taken(text: str) -> None:
    with pytest.raises(wire.BadMessage):
        wire.decode(text.encode("latin-1"))


@pytest.mark.parametrize("field", ["token", "job_id", "mode", "tasks", "argv", "environ", "patterns", "nice"])
@pytest.mark.parametrize("value", [None, 1.5, [[]], {"x": 1}, "both"])
def test_each_field_of_an_order_is_checked(field: str, value: object) -> None:
    data = json.loads(wire.encode(wire.Start((ORDER,))))
    if field == "token" and value == "both":
        return
    data["orders"][0][field] = value
    with pytest.raises(wire.BadMessage):
        wire.decode(json.dumps(data).encode())


def test_what_is_stored_of_a_report_can_be_stored() -> None:
    told = replace(INVENTORY, hostname="b\udcfcro", disks=(Disk("/media/b\udcfcro", 2, 1),))
    read = wire.decode(wire.encode(wire.Holding(told)))
    assert isinstance(read, wire.Holding)
    assert (read.inventory.hostname, read.inventory.disks) == ("b?ro", (Disk("/media/b?ro", 2, 1),))
    end = Finished("a", AttemptState.FAILED, None, 1.5, reason="The folder /home/b\udcfcro is not here.")
    assert wire.decode_event(wire.encode(end)) == replace(end, reason="The folder /home/b?ro is not here.")


def test_no_infinity_is_sent() -> None:
    with pytest.raises(ValueError, match="JSON"):
        wire.encode(Started("a", float("inf")))
