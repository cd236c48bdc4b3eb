"""The program as a person starts it: processes of its own on a farm in a folder of the test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

PATIENCE = 60.0


def farmgui(*arguments: str | Path, status: int = 0, timeout: float = PATIENCE) -> str:
    """What a command prints; it must end with `status` and must not give a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "farmgui", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    assert done.returncode == status, said
    return done.stdout if status == 0 else said


def read(*arguments: str) -> Any:
    """What a command says as JSON."""
    return json.loads(farmgui(*arguments, "--json"))


def job(number: int) -> Any:
    """One job as the command line tells it."""
    return next(row for row in read("jobs") if row["id"] == number)


def wait_until(found: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Wait until `found` says so; fail the test with `what` it waited for."""
    end = time.monotonic() + patience
    while not found():
        assert time.monotonic() < end, f"waited {patience:.0f} s in vain: {what}"
        time.sleep(0.05)


@contextmanager
def started(*arguments: str, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
    """The program in the background, without a screen; ended with SIGTERM unless it has ended."""
    program = subprocess.Popen(
        [sys.executable, "-m", "farmgui", *arguments],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield program
    finally:
        program.send_signal(signal.SIGTERM)
        program.wait(PATIENCE)


def agent_process(home: Path) -> psutil.Process | None:
    """The agent of the farm in `home`."""
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "farmgui.execution.agent" in words and str(home / "agent") in words:
            return process
    return None


def end_agent(home: Path) -> None:
    """End the agent of the farm in `home`, and wait until it has gone."""
    agent = agent_process(home)
    if agent is not None:
        agent.terminate()
        psutil.wait_procs([agent], PATIENCE)


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and that its parent hasn't asked for yet doesn't."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@dataclass(frozen=True)
class Witness:
    """A script that writes down when it starts and ends for a frame, and whether an earlier run is alive."""

    folder: Path

    @property
    def script(self) -> Path:
        """The script; its arguments are the frame and the seconds that it takes."""
        path = self.folder / "witness.py"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_text(_WITNESS, encoding="utf-8")
        return path

    def command(self, seconds: float) -> list[str]:
        """The command of a job."""
        return [sys.executable, str(self.script), "{frame}", str(seconds)]

    def events(self) -> list[tuple[str, int, int]]:
        """What happened, in order: the word, the frame, the process."""
        file = self.folder / "events"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [(word, int(frame), int(pid)) for word, frame, pid in map(str.split, lines)]

    def count(self, word: str) -> int:
        """How often `word` happened."""
        return sum(1 for event in self.events() if event[0] == word)

    def living(self) -> list[int]:
        """Processes that started and still run."""
        return [pid for word, _, pid in self.events() if word == "start" and is_alive(pid)]


_WITNESS = """
import os, subprocess, sys, time
folder = os.path.dirname(os.path.abspath(__file__))
def tell(word):
    with open(os.path.join(folder, "events"), "a") as file:
        file.write(f"{word} {sys.argv[1]} {os.getpid()}\\n")
mine = os.path.join(folder, "frame" + sys.argv[1])
if os.path.exists(mine):
    earlier = open(mine).read()
    try:
        state = open("/proc/" + earlier + "/stat").read().rpartition(")")[2].split()[0]
    except OSError:
        state = "gone"
    if state not in ("gone", "Z", "X"):
        tell("twice")
with open(mine, "w") as file:
    file.write(str(os.getpid()))
tell("start")
# A child in a session of its own, as some renderers have one: it must not survive either.
child = subprocess.Popen(["sleep", "600"], start_new_session=True)
with open(os.path.join(folder, "children"), "a") as file:
    file.write(f"{child.pid}\\n")
time.sleep(float(sys.argv[2]))
child.kill()
child.wait()
tell("end")
"""


def submit(witness: Witness, frames: str, seconds: float, *options: str) -> int:
    """Submit a job that runs the witness; returns its number."""
    return int(farmgui("submit", "--frames", frames, *options, "--", *witness.command(seconds)))


def children(witness: Witness) -> Sequence[int]:
    """The children in sessions of their own that still live."""
    file = witness.folder / "children"
    pids = map(int, file.read_text().split()) if file.exists() else ()
    return [pid for pid in pids if is_alive(pid)]
