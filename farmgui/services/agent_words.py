"""Orders in the words of the agents that they go to: each system has other names for the same places."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from farmgui.domain.catalogue import PathMapRow
from farmgui.domain.orders import BatchOrder
from farmgui.domain.paths import PathNames, map_order, map_path
from farmgui.domain.resource_files import assemble_tiles_script
from farmgui.domain.sights import Question
from farmgui.models import Agent, Tag, agent_tags
from farmgui.services.bulk import Driver
from farmgui.services.path_maps import read_path_maps

_ANY: Final = "SELECT EXISTS (SELECT 1 FROM path_maps)"
_OS_CLASS: Final = select(Agent.os_class)
_TAGS: Final = select(Tag.tag).join(agent_tags, agent_tags.c.tag_id == Tag.id)
_OWN: Final = "SELECT joined, python, assemble_tiles FROM agents WHERE id = ?"


class OwnWords(NamedTuple):
    """What an agent has in places of its own."""

    scripts: Mapping[str, str]
    """Its Python and its scripts, by what they are here, where that differs."""
    logs: bool
    """Whether its logs lie with it: they are told as they are stored."""

    def put(self, order: BatchOrder, mapped: BatchOrder) -> BatchOrder:
        """The `mapped` order with these, where `order` has words of ours."""

        def own(words: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
            return tuple(self.scripts.get(word, other) for word, other in zip(words, others, strict=True))

        if mapped is order and not self.scripts:
            return order
        tasks = tuple(
            replace(to, log=task.log if self.logs else to.log, argv=own(task.argv, to.argv))
            for task, to in zip(order.tasks, mapped.tasks, strict=True)
        )
        return replace(mapped, tasks=tasks, argv=own(order.argv, mapped.argv))


LIKE_HERE: Final = OwnWords({}, logs=False)
"""Those of an agent on this machine."""


# Asked with each agent that gets work, in each tick.
@lru_cache(maxsize=1024)
def own_words(joined: int, python: str, assemble_tiles: str) -> OwnWords:
    """Those of an agent that told so; "" where it didn't."""
    told = ((sys.executable, python), (assemble_tiles_script(), assemble_tiles))
    scripts = {here: there for here, there in told if there and there != here}
    return OwnWords(scripts, bool(joined)) if joined or scripts else LIKE_HERE


class AgentWords:
    """The path maps and agents that `session` sees; each is read when it is needed first."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, tuple[str, frozenset[str]]] = {}
        self._own: dict[str, OwnWords] = {}

    def know(self, agent_id: str, own: OwnWords) -> None:
        """The agent has these; they need not be read."""
        self._own[agent_id] = own

    def told(self, agent_id: str, order: BatchOrder) -> BatchOrder:
        """The order as the agent has to be told it."""
        own = self._own.get(agent_id) or self._read_own(agent_id)
        if not self._maps:
            return order if own is LIKE_HERE else own.put(order, order)
        os_class, tags = self._agent(agent_id)
        # One that hasn't told yet what it is goes by the names that the job was submitted with.
        mapped = map_order(order, self._maps, os_class, tags) if os_class else order
        return mapped if own is LIKE_HERE else own.put(order, mapped)

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

    def _read_own(self, agent_id: str) -> OwnWords:
        rows = Driver(self._session).rows(_OWN, (agent_id,))
        own = self._own[agent_id] = own_words(*rows[0]) if rows else LIKE_HERE
        return own


def asked_paths(
    question: Question, maps: Sequence[PathNames], os_class: str, tags: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The files to read and the folders to write into, in the words of an agent; maps as for orders."""
    reads, writes = (
        (map_path(path, maps, os_class, tags) if os_class else path,) if path else () for path in question
    )
    return reads, writes
