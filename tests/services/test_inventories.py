"""What an agent tells of its machine, and how it is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text

from farmgui.domain.reports import Disk, Gpu, Inventory, Software
from farmgui.models import Agent, AgentDisk, AgentGpu, AgentMacAddress
from tests.factories import FarmInMemory

GB = 2**30
MACHINE: dict[str, Any] = {
    "cpu_name": "A processor",
    "os_class": "linux",
    "gpus": (Gpu(1, "Card", None), Gpu(0, "Card", 8192)),
    "disks": (Disk("/", 100 * GB, 50 * GB), Disk("/data", 900 * GB, 100 * GB)),
    "mac_addresses": ("00:50:56:10:00:ab", "00:50:56:10:00:aa", "00:50:56:10:00:aa"),
}


def tell(farm: FarmInMemory, **values: Any) -> None:
    """The agent "a" tells this of itself."""
    agent = farm.runner.agents["a"]
    agent.inventory = replace(agent.inventory, **values)
    farm.runner.inventory("a")
    farm.results.take()


def revision(farm: FarmInMemory) -> int:
    """That of the last change of the agent which others must hear of."""
    with farm.database.reading() as session:
        found: int = session.scalar(text("SELECT revision FROM agent_changes WHERE agent_id = 'a'"))
        return found


def disks(farm: FarmInMemory) -> dict[str, tuple[int, int]]:
    with farm.database.reading() as session:
        return {row.mountpoint: (row.size, row.free) for row in session.scalars(select(AgentDisk))}


def software(farm: FarmInMemory) -> list[str]:
    with farm.database.reading() as session:
        agent = session.get_one(Agent, "a")
        return sorted(f"{one.software.software} {one.version}" for one in agent.software_versions)


@pytest.fixture
def catalogue(farm: FarmInMemory) -> FarmInMemory:
    """A farm that knows two programs."""
    for name, versions in (("blender", ("3.6", "4.2")), ("nuke", ("14",))):
        farm.farm.software.create(name)
        for version in versions:
            farm.farm.software.add_version(name, version)
    return farm


def test_the_machine_is_stored(farm: FarmInMemory) -> None:
    tell(farm, **MACHINE)
    with farm.database.reading() as session:
        agent = session.get_one(Agent, "a")
        assert (agent.cpu_name, agent.os_class) == ("A processor", "linux")
        gpus = session.scalars(select(AgentGpu).order_by(AgentGpu.number)).all()
        assert [(gpu.number, gpu.name, gpu.ram) for gpu in gpus] == [(0, "Card", 8192), (1, "Card", None)]
        cards = session.scalars(select(AgentMacAddress.mac_address).order_by(AgentMacAddress.mac_address))
        assert list(cards) == ["00:50:56:10:00:aa", "00:50:56:10:00:ab"]
    assert disks(farm) == {"/": (100 * GB, 50 * GB), "/data": (900 * GB, 100 * GB)}


def test_what_is_gone_is_forgotten(farm: FarmInMemory) -> None:
    tell(farm, **MACHINE)
    tell(farm, gpus=(), disks=MACHINE["disks"][:1], mac_addresses=())
    with farm.database.reading() as session:
        assert session.scalars(select(AgentGpu)).all() == []
        assert session.scalars(select(AgentMacAddress)).all() == []
    assert list(disks(farm)) == ["/"]


def test_what_a_person_set_stays(farm: FarmInMemory) -> None:
    with farm.database.sessions.begin() as session:
        agent = session.get_one(Agent, "a")
        agent.notes, agent.enabled, agent.cpu_allocation = "on loan", False, 0.5
    tell(farm, **MACHINE, cpus=4)
    with farm.database.reading() as session:
        agent = session.get_one(Agent, "a")
        assert (agent.notes, agent.enabled, agent.cpu_allocation, agent.cpus) == ("on loan", False, 0.5, 4)


@pytest.mark.parametrize(
    ("values", "is_news"),
    [
        pytest.param({}, False, id="the same"),
        pytest.param({"free_ram": 17}, False, id="free memory"),
        pytest.param({"disks": (Disk("/", 1, 1),)}, False, id="disks"),
        pytest.param({"cpus": 3}, True, id="cpus"),
        pytest.param({"gpus": (Gpu(0, "Card", 8192),)}, True, id="a card less"),
        pytest.param({"incarnation": "a-2"}, True, id="started anew"),
    ],
)
def test_only_what_matters_to_the_scheduler_is_news(
    farm: FarmInMemory, values: dict[str, Any], is_news: bool
) -> None:
    tell(farm, **MACHINE)
    before = revision(farm)
    tell(farm, **values)
    assert (revision(farm) > before) is is_news


@pytest.mark.parametrize(
    ("free", "kept"), [(50 * GB - 1, 50 * GB), (49.5 * GB, 50 * GB), (49 * GB, 49 * GB), (52 * GB, 52 * GB)]
)
def test_a_disk_that_fills_a_little_is_no_news(farm: FarmInMemory, free: float, kept: int) -> None:
    tell(farm, disks=(Disk("/", 100 * GB, 50 * GB),))
    tell(farm, disks=(Disk("/", 100 * GB, int(free)),))
    assert disks(farm) == {"/": (100 * GB, kept)}


def test_a_disk_hides_another_one_that_is_mounted_at_its_place(farm: FarmInMemory) -> None:
    tell(farm, disks=(Disk("/mnt", 100 * GB, 50 * GB), Disk("/mnt", 900 * GB, 100 * GB)))
    assert disks(farm) == {"/mnt": (900 * GB, 100 * GB)}


class TestSoftware:
    def test_what_was_found_is_noted(self, catalogue: FarmInMemory) -> None:
        tell(catalogue, software=(Software("blender", "4.2"), Software("nuke", "14")))
        assert software(catalogue) == ["blender 4.2", "nuke 14"]

    def test_another_version_takes_its_place(self, catalogue: FarmInMemory) -> None:
        tell(catalogue, software=(Software("blender", "3.6"),))
        tell(catalogue, software=(Software("blender", "4.2"),))
        assert software(catalogue) == ["blender 4.2"]

    def test_what_a_person_set_of_the_same_program_stays(self, catalogue: FarmInMemory) -> None:
        tell(catalogue, software=(Software("blender", "3.6"),))
        both = (("blender", "3.6"), ("blender", "4.2"))
        catalogue.farm.agents.change(["a"], {"software": both})
        tell(catalogue, software=(Software("nuke", "14"),))
        assert software(catalogue) == ["blender 4.2", "nuke 14"]

    def test_what_a_person_set_of_other_programs_stays(self, catalogue: FarmInMemory) -> None:
        catalogue.farm.agents.change(["a"], {"software": (("nuke", "14"),)})
        tell(catalogue, software=(Software("blender", "3.6"),))
        assert software(catalogue) == ["blender 3.6", "nuke 14"]
        tell(catalogue, software=())
        assert software(catalogue) == ["blender 3.6", "nuke 14"]

    def test_an_unknown_program_or_version_is_left_out(self, catalogue: FarmInMemory) -> None:
        tell(
            catalogue,
            software=(Software("houdini", "20"), Software("blender", "5.0"), Software("nuke", "14")),
        )
        assert software(catalogue) == ["nuke 14"]

    def test_a_new_agent_has_the_versions_that_are_so_marked(self, catalogue: FarmInMemory) -> None:
        catalogue.farm.software.change_version("blender", "4.2", default=True)
        catalogue.results.reported(an_agent("b"))
        catalogue.results.take()
        with catalogue.database.reading() as session:
            (version,) = session.get_one(Agent, "b").software_versions
            assert version.version == "4.2"
        assert software(catalogue) == [], "not one that was there before"


def an_agent(agent_id: str) -> Inventory:
    return Inventory(agent_id, f"{agent_id}-1", f"host-{agent_id}", "Linux", "1", 2, 8192, 8192, 1)
