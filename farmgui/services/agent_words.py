"""Orders in the words of the agents that they go to: each system has other names for the same places."""

from __future__ import annotations

from functools import cached_property
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from farmgui.domain.catalogue import PathMapRow
from farmgui.domain.orders import BatchOrder
from farmgui.domain.paths import map_order
from farmgui.models import Agent, Tag, agent_tags
from farmgui.services.bulk import Driver
from farmgui.services.path_maps import read_path_maps

_ANY: Final = "SELECT EXISTS (SELECT 1 FROM path_maps)"
_OS_CLASS: Final = select(Agent.os_class)
_TAGS: Final = select(Tag.tag).join(agent_tags, agent_tags.c.tag_id == Tag.id)


class AgentWords:
    """The path maps and agents that `session` sees; each is read when it is needed first."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, tuple[str, frozenset[str]]] = {}

    def told(self, agent_id: str, order: BatchOrder) -> BatchOrder:
        """The order as the agent has to be told it."""
        if not self._maps:
            return order
        os_class, tags = self._agent(agent_id)
        # One that hasn't told yet what it is goes by the names that the job was submitted with.
        return map_order(order, self._maps, os_class, tags) if os_class else order

    @cached_property
    def _maps(self) -> list[PathMapRow]:
        # Most farms have none, and it is asked at each tick.
        return read_path_maps(self._session) if Driver(self._session).value(_ANY) else []

    def _agent(self, agent_id: str) -> tuple[str, frozenset[str]]:
        known = self._known.get(agent_id)
        if known is None:
            os_class = self._session.scalar(_OS_CLASS.where(Agent.id == agent_id)) or ""
            tags = self._session.scalars(_TAGS.where(agent_tags.c.agent_id == agent_id))
            known = self._known[agent_id] = (os_class, frozenset(tags))
        return known
