"""What a wrangler does to agents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session, selectinload

from farmgui.domain.errors import InvalidValue
from farmgui.domain.states import TaskState
from farmgui.models import Agent, Attempt, agent_software_versions
from farmgui.services.bulk import parts
from farmgui.services.catalogue import Commands
from farmgui.services.known import known_agents
from farmgui.services.moving import stop
from farmgui.services.software import known_software, known_version
from farmgui.services.tags import set_agent_tags

_SHARES: Final = {"cpu_allocation": "of its cpus", "ram_allocation": "of its memory"}


class Agents(Commands):
    """Commands on agents; each returns how many it changed, and raises NotFound for one that isn't stored."""

    def enable(self, ids: Iterable[str]) -> int:
        """Give these agents work again."""
        with self._changing() as session:
            return _set(session, known_agents(session, ids), {"enabled": True})

    def disable(self, ids: Iterable[str], *, now: bool = False) -> int:
        """Give these agents no more work; what they run goes on to its end (PyFarm 9.1 rule 6).

        With `now` it is ended: those tasks queue again, no failure is counted.
        """
        with self._changing() as session:
            agents = known_agents(session, ids)
            if now:
                for part in parts(agents):
                    stop(session, Attempt.agent_id.in_(part), TaskState.QUEUED)
            return _set(session, agents, {"enabled": False})

    def change(self, ids: Iterable[str], values: Mapping[str, object]) -> int:
        """Set `notes`, `cpu_allocation`, `ram_allocation` (0 to 1), `tags` (names, made where missing) or
        `software` (pairs of name and version) of all of these agents. Raises InvalidValue; all or nothing.
        """
        with self._changing() as session:
            agents = known_agents(session, ids)
            columns = {name: _checked(name, value) for name, value in values.items() if name not in _LISTS}
            if columns:
                _set(session, agents, columns)
            for name in values.keys() & _LISTS:
                wanted = _listed(name, values[name])
                for agent in agents:
                    if name == "tags":
                        set_agent_tags(session, agent, wanted)
                    else:
                        _set_software(session, agent, wanted)
            return len(agents)

    def values(self, ids: Iterable[str]) -> list[dict[str, Any]]:
        """What `change` can set of each agent, and what it told of itself. Raises NotFound."""
        with self._database.reading() as session:
            known = known_agents(session, ids)
            return [_values(agent) for part in parts(known) for agent in _whole(session, part)]


_LISTS: Final = frozenset({"tags", "software"})


def _whole(session: Session, ids: Iterable[str]) -> Iterable[Agent]:
    together = (Agent.tags, Agent.software_versions, Agent.gpus, Agent.disks, Agent.mac_addresses)
    return session.scalars(
        select(Agent)
        .where(Agent.id.in_(list(ids)))
        .options(*(selectinload(part) for part in together))
        .order_by(Agent.hostname, Agent.id)
    )


def _values(agent: Agent) -> dict[str, Any]:
    return {
        "id": agent.id,
        "hostname": agent.hostname,
        "enabled": agent.enabled,
        "notes": agent.notes,
        "cpu_allocation": agent.cpu_allocation,
        "ram_allocation": agent.ram_allocation,
        "tags": tuple(sorted(tag.tag for tag in agent.tags)),
        "software": tuple(
            sorted((version.software.software, version.version) for version in agent.software_versions)
        ),
        "cpus": agent.cpus,
        "ram": agent.ram,
        "cpu_name": agent.cpu_name,
        "os": agent.os,
        "os_class": agent.os_class,
        "version": agent.version,
        "gpus": tuple((gpu.number, gpu.name, gpu.ram) for gpu in agent.gpus),
        "disks": tuple((disk.mountpoint, disk.size, disk.free) for disk in agent.disks),
        "mac_addresses": tuple(sorted(card.mac_address for card in agent.mac_addresses)),
    }


def _set(session: Session, agents: list[str], values: Mapping[str, object]) -> int:
    for part in parts(agents):
        session.execute(update(Agent).where(Agent.id.in_(part)).values(values))
    return len(agents)


def _checked(name: str, value: object) -> object:
    if name == "notes" and isinstance(value, str):
        return value
    if name in _SHARES:
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
            return float(value)
        raise InvalidValue(f"The share {_SHARES[name]} that tasks may use is 0 to 1, not {value!r}.")
    known = ", ".join(["notes", *_SHARES, *sorted(_LISTS)])
    raise InvalidValue(f'"{name}" of an agent can\'t be set to {value!r}. These can be set: {known}.')


def _listed(name: str, value: object) -> list[Any]:
    if isinstance(value, Iterable) and not isinstance(value, str):
        return list(value)
    raise InvalidValue(f"The {name} of an agent are a list, not {value!r}.")


def _set_software(session: Session, agent_id: str, pairs: Iterable[tuple[str, str]]) -> None:
    table = agent_software_versions
    wanted = {known_version(known_software(session, name), version).id for name, version in pairs}
    session.execute(
        delete(table).where(table.c.agent_id == agent_id, table.c.software_version_id.not_in(wanted))
    )
    there = set(session.scalars(select(table.c.software_version_id).where(table.c.agent_id == agent_id)))
    rows = [{"agent_id": agent_id, "software_version_id": version} for version in sorted(wanted - there)]
    if rows:
        session.execute(insert(table), rows)
