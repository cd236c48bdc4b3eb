"""What an agent tells of itself and its machine, stored where it differs from what is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Table, delete, insert, select, tuple_, update
from sqlalchemy.orm import Session

from farmgui.domain.reports import Disk, Inventory
from farmgui.domain.states import AgentState
from farmgui.models import (
    AgentDisk,
    AgentGpu,
    AgentMacAddress,
    Software,
    SoftwareVersion,
    agent_software_versions,
)
from farmgui.services.bulk import AGENTS, for_each

_TOLD: Final = (
    "hostname", "incarnation", "pid", "cpus", "ram", "free_ram", "os", "os_class", "cpu_name", "version",
)  # fmt: skip
_KNOWN: Final = (*_TOLD, "state")
_GPUS: Final = cast(Table, AgentGpu.__table__)
_DISKS: Final = cast(Table, AgentDisk.__table__)
_CARDS: Final = cast(Table, AgentMacAddress.__table__)

DISK_SHARE: Final = 100
"""Free space that changed by less than this part of the disk is no news."""


def store(session: Session, inventory: Inventory, time: datetime) -> None:
    """Store what `inventory`, which came at `time`, tells. What is as it was isn't written again.

    A new agent is taken to have the software versions that are so marked.
    """
    agent_id = inventory.agent_id
    told: dict[str, Any] = {name: getattr(inventory, name) for name in _TOLD} | {"state": AgentState.ONLINE}
    known = session.execute(
        select(*(AGENTS.c[name] for name in _KNOWN)).where(AGENTS.c.id == agent_id)
    ).first()
    if known is None:
        session.execute(insert(AGENTS), told | {"id": agent_id, "last_heard_from": time})
        _add_software(session, agent_id, session.scalars(_DEFAULTS).all())
    else:
        changed = {name: value for name, value in told.items() if value != getattr(known, name)}
        session.execute(update(AGENTS).where(AGENTS.c.id == agent_id), changed | {"last_heard_from": time})
    gpus = [{"number": gpu.number, "name": gpu.name, "ram": gpu.ram} for gpu in sorted(inventory.gpus)]
    _replace(session, _GPUS, agent_id, gpus)
    _replace(session, _CARDS, agent_id, [{"mac_address": one} for one in sorted({*inventory.mac_addresses})])
    _store_disks(session, agent_id, inventory.disks)
    _store_software(session, inventory)


def _rows(session: Session, table: Table, agent_id: str) -> list[dict[str, Any]]:
    columns = [column for column in table.c if column.name != "agent_id"]
    found = session.execute(select(*columns).where(table.c.agent_id == agent_id).order_by(*table.primary_key))
    return [dict(row) for row in found.mappings()]


def _replace(session: Session, table: Table, agent_id: str, told: Sequence[dict[str, Any]]) -> None:
    """Have `table` say of the agent what was `told`, in the order of its key."""
    if _rows(session, table, agent_id) != list(told):
        session.execute(delete(table).where(table.c.agent_id == agent_id))
        for_each(session, insert(table), [{"agent_id": agent_id, **row} for row in told])


def _store_disks(session: Session, agent_id: str, disks: Sequence[Disk]) -> None:
    """Disks fill all the time: only what changed by a good part is stored."""
    known = {row["mountpoint"]: row for row in _rows(session, _DISKS, agent_id)}
    # Of two at one place the later one hides the earlier.
    visible = {disk.mountpoint: disk for disk in disks}
    told = [disk._asdict() for disk in sorted(visible.values())]
    for row in told:
        before = known.get(row["mountpoint"])
        if (
            before is not None
            and before["size"] == row["size"]
            and abs(before["free"] - row["free"]) * DISK_SHARE < row["size"]
        ):
            row["free"] = before["free"]
    _replace(session, _DISKS, agent_id, told)


_DEFAULTS: Final = select(SoftwareVersion.id).where(SoftwareVersion.default)


def _store_software(session: Session, inventory: Inventory) -> None:
    """Note the versions that were found, in place of those found before; what a person set stays.

    A version that the farm's table of software hasn't is left out: nobody knows its rank.
    """
    if not inventory.software:
        return
    pair = tuple_(Software.software, SoftwareVersion.version)
    versions = select(SoftwareVersion.id).join(Software, Software.id == SoftwareVersion.software_id)
    found = set(session.scalars(versions.where(pair.in_([tuple(one) for one in inventory.software]))))
    has = agent_software_versions.c.software_version_id
    here = agent_software_versions.c.agent_id == inventory.agent_id
    known = dict(session.execute(select(has, agent_software_versions.c.found).where(here)).all())
    for gone in {version for version, by_itself in known.items() if by_itself} - found:
        session.execute(delete(agent_software_versions).where(here, has == gone))
    _add_software(session, inventory.agent_id, sorted(found - known.keys()), found=True)


def _add_software(session: Session, agent_id: str, versions: Sequence[int], *, found: bool = False) -> None:
    rows = [{"agent_id": agent_id, "software_version_id": version, "found": found} for version in versions]
    for_each(session, insert(agent_software_versions), rows)
