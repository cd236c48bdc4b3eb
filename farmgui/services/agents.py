"""What a wrangler does to agents."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import update

from farmgui.models import Agent
from farmgui.services.database import Database
from farmgui.services.known import known_agents


class Agents:
    """Commands on agents; each returns how many it changed, and raises NotFound for one that isn't stored."""

    def __init__(self, database: Database, wake: Callable[[], None]) -> None:
        self._database = database
        self._wake = wake

    def enable(self, ids: Iterable[str]) -> int:
        """Give these agents work again."""
        return self._change(ids, {"enabled": True})

    def disable(self, ids: Iterable[str]) -> int:
        """Give these agents no more work; what they run goes on to its end (PyFarm 9.1 rule 6)."""
        return self._change(ids, {"enabled": False})

    def change(self, id: str, *, notes: str) -> int:  # noqa: A002  the contract of all commands
        """Set the notes on an agent."""
        return self._change([id], {"notes": notes})

    def _change(self, ids: Iterable[str], values: dict[str, object]) -> int:
        with self._database.sessions.begin() as session:
            agents = known_agents(session, ids)
            session.execute(update(Agent).where(Agent.id.in_(agents)).values(values))
        self._wake()
        return len(agents)
