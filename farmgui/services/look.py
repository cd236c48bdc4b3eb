"""What a look at the database found that differs from what the lead had in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from farmgui.services.mirror_rows import AgentFacts


@dataclass(slots=True)
class Look:
    """What a look at the database found."""

    jobs: set[int] = field(default_factory=set)
    """Jobs that became others than they were, or that nobody has looked at yet."""
    whole: bool = False
    """Whether everything was read anew."""
    changed: bool = False
    """Whether the view differs from what it was at the last look."""
    others: bool = False
    """Whether somebody stored something since the last look that isn't known of by itself."""
    tree: bool = False
    """Whether queues, limits, tags or path maps may be others."""
    agents: Sequence[AgentFacts] = ()
    """Agents that were read anew."""
    deleted: frozenset[str] = frozenset()
    """Agents that are gone."""
    silent: tuple[str, ...] = ()
    """Agents that are online by the database and weren't heard for too long."""
    missing: tuple[str, ...] = ()
    """Agents that were silent for so long that what they run is to be run elsewhere."""
