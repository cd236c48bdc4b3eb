"""Several runners are one: what is meant for an agent goes to the runner that has it."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from farmgui.domain.orders import BatchMode, BatchOrder, TaskOrder
from farmgui.domain.reports import Event, Inventory, Started
from farmgui.domain.sights import Sight
from farmgui.execution.runner import Sink
from farmgui.execution.several import SeveralRunners
from tests.fakes import NOW, FakeRunner

ORDER = BatchOrder("b", 1, "test", BatchMode.EACH, (TaskOrder("b.1", "1", None, "log", ("true",)),))


class Heard:
    """Implements Sink."""

    def __init__(self) -> None:
        self.reports: list[str] = []
        self.events: list[str] = []
        self.sights: list[int] = []
        self.lost: list[str] = []

    def reported(self, inventory: Inventory) -> None:
        self.reports.append(inventory.agent_id)

    def happened(self, agent_id: str, events: Sequence[Event]) -> None:  # noqa: ARG002
        self.events.append(agent_id)

    def saw(self, agent_id: str, number: int, sight: Sight) -> None:  # noqa: ARG002
        self.sights.append(number)

    def lost_contact(self, agent_id: str, why: str) -> None:  # noqa: ARG002
        self.lost.append(agent_id)


def inventory(agent_id: str) -> Inventory:
    return Inventory(agent_id, "i", "host", "os", "1", 4, 4000, 4000, 1)


def ear_of(runner: FakeRunner) -> Sink:
    """What the runner tells."""
    assert runner.sink is not None
    return runner.sink


def two() -> tuple[SeveralRunners, FakeRunner, FakeRunner, Heard]:
    """Two runners as one, opened: the first has the agent a, the second b."""
    first, second, heard = FakeRunner(inventory("a")), FakeRunner(inventory("b")), Heard()
    several = SeveralRunners((first, second))
    several.open(heard, 7)
    return several, first, second, heard


def test_all_begin_with_the_fence_and_are_heard() -> None:
    """What any of them hears reaches the one sink."""
    _several, first, second, heard = two()
    assert first.calls == second.calls == ["open 7"]
    assert heard.reports == ["a", "b"]
    ear_of(second).saw("b", 3, Sight())
    ear_of(second).lost_contact("b", "It is gone.")
    assert (heard.sights, heard.lost) == ([3], ["b"])


def test_what_is_meant_for_an_agent_goes_to_the_runner_that_has_it() -> None:
    """All kinds of it."""
    several, first, second, heard = two()
    assert several.start("b", [ORDER])
    several.stop("b", ["b.1"])
    several.acknowledge("b", ["b.1"])
    several.inventory("b")
    assert several.look("b", 5, ["scene"], ["out"])
    assert first.calls == ["open 7"]
    assert second.calls == ["open 7", "start 1", "stop 1", "acknowledge 1"]
    assert second.looks == [("b", 5, ("scene",), ("out",))]
    assert heard.reports == ["a", "b", "b"]


def test_what_is_meant_for_an_unknown_agent_reaches_nobody() -> None:
    """As where there is no connection."""
    several, first, second, _heard = two()
    assert not several.start("c", [ORDER])
    several.stop("c", ["b.1"])
    several.acknowledge("c", ["b.1"])
    several.inventory("c")
    assert not several.look("c", 5, [], [])
    assert first.calls == second.calls == ["open 7"]


def test_the_first_word_may_be_of_what_is_finished() -> None:
    """It comes before the inventory, and waits for its receipt."""
    several, first, _second, heard = two()
    first.agents["c"] = first.agents["a"]
    ear_of(first).happened("c", [Started("t", NOW)])
    several.acknowledge("c", ["t"])
    assert first.calls == ["open 7", "acknowledge 1"]
    assert heard.events == ["c"]


def test_an_agent_that_moves_belongs_to_who_told_of_it_last() -> None:
    """That the other one lost it by that is no loss."""
    several, first, second, heard = two()
    second.agents["a"] = second.agents["b"]
    ear_of(second).reported(inventory("a"))
    ear_of(first).lost_contact("a", "The connection broke.")
    assert heard.lost == []
    several.stop("a", ["t"])
    assert (first.calls, second.calls) == (["open 7"], ["open 7", "stop 1"])


class Waiting(FakeRunner):
    """One that closes when the other closes too."""

    def __init__(self, both: threading.Barrier) -> None:
        super().__init__()
        self.both = both

    def close(self, *, end_agent: bool) -> None:
        self.both.wait(5)
        super().close(end_agent=end_agent)


@pytest.mark.parametrize("end_agent", [True, False])
def test_all_are_closed_side_by_side(*, end_agent: bool) -> None:
    """Each may have to wait for its agents; it returns when all have closed."""
    both = threading.Barrier(2)
    runners = Waiting(both), Waiting(both)
    several = SeveralRunners(runners)
    several.open(Heard(), 1)
    several.close(end_agent=end_agent)
    assert [runner.calls[-1] for runner in runners] == [f"close {end_agent}"] * 2


class Broken(FakeRunner):
    """One with a defect."""

    def close(self, *, end_agent: bool) -> None:  # noqa: ARG002
        raise RuntimeError("a defect")


def test_a_defect_in_one_is_raised_when_all_have_closed() -> None:
    """None stays open for it."""
    other = FakeRunner()
    with pytest.raises(RuntimeError, match="a defect"):
        SeveralRunners((Broken(), other)).close(end_agent=False)
    assert other.calls == ["close False"]
