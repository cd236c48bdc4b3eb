"""How live the window stays while the lead in the same process gives out tasks and takes in results.

A timer of 1 ms beats in the window's thread; what matters is how long it is kept waiting between two beats.
Of the longest gap it is told how much the thread worked itself and how much it waited for a processor: beside
other programs that are at work, the rest of the machine is measured, too.
"""

from __future__ import annotations

import argparse
import logging
import os
import queue
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from farmgui.config import read_config, read_settings
from farmgui.domain.orders import BatchOrder
from farmgui.domain.reports import Event, Finished, Inventory, Started
from farmgui.domain.states import AttemptState
from farmgui.execution.runner import Sink
from farmgui.services.database import open_database
from farmgui.services.farm import make_farm
from farmgui.services.lead import Lead
from farmgui.ui.program import SWITCH_SECONDS, Program
from farmgui.ui.style import apply_style
from tests.benchmarks.mixed_farm import EVERYDAY, LARGE, TYPE, Size, inventories, store
from tests.benchmarks.size import Figure

AIM: Final = 0.050
AIM_99: Final = 0.016
ENOUGH: Final = 0.95
"""The share of all tasks after which nothing is measured any more."""
_WAITS: Final = Path("/proc/thread-self/schedstat")


class FullSpeedRunner:
    """Agents whose tasks are done `seconds` after they were given; their word comes by a thread, too."""

    def __init__(self, agents: Sequence[Inventory], seconds: float) -> None:
        self._agents = agents
        self._seconds = seconds
        self._sink: Sink | None = None
        self._given: queue.SimpleQueue[tuple[float, str, tuple[str, ...]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="full-speed-runner")
        self.done = 0

    def open(self, sink: Sink, fence: int) -> None:  # noqa: ARG002 - the port's signature.
        """Report all agents."""
        self._sink = sink
        for agent in self._agents:
            sink.reported(agent)
        self._thread.start()

    def start(self, agent_id: str, orders: Sequence[BatchOrder]) -> bool:
        """Take them."""
        tokens = tuple(task.token for order in orders for task in order.tasks)
        self._given.put((time.monotonic() + self._seconds, agent_id, tokens))
        return True

    def stop(self, agent_id: str, tokens: Collection[str]) -> None:
        """They are done soon."""

    def acknowledge(self, agent_id: str, tokens: Collection[str]) -> None:
        """Nothing is kept."""

    def inventory(self, agent_id: str) -> None:
        """It was told."""

    def look(self, *_asked: Any) -> bool:
        """Nobody answers."""
        return False

    def close(self, *, end_agent: bool) -> None:  # noqa: ARG002 - the port's signature.
        """End the thread."""
        self._given.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (item := self._given.get()) is not None:
            due, agent_id, tokens = item
            time.sleep(max(0.0, due - time.monotonic()))
            now = time.time()
            events: list[Event] = []
            for token in tokens:
                events += (Started(token, now - 1), Finished(token, AttemptState.DONE, now - 1, now))
            if self._sink is not None:
                self._sink.happened(agent_id, events)
            self.done += len(tokens)


@dataclass(frozen=True, slots=True)
class Gap:
    """Seconds between two beats."""

    seconds: float
    own: float
    """Of them the thread was at work itself."""
    processor: float
    """Of them others had the processors that it wanted. In the rest it waited for the interpreter."""


class Clocks:
    """The clocks of the thread that made it; only Linux tells how long it waited for a processor.

    They are read with a single call that lets other threads go on: each such call waits for the interpreter
    afterwards, and that is what is measured.
    """

    def __init__(self) -> None:
        self._waits = _WAITS.open("rb", buffering=0) if _WAITS.exists() else None

    def now(self) -> Gap:
        """Since some moment."""
        waited = 0.0
        if self._waits is not None:
            waited = int(os.pread(self._waits.fileno(), 100, 0).split()[1]) / 1e9
        return Gap(time.perf_counter(), time.thread_time(), waited)


class Heart(QObject):
    """Beats every millisecond in the thread that made it, and notes how long it waited for each beat."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clocks = Clocks()
        self._gaps: list[Gap] = []
        self._last = Gap(0.0, 0.0, 0.0)
        self._timer = QTimer(self, interval=1, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Begin anew."""
        self.take()
        self._last = self._clocks.now()
        self._timer.start()

    def take(self) -> list[Gap]:
        """The gaps since the start; begins anew."""
        gaps, self._gaps = self._gaps, []
        return gaps

    def _beat(self) -> None:
        now, last = self._clocks.now(), self._last
        self._gaps.append(Gap(now.seconds - last.seconds, now.own - last.own, now.processor - last.processor))
        self._last = now


@dataclass(frozen=True, slots=True)
class Phase:
    """What the heart noted in one part of the run."""

    name: str
    gaps: Sequence[Gap] = field(repr=False)
    done: int

    @property
    def p99(self) -> float:
        """What 99 % of the gaps stay below, in seconds."""
        return statistics.quantiles([gap.seconds for gap in self.gaps], n=100)[-1]

    def figures(self, size: Size) -> Iterator[Figure]:
        """Beside their aims; in the everyday farm the window is never held as long as elsewhere at times."""
        most = AIM_99 if size == EVERYDAY else AIM
        longest = max(self.gaps, key=lambda gap: gap.seconds)
        yield Figure(f"{self.name}: 99 % below", _ms(self.p99), f"< {_ms(AIM_99)}", self.p99 < AIM_99)
        value = (
            f"{_ms(longest.seconds)}, {_ms(longest.own)} at work, {_ms(longest.processor)} for a processor"
        )
        yield Figure("  the longest", value, f"< {_ms(most)}", longest.seconds < most)
        many = f"{sum(gap.seconds > AIM_99 for gap in self.gaps)} over {_ms(AIM_99)}"
        many += f", {sum(gap.seconds > AIM for gap in self.gaps)} over {_ms(AIM)}, of {len(self.gaps):,}"
        yield Figure("  beats", many)
        rate = self.done / sum(gap.seconds for gap in self.gaps)
        yield Figure("  meanwhile", f"{rate:,.0f} tasks a second")


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


class Watched:
    """The real program over a stored farm, its heart, and what is done in it one after the other."""

    def __init__(self, database: Path, size: Size, home: Path, *, task_seconds: float) -> None:
        config = read_config({"FARMGUI_HOME": str(home)})
        self._settings = read_settings(config.settings_file)
        self._settings.on_close = "background"
        self.runner = FullSpeedRunner(inventories(size), task_seconds)
        sys.setswitchinterval(SWITCH_SECONDS)
        self._app = QApplication.instance() or QApplication(sys.argv[:1])
        apply_style(self._app, self._settings.appearance)
        farm = make_farm(open_database(f"sqlite:///{database}"), (TYPE,))
        self.program = Program(
            config, self._settings, farm, self._make_lead, _no_sample, lambda _finish: None
        )
        self.heart = Heart()
        self.phases: list[Phase] = []
        self._done = 0
        self._enough = size.jobs * size.tasks_each * ENOUGH

    def _make_lead(self, farm: Any, config: Any, _settings: Any, **named: Any) -> Lead:
        return Lead(farm, lambda: self.runner, config.log_folder, **named)

    def phase(self, name: str, seconds: float) -> None:
        """Let it run for a while, and note the gaps. It ends when few tasks are left: at rest all is live."""
        # The application's own end would close the window.
        loop = QEventLoop()
        QTimer.singleShot(round(seconds * 1000), loop, loop.quit)
        look = QTimer(loop, interval=100)
        look.timeout.connect(lambda: loop.quit() if self.runner.done > self._enough else None)
        look.start()
        loop.exec()
        look.stop()
        done = self.runner.done
        self.phases.append(Phase(name, self.heart.take(), done - self._done))
        self._done = done

    def end(self) -> None:
        """Close the window and all below it."""
        self.program.window.close()
        self.program.end()


def _no_sample(*_arguments: Any) -> Any:
    raise NotImplementedError("a stored farm has had jobs")


def watch(size: Size, *, seconds: float, task_seconds: float, database: Path | None = None) -> list[Phase]:
    """Run the program over a farm of `size` and tell what the heart noted.

    It is run twice, each time from the beginning: a small farm hasn't tasks enough for both orders.
    """
    with tempfile.TemporaryDirectory(prefix="farmgui-bench-") as folder:
        stored = database or Path(folder) / "farm.sqlite"
        if database is None:
            store(stored, size)
        plain = _watch(stored, size, seconds, task_seconds, sort_by="")
        by_done = _watch(stored, size, seconds, task_seconds, sort_by="tasks")
        return [*plain, by_done[-1]]


def _watch(stored: Path, size: Size, seconds: float, task_seconds: float, sort_by: str) -> list[Phase]:
    with tempfile.TemporaryDirectory(prefix="farmgui-bench-") as folder:
        path = Path(folder) / "farm.sqlite"
        shutil.copy(stored, path)
        watched = Watched(path, size, Path(folder) / "home", task_seconds=task_seconds)
        watched.heart.start()
        watched.program.start(sample=False)
        watched.phase("opening, with the first assignment", 4.0)
        if sort_by:
            watched.program.window.jobs.table.sort_by(sort_by)
        watched.phase("at work" + (", sorted by what changes" if sort_by else ""), seconds)
        watched.end()
        return watched.phases


def measure(size: str, *, seconds: float = 10.0, platform: str = "offscreen") -> None:
    """Print the figures of one farm, in a process of its own, on Qt's `platform`."""
    command = [sys.executable, "-m", "tests.benchmarks.liveness", size, "--seconds", str(seconds)]
    subprocess.run(command, check=True, env={**os.environ, "QT_QPA_PLATFORM": platform})


def main() -> None:
    """Measure one farm in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", choices=("everyday", "large"))
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--task-seconds", type=float, default=0.0, help="how long tasks take (0)")
    parser.add_argument("--database", type=Path, help="a copy of this one instead of a new one")
    asked = parser.parse_args()
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    size = {"everyday": EVERYDAY, "large": LARGE}[asked.size]
    for phase in watch(size, seconds=asked.seconds, task_seconds=asked.task_seconds, database=asked.database):
        for figure in phase.figures(size):
            print(figure, flush=True)
    print(f"Load at the end: {os.getloadavg()[0]:.1f}", flush=True)


if __name__ == "__main__":
    main()
