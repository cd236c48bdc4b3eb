"""The whole program under measurement: a headless run in a process of its own, on a farm in a new folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from farmgui.app import open_farm
from farmgui.config import read_config
from farmgui.domain.snapshots import JobRow
from farmgui.domain.specs import JobSpec
from farmgui.domain.states import JobState
from farmgui.services.farm import Farm

PATIENCE = 600.0
LOOK = 0.1
"""Seconds between two looks: seldom enough not to weigh in what is measured."""
ENDED = frozenset({JobState.DONE, JobState.FAILED})


@contextmanager
def running_farm(home: Path) -> Iterator[Farm]:
    """A farm in `home` with `farmgui run` scheduling it; its agent is connected and idle. Ends both."""
    environ = {**os.environ, "FARMGUI_HOME": str(home)}
    farm = open_farm(read_config(environ))
    command = [sys.executable, "-m", "farmgui", "run"]
    program = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        _wait(lambda: farm.queries.farm().agents_online > 0, "the agent to connect")
        yield farm
    finally:
        program.send_signal(signal.SIGTERM)
        program.wait(60)
        farm.close()


def command_job(title: str, frames: str, command: Sequence[str], *, batch: int = 1, cpus: int = 1) -> JobSpec:
    """A job that runs `command` for each frame."""
    return JobSpec(
        title=title,
        job_type="command-line",
        frames=frames,
        data={"command": list(command)},
        batch=batch,
        cpus=cpus,
        ram=0,
    )


def wait_for(farm: Farm, job: int) -> JobRow:
    """The job when it has ended; looking reads no tasks."""
    rows: list[JobRow] = []

    def ended() -> bool:
        rows[:] = [row for row in farm.queries.jobs() if row.id == job]
        return bool(rows) and rows[0].state in ENDED

    _wait(ended, f"job {job}")
    return rows[0]


def _wait(there: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not there():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {PATIENCE:.0f} s for {what}")
        time.sleep(LOOK)
