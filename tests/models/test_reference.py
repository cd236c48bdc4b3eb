"""The behaviours that the reference's own tests state (PyFarm 8), by their numbers.

In the terms of this program: what its HTTP interface refuses with 400, 404 or 409 is a FarmError here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from farmgui.domain.states import AttemptState
from tests.factories import FarmInMemory
from tests.fakes import an_inventory
from tests.models import job_behaviours, model_behaviours
from tests.models.behaviours import Behaviour

LAST: Final = 68

LEFT_OUT: Final[dict[int, str]] = {
    6: "Agents are reached by the Runner, by their ids; no address of one is ever made into a URL.",
    8: "No address of an agent is configured or called: what it tells of itself is shown and nothing more.",
    21: "Users are made and found by name (tests/services/test_catalogue.py); there is no login.",
    22: "There is no login: whoever has the database has the farm, so there are no tokens of a session.",
    23: "There is no login: nobody asks for the id of a session's user.",
    24: "There is no login: no passwords are stored.",
    25: "There is no login: no passwords are checked.",
    26: "Users are known by name alone; the lookup is in tests/services/test_catalogue.py.",
    27: "What makes a user active is tested with the users (tests/services/test_catalogue.py).",
    28: "Roles by name, with rule 23 of 9.1, are tested with the users (tests/services/test_catalogue.py).",
    29: "Roles are made where a user is given one (tests/services/test_catalogue.py).",
    30: "What makes a role active is tested with the users (tests/services/test_catalogue.py).",
    36: "A schema of columns is what the HTTP interface told its clients; here the types of Python say it.",
    37: "The types of columns were told to clients of the HTTP interface; here the types of Python say them.",
    38: "A helper of the HTTP interface that took ids in several forms; here ids have one form.",
    39: "Which columns work has in common was a list for that helper.",
    40: "Roles that stand for those above them are tested with the users (tests/services/test_catalogue.py).",
    41: "The database's own JSON type is used; another container is refused (31).",
    42: "Addresses are text that an agent told; there is no type of column for them.",
    43: "An address of a card is text; its one way of writing is tested here under 4.",
    44: "States are words in every place; the enum of the column refuses others (31).",
    45: "Agents' ids are words that they choose; there is no type of column for UUIDs.",
    48: "A schema of the HTTP interface; `farmgui show --json` has the model's names (35).",
    51: "Needs are values of a class here; what people write is tested in tests/domain/test_attributes.py.",
    52: "Unknown software and versions are refused in tests/services/test_attributes.py.",
    53: "A missing or unknown job type is refused in tests/services/test_submit.py.",
    55: "The list of jobs is tests/services/test_queries.py.",
    56: "Titles aren't unique, so jobs are asked for by number alone; an unknown one is told (57).",
    60: "An attribute that isn't known is refused in tests/services/test_attributes.py.",
    61: "Deletion is tests/services/test_cleanup.py.",
    65: "Of a task, commands change what the scheduler may lose; none writes its columns.",
    66: "A task's row names its job in tests/services/test_queries.py.",
}
"""Behaviours that have no test here, each with one reason."""


BEHAVIOURS: Final[dict[int, Behaviour]] = {**model_behaviours.BEHAVIOURS, **job_behaviours.BEHAVIOURS}


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[FarmInMemory]:
    farm = FarmInMemory(tmp_path, an_inventory("a", cpus=1), an_inventory("b", cpus=1))
    yield farm
    farm.close()


@pytest.mark.parametrize("number", sorted(BEHAVIOURS), ids=str)
def test_behaviour(number: int, farm: FarmInMemory) -> None:
    BEHAVIOURS[number](farm)


def test_each_behaviour_is_tested_or_left_out_with_a_reason() -> None:
    assert sorted([*BEHAVIOURS, *LEFT_OUT]) == list(range(1, LAST + 1))
    assert all(reason.endswith(".") for reason in LEFT_OUT.values())


def attempts(farm: FarmInMemory, requeue: int) -> tuple[int, str]:
    """How often a task that always fails is run in ten rounds, and what becomes of it."""
    number = farm.submit("1", requeue=requeue)
    for _ in range(10):
        farm.beat()
        for agent in farm.runner.agents:
            farm.runner.finish(*farm.runner.tokens(agent), agent_id=agent, state=AttemptState.FAILED)
        farm.results.take()
        farm.wait()
    return farm.tasks(number)[0].attempts, farm.states(number)


@pytest.mark.parametrize(
    ("requeue", "expected"),
    [
        pytest.param(0, (1, "f"), id="0 never"),
        pytest.param(3, (4, "f"), id="3 retries"),
        pytest.param(-1, (10, "q"), id="-1 forever"),
    ],
)
def test_requeue(farm: FarmInMemory, requeue: int, expected: tuple[int, str]) -> None:
    assert attempts(farm, requeue) == expected


@pytest.mark.parametrize(
    ("values", "runs", "expected"),
    [
        pytest.param({}, {"cpus": 4}, 0, id="cpus 1 of which none is free"),
        pytest.param({"cpus": 0}, {"cpus": 4}, 3, id="cpus 0 none required"),
        pytest.param({"cpus": -1}, {}, 1, id="cpus -1 the whole agent"),
        pytest.param({"cpus": -1}, {"cpus": 1}, 0, id="cpus -1 beside nobody"),
        pytest.param({"ram": 1000}, {"ram": 6000}, 0, id="ram that isn't free"),
        pytest.param({"ram": 0}, {"ram": 6000}, 3, id="ram 0 none required"),
        pytest.param({"ram": -1}, {}, 1, id="ram -1 the whole agent"),
        pytest.param({"ram": -1}, {"ram": 16}, 0, id="ram -1 beside nobody"),
        pytest.param({"maximum_agents": 0}, {}, 0, id="maximum_agents 0 none"),
        pytest.param({"maximum_agents": None}, {}, 4, id="maximum_agents empty no limit"),
    ],
)
def test_special_values(tmp_path: Path, values: dict[str, Any], runs: dict[str, Any], expected: int) -> None:
    """`expected` of four tasks start on an agent of 4 cpus and 8 GB, on which what `runs` says runs."""
    farm = FarmInMemory(tmp_path, an_inventory("a", cpus=4))
    if runs:
        farm.submit("1", **runs)
        assert farm.beat() == 1
    number = farm.submit("1-4", **values)
    farm.beat()
    assert farm.states(number).count("a") == expected
    farm.close()


@pytest.mark.parametrize(
    ("rival", "expected"),
    [
        pytest.param(None, 4, id="nobody else is there"),
        pytest.param({"frames": "1-3"}, 1, id="what another one leaves"),
        pytest.param({"frames": "1-9", "priority": -5}, 0, id="even one of a lower priority"),
        pytest.param({"frames": "1-9", "hidden": True}, 4, id="a hidden one can use nothing"),
    ],
)
def test_weight_0_gets_only_what_nobody_else_can_use(
    tmp_path: Path, rival: dict[str, Any] | None, expected: int
) -> None:
    farm = FarmInMemory(tmp_path, an_inventory("a", cpus=4))
    number = farm.submit("1-4", weight=0)
    if rival is not None:
        farm.submit(**rival)
    farm.beat()
    assert farm.states(number).count("a") == expected
    farm.close()
