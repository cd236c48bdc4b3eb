"""What a batch of a job asks of an agent; jobs that ask for the same are one class to the policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

WHOLE: Final = -1
"""The value of cpus and ram that asks for the whole agent."""


@dataclass(frozen=True, slots=True)
class Need:
    """What one batch asks for: cpus, MB of ram, gpus, and what its agent has to be.

    0 cpus or ram: none required; −1: the whole agent to itself. `software` are intervals of ranks, where None
    leaves an end open; `allowed` None: every agent. `limits` are names with the amount that is used of each.
    """

    cpus: int = 1
    ram: int = 0
    gpus: int = 0
    tags: frozenset[int] = frozenset()
    without_tags: frozenset[int] = frozenset()
    software: tuple[tuple[int, int | None, int | None], ...] = ()
    allowed: frozenset[str] | None = None
    excluded: frozenset[str] = frozenset()
    limits: tuple[tuple[str, int], ...] = ()
    whole: bool = field(init=False, compare=False)
    """Whether a batch has its agent to itself."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "whole", WHOLE in (self.cpus, self.ram))

    def counted(self, agent_cpus: int) -> int:
        """The cpus that a batch counts for in shares, on an agent of `agent_cpus`."""
        return max(agent_cpus if self.whole else self.cpus, 1)
