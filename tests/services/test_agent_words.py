"""Agents of other systems are told paths in their own words, at once and when they have to be told again."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from farmgui.domain.catalogue import PathMapRow
from farmgui.domain.resource_files import assemble_tiles_script
from farmgui.models import Attempt, PathMap
from farmgui.models.tag import Tag, agent_tags
from tests.factories import FarmInMemory
from tests.fakes import an_inventory


def add_map(farm: FarmInMemory, names: PathMapRow) -> None:
    with farm.database.sessions.begin() as session:
        tag = Tag(tag=names.tag) if names.tag else None
        session.add_all([tag] if tag else [])
        session.flush()
        session.add(
            PathMap(
                path_linux=names.linux,
                path_windows=names.windows,
                path_osx=names.mac,
                tag_id=tag.id if tag else None,
            )
        )


def told(farm: FarmInMemory, agent_id: str) -> tuple[tuple[str, ...], str | None]:
    """The command and the folder that the agent was given last."""
    batch = farm.runner.agents[agent_id].batches[-1]
    return batch.tasks[0].argv, batch.cwd


def test_each_agent_is_told_its_own_names(tmp_path: Path) -> None:
    farm = FarmInMemory(tmp_path, an_inventory("a", os_class="windows"), an_inventory("b", os_class="linux"))
    add_map(farm, PathMapRow(0, str(tmp_path), "S:\\", "/Volumes/shots"))
    here = str(tmp_path)
    farm.submit("1-4", data={"command": ["true", f"{here}/a.x"], "cwd": here}, cpus=2)
    farm.beat()
    assert told(farm, "a") == (("true", r"S:\a.x"), "S:\\")
    assert told(farm, "b") == (("true", f"{here}/a.x"), here)
    farm.close()


def test_what_never_arrived_is_told_again_in_the_same_words(tmp_path: Path) -> None:
    farm = FarmInMemory(tmp_path, an_inventory("a", os_class="mac"))
    add_map(farm, PathMapRow(0, str(tmp_path), "S:\\", "/Volumes/shots"))
    farm.submit("1", data={"command": ["true", f"{tmp_path}/a.x"]})
    farm.runner.agents["a"].connected = False
    farm.beat()
    farm.runner.agents["a"].connected = True
    farm.runner.inventory("a")
    farm.beat()
    assert told(farm, "a")[0] == ("true", "/Volumes/shots/a.x")
    farm.close()


def test_a_map_with_a_tag_is_for_agents_with_it(tmp_path: Path) -> None:
    farm = FarmInMemory(tmp_path, an_inventory("a", os_class="mac"), an_inventory("b", os_class="mac"))
    add_map(farm, PathMapRow(0, str(tmp_path), "S:\\", "/Volumes/fast", "fast"))
    with farm.database.sessions.begin() as session:
        tag = session.scalars(select(Tag)).one()
        session.execute(agent_tags.insert(), {"agent_id": "b", "tag_id": tag.id})
    farm.submit("1-2", data={"command": ["true", f"{tmp_path}/a.x"]}, cpus=2)
    farm.beat()
    assert told(farm, "a")[0] == ("true", f"{tmp_path}/a.x")
    assert told(farm, "b")[0] == ("true", "/Volumes/fast/a.x")
    farm.close()


def test_an_agent_that_joined_runs_scripts_by_its_own_python(tmp_path: Path) -> None:
    there = an_inventory("a", joined=True, os_class="windows", python=r"C:\py.exe", assemble_tiles=r"C:\a.py")
    farm = FarmInMemory(tmp_path, there)
    data = {"command": ["{python}", "{assemble_tiles}", "-e", f"{sys.executable} {{frame}}"]}
    farm.submit("1", data=data)
    farm.beat()
    assert told(farm, "a")[0] == (r"C:\py.exe", r"C:\a.py", "-e", f"{sys.executable} 1")
    farm.close()


def test_an_agent_that_told_of_no_other_python_is_told_ours(tmp_path: Path) -> None:
    farm = FarmInMemory(tmp_path, an_inventory("a", python=sys.executable, joined=True))
    farm.submit("1", data={"command": ["{python}", "{assemble_tiles}"]})
    farm.beat()
    assert told(farm, "a")[0] == (sys.executable, assemble_tiles_script())
    farm.close()


@pytest.mark.parametrize(
    ("os_class", "folder", "beginning"),
    [
        pytest.param("linux", "/var/farm/logs", "/var/farm/logs/1/1-", id="Linux"),
        pytest.param("windows", r"C:\farm\logs", r"C:\farm\logs\1\1-", id="Windows"),
        pytest.param("mac", "/farm/logs/", "/farm/logs/1/1-", id="a slash too many"),
    ],
)
def test_logs_lie_with_the_agent_that_joined(
    tmp_path: Path, os_class: str, folder: str, beginning: str
) -> None:
    farm = FarmInMemory(tmp_path, an_inventory("a", joined=True, os_class=os_class, log_folder=folder))
    add_map(farm, PathMapRow(0, "/var/farm", r"C:\farm", "/farm"))
    add_map(farm, PathMapRow(0, "/farm", "X:\\farm", "/elsewhere"))
    farm.submit("1", data={"command": ["true", "/var/farm/x"]})
    farm.runner.agents["a"].connected = False
    farm.beat()
    farm.runner.agents["a"].connected = True
    farm.runner.inventory("a")
    farm.beat()
    (batch,) = farm.runner.agents["a"].batches
    with farm.database.reading() as session:
        assert session.scalars(select(Attempt.log)).one() == batch.tasks[0].log
    assert batch.tasks[0].log.startswith(beginning)
    assert batch.tasks[0].argv[1] != "/var/farm/x" or os_class == "linux"
    farm.close()
