"""What the window asks of the scheduler's explanations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from farmgui.domain.explanations import Effect, Ending, Expected, Rule

if TYPE_CHECKING:
    from farmgui.services.farm import Farm


class Explaining(Protocol):
    """`farm.explaining`; nothing of it is for the GUI thread. All may raise FarmError."""

    def rules(self, job_id: int, agent_id: str) -> Sequence[Rule]:
        """Every condition for the job to run on the agent."""

    def idle(self, agent_id: str) -> str:
        """Why the agent runs nothing more, in words; "" where it is busy."""

    def what_if(self, job_ids: Sequence[int], values: Mapping[str, object]) -> Sequence[Effect]:
        """What these values would change."""

    def expected(self) -> Mapping[int, Expected]:
        """When each unfinished job will probably be done."""

    def room(self, job_id: int) -> Sequence[Ending]:
        """What would have to be ended so that the job can start; raises FarmError where nothing can."""


def explaining_of(farm: Farm) -> Explaining | None:
    """The explanations of the farm; None where it has none."""
    found: Explaining | None = getattr(farm, "explaining", None)
    return found
