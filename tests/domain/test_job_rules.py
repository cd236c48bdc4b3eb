"""Rules that models and services share: ranges, dependencies, machines, what goes with a task's state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farmgui.domain.dependencies import find_cycle
from farmgui.domain.errors import InvalidValue
from farmgui.domain.frames import parse_frames
from farmgui.domain.limits import check_together
from farmgui.domain.machines import check_hostname, check_share, mac_address
from farmgui.domain.ranges import Place, range_change, range_text
from farmgui.domain.states import TaskState
from farmgui.domain.task_moves import task_values

NUMBERS = st.integers(-500, 500)


@settings(max_examples=100, deadline=None)
@given(NUMBERS, st.integers(0, 200), st.sampled_from(["1", "2", "0.5", "0.25", "7"]))
def test_a_range_counts_from_the_start_by_the_step_while_it_is_up_to_the_end(
    start: int, length: int, by: str
) -> None:
    step = Decimal(by)
    expected = []
    frame = Decimal(start)
    while frame <= start + length:
        expected.append(frame)
        frame += step
    assert list(parse_frames(range_text(start, start + length, by))) == expected


@dataclass(frozen=True)
class Known:
    frame: Decimal
    tile: int | None = None
    priority: int = 0
    removed: bool = False


PLACES = st.lists(
    st.tuples(st.integers(1, 8).map(Decimal), st.sampled_from([None, 0, 1])), max_size=12, unique=True
)


@settings(max_examples=200, deadline=None)
@given(PLACES, PLACES, st.integers(0, 5))
def test_another_range_keeps_what_is_in_both_and_makes_and_takes_the_rest(
    before: list[Place], after: list[Place], going: int
) -> None:
    known = [Known(frame, tile, removed=number < going) for number, (frame, tile) in enumerate(before)]
    change = range_change(known, after, None)
    stays = {(task.frame, task.tile) for task, _ in change.stay}
    assert stays == set(before) & set(after)
    assert {place for _, place in change.new} == set(after) - set(before)
    assert set(change.go) == {
        task for task in known if (task.frame, task.tile) not in after and not task.removed
    }
    placed = [*((position, (task.frame, task.tile)) for task, position in change.stay), *change.new]
    assert [place for _, place in sorted(placed, key=lambda pair: pair[0])] == after


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.integers(0, 8), st.sets(st.integers(0, 8), max_size=3), max_size=9),
    st.sets(st.integers(0, 8), min_size=1, max_size=2),
    st.sets(st.integers(0, 8), max_size=3),
)
def test_a_way_is_found_where_a_job_would_wait_for_itself(
    waits: dict[int, set[int]], children: set[int], parents: set[int]
) -> None:
    above = {job: set(jobs) for job, jobs in waits.items() if job not in children}
    way = find_cycle(children, parents, above)
    reached, left = set(parents), list(parents)
    while left:
        new = above.get(left.pop(), set()) - reached
        reached |= new
        left += new
    assert bool(way) is bool(reached & children)
    if way:
        assert way[0] == way[-1]
        assert way[0] in children
        assert way[1] in parents
        assert all(later in above[job] for job, later in pairwise(way[1:]))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        pytest.param({"ram_warning": 2, "ram_max": 1}, "never be given", id="warning above the end"),
        pytest.param({"ram_warning": 1, "ram_max": 1}, None, id="both the same"),
        pytest.param({"ram_warning": 2, "ram_max": None}, None, id="no end"),
        pytest.param({"minimum_agents": 2, "maximum_agents": 1}, "above the maximum", id="agents"),
        pytest.param({"minimum_agents": 1, "maximum_agents": 0}, "above the maximum", id="no agents at all"),
        pytest.param({"minimum_agents": 0, "maximum_agents": 0}, None, id="none at all"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_values_that_contradict_each_other(values: dict[str, object], words: str | None) -> None:
    if words is None:
        check_together(values)
        return
    with pytest.raises(InvalidValue, match=words):
        check_together(values)


@pytest.mark.parametrize("name", ["a", "A-1", "node_1", "a.b.c.", "192.168.0.1", "x" * 63])
def test_names_of_machines(name: str) -> None:
    assert check_hostname(name) == name


@pytest.mark.parametrize("name", ["", ".", "a..b", "-a", "a-", "a/b", "ä", "a b", "x" * 64, None, 7])
def test_what_is_no_name_of_a_machine(name: object) -> None:
    with pytest.raises(InvalidValue, match="hostname"):
        check_hostname(name)


@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_shares(share: float) -> None:
    assert check_share(share, "It") == share


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan"), True, "1", None])
def test_what_is_no_share(share: object) -> None:
    with pytest.raises(InvalidValue, match="0 to 1"):
        check_share(share, "It")


@pytest.mark.parametrize("address", ["00:50:56:10:00", "00:50:56:10:00:zz", 2**48, -1, None, True])
def test_what_is_no_address_of_a_card(address: object) -> None:
    with pytest.raises(InvalidValue, match="network card"):
        mac_address(address)


NOW = datetime(2026, 1, 1, tzinfo=UTC)
BEFORE = NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("old", "new", "started", "expected"),
    [
        pytest.param(None, "running", None, {"time_started": NOW, "time_finished": None}, id="the first run"),
        pytest.param("running", "running", BEFORE, {"time_finished": None}, id="told twice"),
        pytest.param(
            "queued", "running", BEFORE, {"time_started": NOW, "time_finished": None}, id="another run"
        ),
        pytest.param("running", "failed", BEFORE, {"time_finished": NOW}, id="failed"),
        pytest.param(
            "running",
            "done",
            BEFORE,
            {"time_finished": NOW, "progress": 1.0, "last_error": None},
            id="done",
        ),
        pytest.param("done", "queued", BEFORE, {}, id="queued again"),
    ],
)
def test_what_goes_with_the_state_of_a_task(
    old: str | None, new: str, started: datetime | None, expected: dict[str, object]
) -> None:
    before = None if old is None else TaskState(old)
    assert task_values(before, TaskState(new), started, NOW) == expected
