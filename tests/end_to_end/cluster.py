"""A cluster and the machines that join it as people start them: processes over TLS on loopback."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.end_to_end.program import PATIENCE, wait_until

LINE = re.compile(r"farmgui agent --join (tls://\S+) --pass (\S+)")


@dataclass
class Spoken:
    """A process of the program, and what it has said so far."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as said:
            for line in said:
                self.lines.append(line)

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.lines)

    def end(self) -> int:
        """End it as Ctrl-C does; its exit status."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)
        status = self.process.wait(PATIENCE)
        self._reader.join()
        return status

    def kill(self) -> None:
        """Kill it, all that descends from it and all that runs for its farm: the machine is gone."""
        home = self.home
        family = [
            psutil.Process(self.process.pid),
            *psutil.Process(self.process.pid).children(recursive=True),
        ]
        for process in psutil.process_iter(["cmdline"]):
            if any(home in word for word in process.info["cmdline"] or []):
                family += [process, *process.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait(PATIENCE)
        self._reader.join()

    home: str = ""


def speak(home: Path, *words: str) -> Spoken:
    """Start `farmgui` with these words for the farm in `home`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "farmgui", *words],
        env={**os.environ, "FARMGUI_HOME": str(home), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Spoken(process, home=str(home))


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Cluster:
    """The running cluster of a workstation."""

    home: Path
    ports: tuple[int, int]
    spoken: Spoken

    def line(self) -> tuple[str, str]:
        """The address and the code that it printed, or that another invitation gives."""
        wait_until(lambda: LINE.search(self.spoken.text), f"the line to paste in {self.spoken.text}")
        found = LINE.search(self.spoken.text)
        assert found is not None
        return found[1], found[2]

    def invite(self) -> tuple[str, str]:
        """The address and the code of a new invitation."""
        said = speak(self.home, "cluster", "--invite")
        assert said.process.wait(PATIENCE) == 0, said.text
        said.end()
        found = LINE.search(said.text)
        assert found is not None, said.text
        return found[1], found[2]


def start_cluster(home: Path, ports: tuple[int, int]) -> Spoken:
    """Start the engine of the farm in `home` on loopback."""
    first, second = map(str, ports)
    return speak(home, "cluster", "--host", "127.0.0.1", "--port", first, "--join-port", second)


@contextmanager
def cluster(home: Path) -> Iterator[Cluster]:
    """The cluster of the farm in `home`, ended at the end."""
    ports = (free_port(), free_port())
    running = Cluster(home, ports, start_cluster(home, ports))
    try:
        yield running
    finally:
        assert running.spoken.end() == 0, running.spoken.text


@contextmanager
def machine(home: Path, address: str, code: str | None = None) -> Iterator[Spoken]:
    """A machine that joins with the code, or comes back without one; ended unless it was killed."""
    said = speak(home, "agent", "--join", address, *(("--pass", code) if code else ()))
    try:
        yield said
    finally:
        if said.process.poll() is None:
            assert said.end() == 0, said.text
        end_agent_of(home)


def agent_of(home: Path) -> psutil.Process | None:
    """The agent process of a machine that joined."""
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "farmgui.execution.agent" in words and any(str(home) in word for word in words):
            return process
    return None


def end_agent_of(home: Path) -> None:
    """End what is left of a machine's agent."""
    agent = agent_of(home)
    if agent is not None:
        agent.terminate()
        psutil.wait_procs([agent], PATIENCE)
