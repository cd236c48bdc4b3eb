"""An engine over TLS, machines that joined it, and one who asks them; none is left when a test is over."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from farmgui.execution.agent_process import AgentProcess
from farmgui.execution.family import attempts_of
from farmgui.execution.folder import open_folder
from tests.execution.engine.asking import Asking
from tests.execution.engine.joined_machine import JoinedMachine
from tests.execution.engine.small_farm import SmallFarm
from tests.execution.leading import until

OPTIONS = ("--grace", "1", "--watch", "0.2")
MakeMachine = Callable[..., JoinedMachine]
MakeAsking = Callable[[], Asking]


def listens(port: int) -> bool:
    """Whether somebody does on this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SmallFarm]:
    """A running engine with its farm's certificates."""
    farm = SmallFarm(tmp_path / "farm")
    farm.start_engine()
    until(lambda: listens(farm.port))
    yield farm
    farm.end()


@pytest.fixture
def joined_folder(tmp_path: Path, engine: SmallFarm) -> Path:
    """What a machine of that farm keeps."""
    from farmgui.execution.engine import certificates

    folder = tmp_path / "joined"
    folder.mkdir(mode=0o700)
    key = certificates.make_key()
    certificate = engine.authority.issue("machine", "machine", key.public_key())
    (folder / "machine.key").write_bytes(certificates.key_bytes(key))
    (folder / "machine.pem").write_bytes(certificates.certificate_bytes(certificate))
    (folder / "authority.pem").write_bytes((engine.cluster_folder / "authority.pem").read_bytes())
    return folder


@pytest.fixture
def make_machine(engine: SmallFarm, joined_folder: Path) -> Iterator[MakeMachine]:
    """Starts that machine's process; at the end neither it, nor its agent, nor a task is left."""
    made: list[JoinedMachine] = []

    def make(*options: str) -> JoinedMachine:
        machine = JoinedMachine(joined_folder, engine.address, (*OPTIONS, *options))
        made.append(machine)
        return machine

    yield make
    for machine in made:
        machine.process.kill()
        machine.wait()
    AgentProcess(joined_folder / "agent").end_whatever_it_does(told=False)
    until(lambda: not attempts_of(open_folder(joined_folder / "agent").agent_id), patience=5)


@pytest.fixture
def machine(make_machine: MakeMachine) -> JoinedMachine:
    """It runs."""
    return make_machine()


@pytest.fixture
def make_asking(engine: SmallFarm) -> Iterator[MakeAsking]:
    """Starts clients of the engine."""
    made: list[Asking] = []

    def make() -> Asking:
        made.append(Asking(engine.cluster_folder, engine.address))
        return made[-1]

    yield make
    for asking in made:
        asking.close()


@pytest.fixture
def asking(make_asking: MakeAsking) -> Asking:
    """A client of the engine."""
    return make_asking()
