"""How many tasks of /bin/true a second: the whole program beside xargs and GNU parallel, two at a time."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from farmgui.domain.counts import TaskCounts
from tests.benchmarks.program import command_job, running_farm, wait_for

TRUE = shutil.which("true") or "/bin/true"


@dataclass(frozen=True, slots=True)
class Rate:
    """What one way of running tasks took."""

    name: str
    tasks: int
    seconds: float
    note: str = ""

    @property
    def per_second(self) -> float:
        """Tasks a second."""
        return self.tasks / self.seconds


def xargs(tasks: int) -> Rate:
    """The floor: a process a task, no log, nothing kept."""
    return _fed("xargs -P 2 -n 1", ["xargs", "-P", "2", "-n", "1", TRUE], tasks)


def parallel(tasks: int) -> Rate | None:
    """GNU parallel, which keeps each task's output; None where it isn't installed."""
    program = shutil.which("parallel")
    return None if program is None else _fed("parallel -j 2", [program, "-j", "2", TRUE], tasks)


def farmgui(tasks: int, batch: int) -> Rate:
    """Submitted, assigned, run with a log each, results stored: until the job reads done."""
    # Two slots: each task asks for half of the machine.
    cpus = max(1, (os.cpu_count() or 2) // 2)
    with tempfile.TemporaryDirectory(prefix="farmgui-bench-") as folder, running_farm(Path(folder)) as farm:
        spec = command_job("bench", f"1-{tasks}", [TRUE], batch=batch, cpus=cpus)
        begin = time.perf_counter()
        job = farm.submit.submit(spec)
        submitted = time.perf_counter() - begin
        row = wait_for(farm, job)
        seconds = time.perf_counter() - begin
        if row.counts != TaskCounts(done=tasks):
            raise RuntimeError(f"not all tasks are done: {row.counts}")
        attempts = sum(task.attempts for task in farm.queries.tasks([job]))
        logs = sum(1 for file in (Path(folder) / "logs").rglob("*") if file.is_file())
        note = f"submitted in {submitted:.2f} s; {attempts:,} attempts and {logs:,} logs on disk"
        return Rate(f"farmgui, batch {batch}", tasks, seconds, note)


def _fed(name: str, command: list[str], tasks: int) -> Rate:
    numbers = "".join(f"{number}\n" for number in range(tasks))
    begin = time.perf_counter()
    subprocess.run(command, input=numbers, text=True, check=True, stdout=subprocess.DEVNULL)
    return Rate(name, tasks, time.perf_counter() - begin)
