"""Looks at what runs once a second: memory and time of each task, and processes that a task left behind."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from typing import Final

from farmgui.execution import platforms
from farmgui.execution.batch import Batch
from farmgui.execution.family import attempts_of, end_whole
from farmgui.execution.journal import Journal
from farmgui.execution.platforms import ProcessRow
from farmgui.execution.processes import TaskProcess

_MB: Final = 2**20
_LEFTOVER_GRACE: Final = 1.0


class Watch:
    """Knows all processes of the agent's tasks; sleeps while there is none."""

    def __init__(self, agent_id: str, journal: Journal, every: float) -> None:
        self._agent_id = agent_id
        self._journal = journal
        self._every = every
        self._lock = threading.Lock()
        self._tokens: set[str] = set()
        self._running: dict[str, tuple[Batch, TaskProcess]] = {}
        self._something_ended = False
        self._awake = threading.Event()
        self._sweeping: threading.Thread | None = None

    # -- what batches tell

    def will_start(self, token: str) -> None:
        """From now on a process with this token in its environment is no leftover."""
        with self._lock:
            self._tokens.add(token)

    def has_started(self, batch: Batch, process: TaskProcess) -> None:
        """The process runs."""
        self._journal.started(process.token, process.pid, process.time_started)
        with self._lock:
            self._running[process.token] = (batch, process)
        self._awake.set()

    def is_gone(self, token: str) -> None:
        """No process with this token is to be there any more."""
        with self._lock:
            self._tokens.discard(token)
            was_running = self._running.pop(token, None)
            self._something_ended = True
        if was_running is not None:
            self._journal.ended(token)

    # -- the thread

    def run(self, ending: threading.Event) -> None:
        """Look once a second, while there is something to look at, until `ending` is set."""
        while not ending.wait(self._every):
            self._awake.wait()
            self.look()

    def look(self) -> None:
        """Look once."""
        with self._lock:
            running = [pair for pair in self._running.values() if pair[1].age >= self._every / 2]
            sweep, self._something_ended = self._something_ended, False
            if not self._running and not sweep:
                self._awake.clear()
        if running:
            table = platforms.process_table()
            for batch, process in running:
                process.watched = True
                process.end_leftovers()
                batch.check_time(process)
                self._weigh(batch, process, table)
        if sweep:
            self._sweep()

    def _weigh(self, batch: Batch, process: TaskProcess, table: Mapping[int, ProcessRow]) -> None:
        pids = process.kin(table)
        ram = sum(table[pid].ram for pid in pids) // _MB
        limits = [limit for limit in (batch.order.ram_warning, batch.order.ram_max) if limit is not None]
        if limits and ram > min(limits):
            # Memory that processes share was counted for each: look closer before anyone is blamed.
            ram = (platforms.shared_fairly(pids) or ram * _MB) // _MB
        if ram:
            batch.uses(process, ram)

    def _sweep(self) -> None:
        """End what ended tasks left outside of their groups; the end of a short task has no time for it."""
        if (self._sweeping is None or not self._sweeping.is_alive()) and self._leftovers():
            self._sweeping = threading.Thread(
                target=end_whole, args=(self._leftovers, _LEFTOVER_GRACE), daemon=True
            )
            self._sweeping.start()

    def _leftovers(self) -> Collection[int]:
        found = attempts_of(self._agent_id)
        with self._lock:
            return {pid for pid, token in found.items() if token and token not in self._tokens}
