"""What both ways to run a batch have in common: its thread, its process, stops, and the watch's questions."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from farmgui.domain.orders import BatchOrder
from farmgui.domain.states import AttemptState
from farmgui.domain.time_limits import overrun
from farmgui.execution import platforms
from farmgui.execution.attempt import Attempt, Teller
from farmgui.execution.clock import awake_time
from farmgui.execution.family import AGENT_VARIABLE
from farmgui.execution.graphics import Cards, NotEnoughCards, card_environ
from farmgui.execution.log_file import LogError
from farmgui.execution.output import BadPattern, LineReader
from farmgui.execution.processes import CannotStart, Ending, TaskProcess

_log = logging.getLogger(__name__)
STOPPED = Ending(AttemptState.STOPPED)


class Register(Protocol):
    """Is told of each process that is about to start, runs, and is gone."""

    def will_start(self, token: str) -> None:
        """From now on a process with this token in its environment is no leftover."""

    def has_started(self, batch: Batch, process: TaskProcess) -> None:
        """The process runs."""

    def is_gone(self, token: str) -> None:
        """No process with this token is to be there any more."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an agent gives to each batch."""

    agent_id: str
    hostname: str
    folder: str
    """Where commands run that name no folder."""
    environ: Mapping[str, str]
    grace: float
    """Seconds from asking a process to end to ending it."""
    tell: Teller
    register: Register
    cards: Cards


class Batch(ABC):
    """A batch that runs in a thread of its own. `stop`, `uses` and `check_time` are for any thread."""

    def __init__(self, order: BatchOrder, around: Surroundings) -> None:
        self.order = order
        self.around = around
        self.attempts = [Attempt(order, task, around.tell) for task in order.tasks]
        self.folder = order.cwd or around.folder
        self.lock = threading.Lock()
        """Guards current, process, stop_asked, and the end of an attempt."""
        self.current: Attempt | None = None
        self._current_since = 0.0
        self.process: TaskProcess | None = None
        self.stop_asked: set[str] = set()
        self._environ = platforms.environ_for(
            {**around.environ, **order.environ, AGENT_VARIABLE: around.agent_id}
        )

    def run(self) -> None:
        """Run all tasks; when this returns, each attempt has finished. Never raises."""
        try:
            reader = LineReader(self.order.patterns)
            with self.around.cards.lent(self.order.gpus) as numbers:
                if numbers:
                    self._environ |= platforms.environ_for(card_environ(numbers))
                self.run_tasks(reader)
        except (BadPattern, NotEnoughCards) as error:
            self.fail_all(str(error))
        except Exception:  # noqa: BLE001 (here a thread begins)
            # A defect of ours must not leave tasks that seem to run for ever.
            _log.exception("The batch %s failed.", self.order.token)
            self._abandon()
            self.fail_all("The agent failed; its own log says more.")

    @abstractmethod
    def run_tasks(self, reader: LineReader) -> None:
        """Run all tasks."""

    @abstractmethod
    def stop(self, tokens: Collection[str]) -> None:
        """End these attempts; returns at once. What has finished, or isn't of this batch, is left."""

    def take_up(self, attempt: Attempt) -> None:
        """Work on this attempt from now on; to be called with the lock held."""
        self.current = attempt
        self._current_since = awake_time()

    def check_time(self, process: TaskProcess) -> None:
        """End the process if the attempt at work has taken too long, or was silent for too long."""
        now = awake_time()
        with self.lock:
            if self.process is not process or self.current is None:
                return
            reason = overrun(
                now - max(self._current_since, process.began),
                now - process.heard,
                timeout=self.order.timeout,
                silence_timeout=self.order.silence_timeout,
            )
        if reason is not None:
            process.end(Ending(AttemptState.FAILED, reason), self.around.grace)

    def uses(self, process: TaskProcess, ram: int) -> None:
        """The process and all that it started use `ram` MB now."""
        with self.lock:
            if self.process is not process or self.current is None:
                return
            reason = self.current.uses(ram)
        if reason is not None:
            process.end(Ending(AttemptState.FAILED, reason), 0.0)

    def start_process(self, argv: Sequence[str], token: str) -> TaskProcess:
        """Start the process of `current`. Raises CannotStart; what came with a stop in between is ended."""
        self.around.register.will_start(token)
        try:
            process = TaskProcess(argv, token, cwd=self.folder, environ=self._environ, nice=self.order.nice)
        except CannotStart:
            self.around.register.is_gone(token)
            raise
        self.around.register.has_started(self, process)
        with self.lock:
            self.process = process
            stop = self.current is not None and self.current.token in self.stop_asked
        if stop:
            process.end(STOPPED, self.around.grace)
        return process

    def forget_process(self, process: TaskProcess) -> None:
        """The process has been waited for."""
        with self.lock:
            self.process = None
        self.around.register.is_gone(process.token)

    def log_failed(self, process: TaskProcess, error: LogError) -> None:
        """End a process whose log can't be written: what it says would be lost."""
        process.end(Ending(AttemptState.FAILED, str(error)), self.around.grace)

    def open_log(self, attempt: Attempt, argv: Sequence[str]) -> None:
        """Begin the log of an attempt. Raises LogError."""
        attempt.open_log(argv, self.folder, self.around.hostname)

    def _abandon(self) -> None:
        process = self.process
        if process is not None:
            process.end(STOPPED, 0.0)
            while process.read():
                pass
            process.wait()
            self.forget_process(process)

    def fail_all(self, reason: str) -> None:
        """No attempt that hasn't finished can be run."""
        with self.lock:
            for attempt in self.attempts:
                if not attempt.finished:
                    attempt.finish(AttemptState.FAILED, reason, last=True)
