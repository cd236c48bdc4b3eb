"""How long an idle farm takes from the submission of one task to its process."""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.program import command_job, running_farm, wait_for


@dataclass(frozen=True, slots=True)
class Delays:
    """Milliseconds from just before the submission to what the task's own process says of its time."""

    milliseconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.milliseconds)

    @property
    def p95(self) -> float:
        """What 95 % stay below."""
        return statistics.quantiles(self.milliseconds, n=20)[-1]


def measure(times: int = 20, idle: float = 0.3) -> Delays:
    """Submit one task, wait for its end, stay idle for `idle` seconds, and again."""
    found = []
    with tempfile.TemporaryDirectory(prefix="farmgui-bench-") as folder, running_farm(Path(folder)) as farm:
        for number in range(times):
            time.sleep(idle)
            spec = command_job(f"delay {number}", "1", ["date", "+now=%s.%N"])
            begin = time.time()
            job = farm.submit.submit(spec)
            wait_for(farm, job)
            (task,) = farm.queries.tasks([job])
            if task.attempt_id is None:
                raise RuntimeError(f"task {task.id} has no attempt")
            log = farm.logs.read(task.attempt_id, 0).data.decode()
            said = next(line for line in log.splitlines() if line.startswith("now="))
            found.append((float(said.removeprefix("now=")) - begin) * 1000)
    return Delays(tuple(found))
