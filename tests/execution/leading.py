"""A lead for tests: it hears what the agent says and keeps it, and makes orders for real programs."""

from __future__ import annotations

import secrets
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from farmgui.domain.orders import BatchMode, BatchOrder, Patterns, TaskOrder
from farmgui.domain.reports import Event, Finished, Inventory, Progressed, Started, Warned
from farmgui.domain.sights import Sight
from farmgui.execution.local import LocalRunner

RENDERER = Path(__file__).with_name("renderer.py")
PYTHON = (sys.executable, "-I", "-S")
PATTERNS = Patterns(
    progress=r"Sample (?P<part>\d+)/(?P<whole>\d+)",
    frame=r"^Fra:(?P<frame>-?[\d.]+)",
    done=r"^Saved: '",
    warning=r"^Warning:",
    error=r"^Error:",
)
PATIENCE = 20.0


class Lead:
    """Implements Sink. Waits raise TimeoutError with what was heard."""

    def __init__(self, folder: Path, *options: str, fence: int = 1, acknowledges: bool = True) -> None:
        self.runner = LocalRunner(folder, options=options)
        self.acknowledges = acknowledges
        self.heard: list[Event | Inventory | str] = []
        self.sights: dict[int, Sight] = {}
        self._changed = threading.Condition()
        self.runner.open(self, fence)

    # -- Sink

    def reported(self, inventory: Inventory) -> None:
        self._keep([inventory])

    def happened(self, agent_id: str, events: Sequence[Event]) -> None:
        self._keep(events)
        done = [event.token for event in events if isinstance(event, Finished)]
        if self.acknowledges and done:
            self.runner.acknowledge(agent_id, done)

    def saw(self, agent_id: str, number: int, sight: Sight) -> None:  # noqa: ARG002 (there is one agent)
        with self._changed:
            self.sights[number] = sight
            self._changed.notify_all()

    def lost_contact(self, agent_id: str, why: str) -> None:  # noqa: ARG002 (there is one agent)
        self._keep([why])

    def _keep(self, items: Iterable[Event | Inventory | str]) -> None:
        with self._changed:
            self.heard.extend(items)
            self._changed.notify_all()

    # -- what tests ask

    def wait(self, found: Callable[[], object], patience: float = PATIENCE) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: bool(found()), timeout=patience):
                raise TimeoutError(f"heard only {self.heard}")

    def inventories(self) -> list[Inventory]:
        return [item for item in self.heard if isinstance(item, Inventory)]

    def inventory(self) -> Inventory:
        """The newest; waits for one."""
        self.wait(self.inventories)
        return self.inventories()[-1]

    def fresh_inventory(self) -> Inventory:
        """The next one after it was asked for; the agent tells some by itself, perhaps before it heard."""
        known = len(self.inventories())
        self.runner.inventory(self.agent_id)
        self.wait(lambda: len(self.inventories()) > known)
        return self.inventories()[-1]

    @property
    def agent_id(self) -> str:
        return self.inventory().agent_id

    @property
    def lost(self) -> list[str]:
        return [item for item in self.heard if isinstance(item, str)]

    def warnings(self, token: str) -> list[str]:
        return [item.text for item in self.heard if isinstance(item, Warned) and item.token == token]

    def progress(self, token: str) -> list[float]:
        return [item.progress for item in self.heard if isinstance(item, Progressed) and item.token == token]

    def started(self, token: str) -> list[Started]:
        return [item for item in self.heard if isinstance(item, Started) and item.token == token]

    def finished(self, token: str) -> list[Finished]:
        return [item for item in self.heard if isinstance(item, Finished) and item.token == token]

    def wait_started(self, token: str) -> Started:
        self.wait(lambda: self.started(token))
        return self.started(token)[0]

    def wait_finished(self, order: BatchOrder, patience: float = PATIENCE) -> list[Finished]:
        """How the attempts of a batch ended, in the order of its tasks."""
        self.wait(lambda: all(self.finished(task.token) for task in order.tasks), patience)
        return [self.finished(task.token)[0] for task in order.tasks]

    def start(self, *orders: BatchOrder) -> None:
        assert self.runner.start(self.agent_id, orders)

    def run(self, order: BatchOrder) -> list[Finished]:
        self.start(order)
        return self.wait_finished(order)

    def stop(self, tokens: Collection[str]) -> None:
        self.runner.stop(self.agent_id, tokens)

    def close(self, *, end_agent: bool = True) -> None:
        self.runner.close(end_agent=end_agent)


def each(folder: Path, *commands: Sequence[str], **values: object) -> BatchOrder:
    """A batch that runs each command as a task of its own."""
    token = secrets.token_urlsafe(16)
    tasks = tuple(
        TaskOrder(
            f"{token}.{number}", str(number), None, str(folder / f"{token}.{number}.log"), tuple(command)
        )
        for number, command in enumerate(commands, 1)
    )
    return replace(
        BatchOrder(token, 1, "test", BatchMode.EACH, tasks, cwd=str(folder)),
        **values,  # type: ignore[arg-type]
    )


def python(code: str) -> tuple[str, ...]:
    """The command that runs Python code."""
    return (*PYTHON, "-c", code)


def render(folder: Path, frames: Iterable[int], *options: str, **values: object) -> BatchOrder:
    """A batch that one stand-in renderer renders whole."""
    token = secrets.token_urlsafe(16)
    frames = list(frames)
    tasks = tuple(
        TaskOrder(
            f"{token}.{frame}",
            str(frame),
            None,
            str(folder / f"{token}.{frame}.log"),
            outputs=(str(folder / f"pic_{frame:04d}.txt"),),
        )
        for frame in frames
    )
    argv = (*PYTHON, str(RENDERER), str(folder), ",".join(str(frame) for frame in frames), *options)
    order = BatchOrder(token, 1, "test", BatchMode.ONE_PROCESS, tasks, argv=argv, patterns=PATTERNS)
    return replace(order, **values)  # type: ignore[arg-type]


def log_of(order: BatchOrder, number: int = 0) -> bytes:
    """The log of a batch's task."""
    return Path(order.tasks[number].log).read_bytes()


def until(condition: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait for something that nobody tells us; raises TimeoutError."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.01)
