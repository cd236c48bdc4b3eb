"""An engine, and machines that have joined it, as processes of a test; with a lead that hears them.

`python -m tests.execution.engine.small_farm` is an engine or a machine.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from farmgui.domain.orders import BatchMode, BatchOrder, TaskOrder
from farmgui.domain.reports import Event, Finished, Inventory, Started
from farmgui.domain.sights import Sight
from farmgui.execution.engine.cluster_folder import Cluster, engine_security, write_cluster
from farmgui.execution.engine.runner import EngineRunner
from farmgui.execution.folder import open_folder

ROOT = Path(__file__).parents[3]
PATIENCE = 20.0


# ------------------------------------------------------------------------------------------- the lead's side


class Ear:
    """Implements Sink, and keeps what it hears. Waits raise TimeoutError with what was heard."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Event | Inventory | Sight | str]] = []
        self.times: list[float] = []
        self._changed = threading.Condition()

    def reported(self, inventory: Inventory) -> None:
        self._keep([(inventory.agent_id, inventory)])

    def happened(self, agent_id: str, events: Sequence[Event]) -> None:
        self._keep([(agent_id, event) for event in events])

    def saw(self, agent_id: str, number: int, sight: Sight) -> None:  # noqa: ARG002
        self._keep([(agent_id, sight)])

    def lost_contact(self, agent_id: str, why: str) -> None:
        self._keep([(agent_id, why)])

    def _keep(self, items: Iterable[tuple[str, Event | Inventory | Sight | str]]) -> None:
        with self._changed:
            for item in items:
                self.heard.append(item)
                self.times.append(time.monotonic())
            self._changed.notify_all()

    def wait(self, found: Callable[[], object], patience: float = PATIENCE) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: bool(found()), timeout=patience):
                raise TimeoutError(f"heard only {self.heard}")

    def of(self, agent_id: str) -> list[Event | Inventory | Sight | str]:
        return [item for known, item in self.heard if known == agent_id]

    def inventories(self, agent_id: str) -> list[Inventory]:
        return [item for item in self.of(agent_id) if isinstance(item, Inventory)]

    def lost(self, agent_id: str) -> list[str]:
        return [item for item in self.of(agent_id) if isinstance(item, str)]

    def finished(self, agent_id: str) -> list[Finished]:
        return [item for item in self.of(agent_id) if isinstance(item, Finished)]

    def started(self, agent_id: str) -> list[Started]:
        return [item for item in self.of(agent_id) if isinstance(item, Started)]

    def wait_reported(self, agent_id: str, patience: float = PATIENCE) -> Inventory:
        """The next inventory after now."""
        known = len(self.inventories(agent_id))
        self.wait(lambda: len(self.inventories(agent_id)) > known, patience)
        return self.inventories(agent_id)[-1]


def order(folder: Path, *commands: Sequence[str]) -> BatchOrder:
    """A batch that runs each command as a task of its own."""
    token = secrets.token_urlsafe(16)
    tasks = tuple(
        TaskOrder(
            f"{token}.{number}", str(number), None, str(folder / f"{token}.{number}.log"), tuple(command)
        )
        for number, command in enumerate(commands, 1)
    )
    return BatchOrder(token, 1, "test", BatchMode.EACH, tasks, cwd=str(folder))


# --------------------------------------------------------------------------------------------- the processes


