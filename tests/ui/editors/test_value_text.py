from __future__ import annotations

import pytest

from farmgui.domain.errors import InvalidValue
from farmgui.domain.limits import JOB_LIMITS
from farmgui.ui.editors import value_text

READ = [
    pytest.param("priority", "7", 7, id="number"),
    pytest.param("priority", "\N{MINUS SIGN}7", -7, id="typographic minus"),
    pytest.param("cpus", "-1", -1, id="special as number"),
    pytest.param("cpus", "The whole agent to itself", -1, id="special in words"),
    pytest.param("cpus", "none required", 0, id="zero in words"),
    pytest.param("ram", "4096 MB", 4096, id="with unit"),
    pytest.param("ram", "16,384", 16384, id="grouped digits"),
    pytest.param("ram_max", "", None, id="empty"),
    pytest.param("ram_max", "no limit", None, id="empty in words"),
    pytest.param("autodelete_time", "2 days", 172_800, id="days"),
    pytest.param("autodelete_time", "1 week", 604_800, id="week"),
    pytest.param("autodelete_time", "90", 90, id="seconds"),
    pytest.param("title", "  Shot 10 ", "Shot 10", id="title"),
    pytest.param("output_link", " ", None, id="no link"),
    pytest.param("notes", " kept as typed ", " kept as typed ", id="notes"),
]

REFUSED = [
    pytest.param("priority", "1001", "from -1000 to 1000", id="above"),
    pytest.param("priority", "", "can't be empty", id="empty"),
    pytest.param("cpus", "257", "from 1 to 256", id="cpus"),
    pytest.param("cpus", "many", 'not "many"', id="word"),
    pytest.param("ram", "8", "from 16 to", id="below"),
    pytest.param("batch", "0", "from 1 to", id="batch"),
    pytest.param("requeue", "-2", "never", id="requeue"),
    pytest.param("autodelete_time", "0 days", "never", id="no time"),
    pytest.param("autodelete_time", "9999999 weeks", "from 1 to", id="too long"),
    pytest.param("title", "  ", "1 to 255 characters", id="title"),
    pytest.param("weight", "9" * 5000, "from 1 to", id="absurd"),
]


@pytest.mark.parametrize(("name", "text", "value"), READ)
def test_reads_what_people_write(name: str, text: str, value: object) -> None:
    assert value_text.value_of(name, text) == value


@pytest.mark.parametrize(("name", "text", "words"), REFUSED)
def test_refuses_with_the_range_in_words(name: str, text: str, words: str) -> None:
    with pytest.raises(InvalidValue, match=words) as raised:
        value_text.value_of(name, text)
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize("name", JOB_LIMITS)
def test_shown_values_are_read_back(name: str) -> None:
    limit = JOB_LIMITS[name]
    values = [limit.low, limit.high, *(value for value, _ in limit.special)]
    if limit.empty is not None:
        values.append(None)
    for value in values:
        assert value_text.value_of(name, value_text.text_of(name, value)) == value


@pytest.mark.parametrize(
    ("name", "text", "by", "after"),
    [
        pytest.param("priority", "0", 1, "1", id="up"),
        pytest.param("priority", "1000", 1, "1000", id="stays in range"),
        pytest.param("cpus", "the whole agent to itself", 1, "1", id="from words up"),
        pytest.param(
            "cpus", "the whole agent to itself", -1, "the whole agent to itself", id="from words down"
        ),
        pytest.param("cpus", "nonsense", 1, "nonsense", id="unreadable"),
    ],
)
def test_counting_by_keys(name: str, text: str, by: int, after: str) -> None:
    assert value_text.stepped(name, text, by) == after
