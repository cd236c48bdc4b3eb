"""The agent's desk: takes what the lead says, knows the tokens that it has seen, starts and stops batches."""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Callable, Collection
from typing import Final

from farmgui.domain.orders import BatchMode, BatchOrder
from farmgui.domain.reports import Finished
from farmgui.domain.states import AttemptState
from farmgui.execution import wire
from farmgui.execution.batch import Batch, Surroundings
from farmgui.execution.each import EachBatch
from farmgui.execution.journal import Journal
from farmgui.execution.looking import Looking
from farmgui.execution.one_process import OneProcessBatch
from farmgui.execution.outbox import Outbox

_log = logging.getLogger(__name__)
_REMEMBERED: Final = 10_000
_KINDS: Final[dict[BatchMode, type[Batch]]] = {
    BatchMode.EACH: EachBatch,
    BatchMode.ONE_PROCESS: OneProcessBatch,
}


def batch_of(token: str) -> str:
    """The token of the batch that an attempt belongs to."""
    return token.rpartition(".")[0]


class Desk:
    """A token that was seen is not started again; it is let go some time after its result is acknowledged."""

    def __init__(self, around: Surroundings, journal: Journal, outbox: Outbox) -> None:
        self._looking = Looking(outbox.answer)
        self._around = around
        self._journal = journal
        self._outbox = outbox
        self._changed = threading.Condition()
        self._seen: dict[str, str] = {}
        """The batch of each token."""
        self._open: dict[str, set[str]] = {}
        """The tokens of each batch that aren't acknowledged."""
        self._started: set[str] = set()
        """The batches of which something is open and that were started."""
        self._past: dict[str, None] = {}
        """Batches of which all is acknowledged, the latest ones: an order for one of them is late."""
        self._running: dict[str, Batch] = {}
        self._ending = False
        for token in journal.results:
            self._see(token, batch_of(token))
            self._started.add(batch_of(token))

    def take(self, message: wire.Message, end: Callable[[], None]) -> None:
        """Do what a lead asks for; `end` ends the agent."""
        match message:
            case wire.Start(orders):
                for order in orders:
                    self.start(order)
            case wire.Stop(tokens):
                self.stop(tokens)
            case wire.Acknowledge(tokens):
                self.acknowledge(tokens)
            case wire.AskInventory():
                self._outbox.ask_inventory()
            case wire.Look():
                self._looking.ask(message)
            case wire.End():
                end()
            case _:
                _log.warning("A lead sent %s, which no lead sends.", type(message).__name__)

    @property
    def tokens(self) -> frozenset[str]:
        """All tokens that are running, waiting, or not yet acknowledged."""
        with self._changed:
            return frozenset(self._seen)

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs."""
        return not self._running

    def start(self, order: BatchOrder) -> None:
        """Run a batch, unless it was seen before."""
        with self._changed:
            fresh = tuple(task for task in order.tasks if task.token not in self._seen)
            known = order.token in self._started or order.token in self._past
            if known or self._ending or not fresh:
                return
            for task in fresh:
                self._see(task.token, order.token)
            whole = len(fresh) == len(order.tasks) or order.mode is BatchMode.EACH
            if whole:
                batch = _KINDS[order.mode](dataclasses.replace(order, tasks=fresh), self._around)
                self._running[order.token] = batch
                self._started.add(order.token)
        if whole:
            self._begin(batch)
        else:
            # One process can't leave out the frames that were stopped before it came.
            for task in fresh:
                self._answer_stopped(task.token)

    def stop(self, tokens: Collection[str]) -> None:
        """End attempts; one that isn't known is answered, and is not started if it comes later."""
        with self._changed:
            unknown = [token for token in tokens if token not in self._seen]
            for token in unknown:
                self._see(token, batch_of(token))
            batches = {self._seen[token] for token in tokens}
            running = [self._running[token] for token in batches if token in self._running]
        for batch in running:
            batch.stop(tokens)
        for token in unknown:
            self._answer_stopped(token)

    def acknowledge(self, tokens: Collection[str]) -> None:
        """These results are stored: forget them."""
        known = self._journal.acknowledge(tokens)
        self._outbox.forget(known)
        with self._changed:
            for token in known:
                batch = self._seen.pop(token, "")
                left = self._open.get(batch, set())
                left.discard(token)
                if not left:
                    self._open.pop(batch, None)
                    self._started.discard(batch)
                    self._past[batch] = None
                    if len(self._past) > _REMEMBERED:
                        del self._past[next(iter(self._past))]

    def end(self, timeout: float) -> bool:
        """Take nothing more, stop all that runs and wait for it; False when it took too long."""
        with self._changed:
            self._ending = True
            running = list(self._running.values())
        for batch in running:
            batch.stop([task.token for task in batch.order.tasks])
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, timeout=timeout)

    def _begin(self, batch: Batch) -> None:
        thread = threading.Thread(target=self._run, args=(batch,), name="batch", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            batch.fail_all(f"This machine has no room for another thread: {error}.")
            self._remove(batch)

    def _run(self, batch: Batch) -> None:
        try:
            batch.run()
        finally:
            self._remove(batch)

    def _remove(self, batch: Batch) -> None:
        with self._changed:
            del self._running[batch.order.token]
            self._changed.notify_all()

    def _see(self, token: str, batch: str) -> None:
        self._seen[token] = batch
        self._open.setdefault(batch, set()).add(token)

    def _answer_stopped(self, token: str) -> None:
        self._outbox.tell(Finished(token, AttemptState.STOPPED, None, time.time()))
