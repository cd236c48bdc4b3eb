"""What an agent tells of itself and its machine, stored where it differs from what is known.

A farm of 1,000 agents tells it a hundred times a second, and all at once when a program begins to lead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert
from sqlalchemy.orm import Session

from farmgui.domain.reports import Disk, Inventory
from farmgui.domain.states import AgentState
from farmgui.services.bulk import AGENTS, Driver, stored_time, update_by_id

_TOLD: Final = (
    "hostname", "incarnation", "pid", "cpus", "ram", "free_ram", "os", "os_class", "cpu_name", "version",
    "joined", "log_folder", "python", "assemble_tiles",
)  # fmt: skip
_KNOWN: Final = (*_TOLD, "state")
_AGENT: Final = f"SELECT {', '.join(_KNOWN)} FROM agents WHERE id = ?"  # noqa: S608  our own names

_VERSIONS: Final = (
    "SELECT software.software, software_versions.version, software_versions.id FROM software_versions "
    "JOIN software ON software.id = software_versions.software_id"
)
_DEFAULTS: Final = 'SELECT id FROM software_versions WHERE "default"'
_HAS: Final = "SELECT software_version_id, found FROM agent_software_version_associations WHERE agent_id = ?"
_HAS_NO_MORE: Final = (
    "DELETE FROM agent_software_version_associations WHERE agent_id = ? AND software_version_id = ?"
)
_HAS_NOW: Final = (
    "INSERT INTO agent_software_version_associations (agent_id, software_version_id, found) VALUES (?, ?, ?)"
)

DISK_SHARE: Final = 100
"""Free space that changed by less than this part of the disk is no news."""

_Rows = Sequence[tuple[Any, ...]]


class _Parts:
    """Rows of a table for the parts of an agent's machine; the first of `columns` tells them apart."""

    def __init__(self, table: str, columns: Sequence[str]) -> None:
        names, places = ", ".join(columns), ", ".join("?" * len(columns))
        self._of_agent = f"SELECT {names} FROM {table} WHERE agent_id = ? ORDER BY {columns[0]}"  # noqa: S608  our own names
        self._drop = f"DELETE FROM {table} WHERE agent_id = ?"  # noqa: S608  as above
        self._add = f"INSERT INTO {table} (agent_id, {names}) VALUES (?, {places})"  # noqa: S608  as above

    def known(self, driver: Driver, agent_id: str) -> _Rows:
        """What is stored."""
        return driver.rows(self._of_agent, (agent_id,))

    def replace(self, driver: Driver, agent_id: str, known: _Rows, told: _Rows) -> None:
        """Have it say what was `told`, in the order of its key, in place of what is `known`."""
        if known != told:
            driver.many(self._drop, [(agent_id,)])
            driver.many(self._add, [(agent_id, *row) for row in told])


_GPUS: Final = _Parts("agent_gpus", ("number", "name", "ram"))
_DISKS: Final = _Parts("agent_disks", ("mountpoint", "size", "free"))
_CARDS: Final = _Parts("agent_mac_addresses", ("mac_address",))


def store(session: Session, inventory: Inventory, time: datetime) -> None:
    """Store what `inventory`, which came at `time`, tells. What is as it was isn't written again.

    A new agent is taken to have the software versions that are so marked.
    """
    driver, agent_id = Driver(session), inventory.agent_id
    told: dict[str, Any] = {name: getattr(inventory, name) for name in _TOLD} | {
        "state": AgentState.ONLINE.value
    }
    found = driver.rows(_AGENT, (agent_id,))
    if not found:
        session.execute(insert(AGENTS), told | {"id": agent_id, "last_heard_from": time})
        _add_software(driver, agent_id, (version for (version,) in driver.rows(_DEFAULTS)))
    else:
        changed = tuple(name for name, value in zip(_KNOWN, found[0], strict=True) if told[name] != value)
        values = [*(told[name] for name in changed), stored_time(time), agent_id]
        driver.many(update_by_id("agents", (*changed, "last_heard_from")), [values])
    for parts, rows in (
        (_GPUS, [tuple(gpu) for gpu in sorted(inventory.gpus)]),
        (_CARDS, [(address,) for address in sorted({*inventory.mac_addresses})]),
    ):
        parts.replace(driver, agent_id, parts.known(driver, agent_id), rows)
    _store_disks(driver, agent_id, inventory.disks)
    _store_software(driver, inventory)


def _store_disks(driver: Driver, agent_id: str, disks: Sequence[Disk]) -> None:
    """Disks fill all the time: only what changed by a good part is stored."""
    known = _DISKS.known(driver, agent_id)
    before = {place: (size, free) for place, size, free in known}
    told = []
    # Of two at one place the later one hides the earlier.
    for place, size, free in sorted({disk.mountpoint: disk for disk in disks}.values()):
        old_size, old_free = before.get(place, (None, free))
        small = old_size == size and abs(old_free - free) * DISK_SHARE < size
        told.append((place, size, old_free if small else free))
    _DISKS.replace(driver, agent_id, known, told)


def _store_software(driver: Driver, inventory: Inventory) -> None:
    """Note the versions that were found, in place of those found before; what a person set stays.

    A version that the farm's table of software hasn't is left out: nobody knows its rank.
    """
    if not inventory.software:
        return
    agent_id, told = inventory.agent_id, {tuple(one) for one in inventory.software}
    found = {version for *name, version in driver.rows(_VERSIONS) if tuple(name) in told}
    known = dict(driver.rows(_HAS, (agent_id,)))
    gone = {version for version, by_itself in known.items() if by_itself} - found
    driver.many(_HAS_NO_MORE, [(agent_id, version) for version in gone])
    _add_software(driver, agent_id, sorted(found - known.keys()), found=True)


def _add_software(driver: Driver, agent_id: str, versions: Iterable[int], *, found: bool = False) -> None:
    driver.many(_HAS_NOW, [(agent_id, version, found) for version in versions])
