"""What is new of the agents since one window last looked."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import text

from farmgui.models import Agent
from farmgui.services.bulk import parts
from farmgui.services.database import Database
from farmgui.services.queries import agent_rows, agents_in_use
from farmgui.services.updates import PART, Kind, Tell, Update

# Agents tell something every ten seconds: what is stored is compared before rows are made of it.
_STORED: Final = text(
    "SELECT agents.*, agent_changes.revision, farm.tree_revision FROM farm JOIN agents "
    "LEFT JOIN agent_changes ON agent_changes.agent_id = agents.id"
)


class AgentsWatch:
    """Tells all agents once, and from then on those that changed. For one thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._told: dict[str, Any] = {}
        """What each agent that was told was made of."""

    def read(self, tell: Tell) -> None:
        """Tell what is new. Raises StoreError; then the next reading tells it once more."""
        with self._database.reading() as session:
            use = agents_in_use(session)
            stored = {row.id: (*row, use.get(row.id)) for row in session.execute(_STORED)}
            changed = [key for key, made_of in stored.items() if made_of != self._told.get(key)]
            for ids in parts(changed, PART):
                found = agent_rows(session, Agent.id.in_(ids))
                tell(Update(Kind.AGENTS, found))
        if gone := self._told.keys() - stored.keys():
            tell(Update(Kind.AGENTS, gone=gone))
        self._told = stored
