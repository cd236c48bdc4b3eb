"""Which jobs have to be asked next why they wait: those that changed at once, all others in turns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import islice
from typing import Final

AT_ONCE: Final = 200
"""Jobs that are looked at in one tick: each takes some microseconds."""
IN_TURN: Final = 500
"""Jobs that are asked in one turn: with four turns a second 10,000 jobs take five."""


class Turns:
    """The order in which jobs are asked why they wait."""

    def __init__(self) -> None:
        self._changed: dict[int, None] = {}
        self._others: list[int] = []
        self._again = False

    def add(self, jobs: Iterable[int]) -> None:
        """These jobs changed: they are next."""
        self._changed.update(dict.fromkeys(jobs))

    def ask_all(self) -> None:
        """The farm became another one: each job may wait for another reason by now."""
        self._again = True

    def at_once(self, held: Callable[[int], bool]) -> list[int]:
        """Those that changed and are held back whatever agents do: their reasons are at hand."""
        found = [job_id for job_id in islice(self._changed, AT_ONCE) if held(job_id)]
        for job_id in found:
            del self._changed[job_id]
        return found

    def in_turn(self, waiting: Collection[int]) -> list[int]:
        """The next ones of `waiting`, those that changed first; each once after the farm has changed."""
        found: list[int] = []
        while self._changed and len(found) < IN_TURN:
            job_id = next(iter(self._changed))
            del self._changed[job_id]
            if job_id in waiting:
                found.append(job_id)
        if not self._others and self._again:
            self._again = False
            self._others = sorted(waiting, reverse=True)
        while self._others and len(found) < IN_TURN:
            job_id = self._others.pop()
            if job_id in waiting:
                found.append(job_id)
        return found
