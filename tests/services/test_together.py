"""What ended and what begins in its place is stored in one transaction; agents hear of it afterwards."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import pytest
from sqlalchemy import event, text

from farmgui.domain.errors import StoreError
from farmgui.domain.orders import BatchOrder
from tests.factories import FarmInMemory
from tests.fakes import FakeRunner, an_inventory


class Witness(FakeRunner):
    """Looks at what is stored whenever its agents are told something."""

    farm: FarmInMemory
    job: int

    def __init__(self) -> None:
        super().__init__(an_inventory())
        self.seen: list[tuple[str, str]] = []

    def start(self, agent_id: str, orders: Sequence[BatchOrder]) -> bool:
        self.seen.append(("start", self.farm.states(self.job)))
        return super().start(agent_id, orders)

    def acknowledge(self, agent_id: str, tokens: Collection[str]) -> None:
        self.seen.append(("acknowledge", self.farm.states(self.job)))
        super().acknowledge(agent_id, tokens)


def test_agents_are_told_of_what_is_stored(tmp_path: Path) -> None:
    farm = FarmInMemory(tmp_path)
    farm.runner = witness = Witness()
    farm.lead()
    witness.farm, witness.job = farm, farm.submit("1-4")
    farm.beat()
    witness.seen.clear()
    farm.runner.finish(*farm.runner.tokens())
    commits: list[str] = []
    event.listen(farm.database.engine, "commit", lambda _: commits.append(farm.states(witness.job)))
    assert farm.dispatch.tick(results=farm.results) == 2
    assert commits == ["aaqq"], "one transaction"
    assert witness.seen == [("acknowledge", "ddaa"), ("start", "ddaa")]
    farm.close()


def test_after_a_failure_nothing_is_told_and_nothing_lost(farm: FarmInMemory) -> None:
    job = farm.submit("1-4")
    farm.beat()
    farm.runner.finish(*farm.runner.tokens())
    calls = list(farm.runner.calls)
    refuse(farm)
    with pytest.raises(StoreError, match="full"):
        farm.beat()
    assert farm.states(job) == "aaqq"
    assert farm.runner.calls == calls
    allow(farm)
    assert farm.beat() == 2
    assert farm.states(job) == "ddaa"
    assert farm.beat() == 0, "what it holds was read anew"


def test_results_are_not_held_up_by_work_that_cannot_be_given(farm: FarmInMemory) -> None:
    job = farm.submit("1-4")
    farm.beat()
    farm.runner.finish(*farm.runner.tokens())
    refuse(farm)
    for _ in range(2):
        with pytest.raises(StoreError):
            farm.beat()
    assert farm.states(job) == "ddqq"
    assert not farm.runner.agents["a"].held, "acknowledged"


def refuse(farm: FarmInMemory) -> None:
    """No new attempt can be stored: the database says so in the words of a full disk."""
    with farm.database.sessions.begin() as session:
        session.execute(
            text(
                "CREATE TRIGGER refuse AFTER INSERT ON attempts "
                "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
            )
        )


def allow(farm: FarmInMemory) -> None:
    """There is room again."""
    with farm.database.sessions.begin() as session:
        session.execute(text("DROP TRIGGER refuse"))
