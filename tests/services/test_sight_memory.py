"""Whom the lead asks next, of many that can't see something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from farmgui.domain.sights import Blindness, Question, Sight
from farmgui.services.sight_memory import AT_ONCE, Machine, SightMemory
from farmgui.services.sights import AGAIN, KEPT

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def always(_: object) -> bool:
    return True


def never(_: object) -> bool:
    return False


def blind_for(number: int) -> SightMemory:
    """An agent that can't see so many scenes."""
    memory = SightMemory()
    memory.meet("b", Machine("host-b", "1", "linux", frozenset()), NOW)
    for each in range(number):
        memory.remember("b", Question(f"/{each}", ""), NOW, Sight(Blindness.UNSEEN, f"/{each}"))
    return memory


def test_an_agent_is_asked_a_few_things_at_once_and_each_in_its_turn() -> None:
    memory = blind_for(AT_ONCE * 5 // 2)
    asked: list[str] = []
    for second in range(3):
        time = NOW + AGAIN + second * SECOND
        due = memory.due(time, always, always)
        assert len(due) <= AT_ONCE
        assert memory.due(time, always, always) == ()
        for entry in due:
            memory.asked(entry, time, delivered=True)
        asked += [entry.question.scene for entry in due]
    assert asked == [f"/{each}" for each in range(AT_ONCE * 5 // 2)]


def test_nobody_is_asked_for_what_no_job_wants_or_who_is_not_there() -> None:
    memory = blind_for(1)
    assert memory.due(NOW + AGAIN, never, always) == []
    assert memory.due(NOW + AGAIN + SECOND, always, never) == []
    assert len(memory.due(NOW + AGAIN + 2 * SECOND, always, always)) == 1


def test_what_nobody_asked_for_in_a_long_time_is_forgotten() -> None:
    memory = blind_for(1)
    memory.due(NOW + KEPT + SECOND, always, never)
    assert memory.known(Question("/0", "")) == {}


def test_an_agent_that_is_gone_is_forgotten() -> None:
    memory = blind_for(2)
    assert memory.want("b", Question("/new", ""), NOW)
    assert memory.resting(NOW) == {"b"}
    memory.drop("b")
    assert memory.resting(NOW) == set()
    assert memory.due(NOW + AGAIN, always, always) == ()
    assert not memory.want("b", Question("/new", ""), NOW)
