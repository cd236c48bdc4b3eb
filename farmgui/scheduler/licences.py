"""How much of each limit is in use, and by whom."""

from __future__ import annotations

from farmgui.domain.requirements import Per
from farmgui.scheduler.bits import ALL, flip
from farmgui.scheduler.farm import LimitSnapshot


class LimitUse:
    """What of one limit is in use."""

    def __init__(self, limit: LimitSnapshot) -> None:
        self.limit = limit
        self.taken = 0
        self.users: dict[int, int] = {}
        """The jobs that use it, with their batches."""
        self.levels: dict[int, int] = {}
        """Counted per agent: the agents that use it, by the amount."""
        self._here: dict[int, dict[int, int]] = {}

    def count(self, job_id: int, amount: int, number: int, before: int, after: int) -> None:
        """A job has now `after` batches on the agent of that number, and had `before`."""
        batches = self.users.get(job_id, 0)
        left = batches + after - before
        if left:
            self.users[job_id] = left
        else:
            self.users.pop(job_id, None)
        if self.limit.per is Per.TASK:
            self.taken += amount * (after - before)
        elif self.limit.per is Per.JOB:
            self.taken += amount * (bool(left) - bool(batches))
        elif bool(before) != bool(after):
            self._on_agent(job_id, amount, number, using=after > 0)

    def _on_agent(self, job_id: int, amount: int, number: int, *, using: bool) -> None:
        """An agent uses as much as the job there that asks for most."""
        here = self._here.setdefault(number, {})
        old = max(here.values(), default=0)
        if using:
            here[job_id] = amount
        else:
            del here[job_id]
        new = max(here.values(), default=0)
        self.taken += new - old
        move(self.levels, old, new, 1 << number)


class LimitRoom:
    """What is left of one limit while a decision is made."""

    __slots__ = ("left", "levels", "per")

    def __init__(self, use: LimitUse) -> None:
        self.per = use.limit.per
        self.left = use.limit.amount - use.taken
        self.levels = dict(use.levels)

    def agents(self, amount: int, *, started: bool) -> int:
        """The agents where one more batch may use it; `started`: its job has batches already."""
        if self.left >= amount:
            return ALL
        if self.per is Per.JOB:
            return ALL if started else 0
        if self.per is Per.TASK:
            return 0
        found = 0
        for level, mask in self.levels.items():
            if amount - level <= max(self.left, 0):
                found |= mask
        return found

    def take(self, amount: int, number: int, *, started: bool) -> None:
        """One more batch uses it, on the agent of that number."""
        if self.per is Per.TASK:
            self.left -= amount
        elif self.per is Per.JOB:
            self.left -= 0 if started else amount
        else:
            bit = 1 << number
            old = next((level for level, mask in self.levels.items() if mask & bit), 0)
            if amount > old:
                self.left -= amount - old
                move(self.levels, old, amount, bit)


def move(levels: dict[int, int], old: int, new: int, bit: int) -> None:
    """Put `bit` from one set into another; 0 is no set."""
    if old != new:
        for level in (old, new):
            if level:
                flip(levels, level, bit)
