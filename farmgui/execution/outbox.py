"""What the agent has to tell: sent to the lead in few messages, results kept until they are acknowledged."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Final

from farmgui.domain.reports import Event, Finished, Inventory, Progressed, Started, Warned
from farmgui.execution import wire
from farmgui.execution.journal import Journal
from farmgui.execution.link import Link, LinkLost

_log = logging.getLogger(__name__)
_PACE: Final = 0.015
"""Seconds between two messages of events, unless there is enough to send or it is urgent."""
_ENOUGH: Final = 200
_PATIENCE: Final = 1.0
_REPLACED: Final = "Another program leads now."


class Outbox:
    """Any thread may tell; one thread sends. At most one lead is attached at a time."""

    def __init__(self, journal: Journal, inventory: Callable[[], Inventory], heartbeat: float) -> None:
        self._journal = journal
        self._inventory = inventory
        self._heartbeat = heartbeat
        self._changed = threading.Condition()
        self._link: Link | None = None
        self._pending: list[bytes] = []
        self._answers: list[bytes] = []
        self._progress: dict[str, bytes] = {}
        self._running: dict[str, bytes] = {}
        self._warnings: dict[str, list[bytes]] = {}
        self._urgent = False
        self._inventory_due = 0.0
        self._sending = False
        self._pacing = False
        self._closed = False
        self._told_problem = False
        self.alone_since: float | None = time.monotonic()
        """Since when no lead is attached, by the monotonic clock."""

    # -- the lead

    def attach(self, link: Link) -> None:
        """Send to this lead from now on: first what is finished, then what runs, then the inventory."""
        with self._changed:
            old, self._link = self._link, link
            self.alone_since = None
            self._pending, self._answers, self._progress = [], [], {}
            for token, result in self._journal.results.copy().items():
                self._pending += [*self._warnings.get(token, ()), result]
            for token, started in self._running.items():
                self._pending += [started, *self._warnings.get(token, ())]
            self._inventory_due, self._urgent = 0.0, True
            self._changed.notify_all()
        if old is not None:
            self._dismiss(old)

    def detach(self, link: Link) -> None:
        """This lead is gone; does nothing when another has been attached since."""
        with self._changed:
            if self._link is link:
                self._link = None
                self.alone_since = time.monotonic()

    def hang_up(self) -> None:
        """Break the connection, so that the lead comes again and hears all anew."""
        link = self._link
        if link is not None:
            link.break_off()

    def is_attached(self, link: Link) -> bool:
        """Whether this lead still leads."""
        return self._link is link

    def ask_inventory(self) -> None:
        """Send an inventory soon."""
        with self._changed:
            self._inventory_due, self._urgent = 0.0, True
            self._changed.notify_all()

    # -- what happens

    def tell(self, event: Event, *, urgent: bool = False) -> None:
        """Pass an event on to the lead; a result is on disk before this returns."""
        data = wire.encode(event)
        with self._changed:
            self._note(event, data)
            if self._link is not None:
                if isinstance(event, Progressed):
                    self._progress[event.token] = data
                else:
                    self._progress.pop(event.token, None)
                    self._pending.append(data)
                self._urgent = self._urgent or urgent
                # The sender looks by itself when its pace is over; to wake it for each event would cost more
                # than the events.
                if not self._pacing or self._is_enough():
                    self._changed.notify_all()

    def answer(self, seen: wire.Seen) -> None:
        """Tell the lead what it asked; where there is none, nobody wants to know any more."""
        with self._changed:
            if self._link is not None:
                self._answers.append(wire.encode(seen))
                self._urgent = True
                self._changed.notify_all()

    def _note(self, event: Event, data: bytes) -> None:
        token = event.token
        if isinstance(event, Finished):
            self._running.pop(token, None)
            self._journal.finished(token, data)
            self._tell_problem(token)
        elif isinstance(event, Started):
            self._running[token] = data
        elif isinstance(event, Warned):
            self._warnings.setdefault(token, []).append(data)

    def _tell_problem(self, token: str) -> None:
        problem = self._journal.problem
        if problem is None:
            self._told_problem = False
        elif self._link is not None and not self._told_problem:
            self._told_problem = True
            self._pending.append(wire.encode(Warned(token, problem)))

    def forget(self, tokens: Iterable[str]) -> None:
        """These results are acknowledged."""
        with self._changed:
            for token in tokens:
                self._warnings.pop(token, None)

    # -- the thread

    def run(self) -> None:
        """Send until closed."""
        while True:
            with self._changed:
                self._sending = False
                self._changed.notify_all()
                self._changed.wait_for(self._has_work, timeout=self._until_heartbeat())
                if self._closed and not self._pending:
                    return
                link, events, answers, inventory = self._take()
                self._sending = True
            if link is not None:
                self._send(link, events, answers, inventory=inventory)
            with self._changed:
                self._pacing = True
                self._changed.wait_for(self._is_enough, timeout=_PACE)
                self._pacing = False

    def close(self, timeout: float) -> None:
        """Send what is left, for at most so many seconds, and dismiss the lead."""
        with self._changed:
            self._closed = self._urgent = True
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: self._link is None or not (self._pending or self._sending), timeout=timeout
            )
            link, self._link = self._link, None
        if link is not None:
            link.break_off()

    def _has_work(self) -> bool:
        if self._closed:
            return True
        if self._link is None:
            return False
        waiting = self._pending or self._progress or self._answers
        return bool(waiting) or time.monotonic() >= self._inventory_due

    def _is_enough(self) -> bool:
        return self._urgent or self._closed or len(self._pending) >= _ENOUGH

    def _until_heartbeat(self) -> float | None:
        return None if self._link is None else max(0.0, self._inventory_due - time.monotonic())

    def _take(self) -> tuple[Link | None, list[bytes], list[bytes], bool]:
        events, answers = self._pending + list(self._progress.values()), self._answers
        self._pending, self._answers, self._progress, self._urgent = [], [], {}, False
        inventory = time.monotonic() >= self._inventory_due
        if inventory:
            self._inventory_due = time.monotonic() + self._heartbeat
        return self._link, events, answers, inventory

    def _send(self, link: Link, events: list[bytes], answers: list[bytes], *, inventory: bool) -> None:
        try:
            for start in range(0, len(events), _ENOUGH):
                link.send(wire.join_events(events[start : start + _ENOUGH]))
            for answer in answers:
                link.send(answer)
            if inventory:
                link.send(wire.encode(wire.Holding(self._inventory())))
        except LinkLost as error:
            _log.info("The lead is gone: %s.", error)
            self.detach(link)
            link.break_off()

    def _dismiss(self, link: Link) -> None:
        """Tell a lead that it was replaced; not for long, as it may have stopped to listen."""
        patience = threading.Timer(_PATIENCE, link.break_off)
        patience.daemon = True
        patience.start()

        def dismiss() -> None:
            try:
                link.send(wire.encode(wire.Refused(_REPLACED)))
            except LinkLost:
                pass
            finally:
                link.break_off()
                patience.cancel()

        threading.Thread(target=dismiss, daemon=True).start()