@dataclass
class Machine:
    """A machine that has joined: the engine's worker with our station, and its agent."""

    folder: Path
    agent_id: str
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass
class SmallFarm:
    """All in one folder of the test; `end` leaves no process."""

    folder: Path
    port: int = 0
    engine: subprocess.Popen[bytes] | None = None
    machines: list[Machine] = field(default_factory=list)
    runners: list[EngineRunner] = field(default_factory=list)

    def __post_init__(self) -> None:
        from farmgui.execution.engine.farm_keys import prepare_keys

        self.cluster_folder.mkdir(mode=0o700, parents=True)
        self.authority = prepare_keys(self.cluster_folder, "127.0.0.1")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])

    @property
    def cluster_folder(self) -> Path:
        return self.folder / "cluster"

    @property
    def address(self) -> str:
        return f"tls://127.0.0.1:{self.port}"

    def found(self) -> None:
        """Write cluster.json, as the cluster does when it runs the first time."""
        write_cluster(Cluster(self.cluster_folder, "test", self.address, self.address))

    def start_engine(self) -> None:
        self.found()
        self.engine = _start(self.folder / "engine.log", "engine", str(self.cluster_folder), str(self.port))

    def stop_engine(self) -> None:
        assert self.engine is not None
        self.engine.kill()
        self.engine.wait()

    def machine(self, name: str, *, agent: str = "") -> Machine:
        """Join a machine; with `agent`, with the agent's id of another one."""
        from farmgui.execution.engine import certificates

        folder = self.folder / name
        folder.mkdir(mode=0o700, exist_ok=True)
        if not (folder / "machine.key").exists():
            key = certificates.make_key()
            certificate = self.authority.issue(name, "machine", key.public_key())
            (folder / "machine.key").write_bytes(certificates.key_bytes(key))
            (folder / "machine.pem").write_bytes(certificates.certificate_bytes(certificate))
            (folder / "authority.pem").write_bytes((self.cluster_folder / "authority.pem").read_bytes())
        if agent:
            (folder / "agent").mkdir(mode=0o700)
            (folder / "agent" / "id").write_text(agent)
        agent_id = open_folder(folder / "agent").agent_id
        made = Machine(folder, agent_id, _start(folder / "log", "machine", str(folder), self.address))
        self.machines.append(made)
        return made

    def foreign_worker(self) -> Machine:
        """A worker of the engine with a certificate of the farm, but without a station."""
        made = self.machine("foreign")
        made.kill()
        made.process = _start(made.folder / "log", "foreign", str(made.folder), self.address)
        return made

    def lead(self, fence: int = 1) -> tuple[EngineRunner, Ear]:
        runner, ear = EngineRunner(self.cluster_folder), Ear()
        runner.open(ear, fence)
        self.runners.append(runner)
        return runner, ear

    def end(self) -> None:
        for runner in self.runners:
            runner.close(end_agent=False)
        for machine in self.machines:
            machine.process.send_signal(signal.SIGCONT)
            machine.kill()
        if self.engine is not None:
            self.stop_engine()
        for machine in self.machines:
            _end_agent(machine.folder / "agent")


def courier_pid(runner: EngineRunner) -> int:
    """The process that talks with the engine; waits for it."""
    end = time.monotonic() + PATIENCE
    while runner._courier is None:
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.01)
    return runner._courier._process.pid


def _start(log: Path, *words: str) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.execution.engine.small_farm", *words],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )


def _end_agent(folder: Path) -> None:
    from farmgui.execution.agent_process import AgentProcess

    # The highest that any lead had.
    AgentProcess(folder).end(open_folder(folder).highest_fence(), told=False)


# ------------------------------------------------------------------------------------------- what they run


async def _engine(folder: Path, port: int) -> None:
    from distributed import Scheduler

    security = engine_security(folder, "scheduler")
    async with Scheduler(
        host="127.0.0.1", port=port, protocol="tls", security=security, dashboard=False
    ) as scheduler:
        await scheduler.finished()


async def _machine(folder: Path, address: str, *, joined: bool) -> None:
    from distributed import Worker

    from farmgui.execution.agent_process import AgentProcess
    from farmgui.execution.engine.station import StationPlugin

    process = AgentProcess(folder / "agent", ["--joined", "--grace", "1"])
    async with Worker(
        address,
        security=engine_security(folder, "worker"),
        local_directory=str(folder / "engine"),
        nthreads=1,
        memory_limit=0,
        dashboard=False,
        plugins=[StationPlugin(process)] if joined else [],
    ) as worker:
        await worker.finished()


def main() -> None:
    """Be an engine or a machine."""
    from farmgui.execution.engine.engine_settings import apply_settings

    apply_settings()
    kind, folder, where = sys.argv[1:]
    if kind == "engine":
        asyncio.run(_engine(Path(folder), int(where)))
    else:
        os.chdir(folder)
        asyncio.run(_machine(Path(folder), where, joined=kind == "machine"))


if __name__ == "__main__":
    main()
