"""Where a cluster listens and what its farm is called: as it was asked for, as it was, or as is usual."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Final

from farmgui.domain.errors import InvalidValue
from farmgui.execution.engine.cluster_folder import LONGEST_FARM_NAME, Cluster, check_farm_name
from farmgui.execution.engine.engine_address import LAST_PORT, check_host, split_address
from farmgui.execution.engine.own_address import is_own, own_address

ENGINE_PORT: Final = 8786


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked for; None: as it was the last time, or else as is usual."""

    host: str | None = None
    """What machines call this one, and where it listens."""
    port: int | None = None
    """The engine's; 0: any that is free."""
    join_port: int | None = None
    """That of the door to join by; usually the next one."""
    name: str | None = None
    """The farm's, which is chosen once."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where it will listen."""

    host: str
    port: int
    join_port: int
    farm: str


def plan(wishes: Wishes, known: Cluster | None) -> Plan:
    """What comes of the wishes, where `known` is the farm as it was. Raises InvalidValue."""
    before = _Before(known)
    port = _port(wishes.port, before.port, ENGINE_PORT)
    # A door that was chosen stays, unless the engine's port is chosen anew.
    next_one = port + 1 if port else 0
    join_port = _port(wishes.join_port, before.join_port if wishes.port is None else None, next_one)
    if port and port == join_port:
        raise InvalidValue(f"The engine and the door to join by can't both have port {port}. Choose two.")
    return Plan(_host(wishes.host, before.host), port, join_port, _farm(wishes.name, known))


class _Before:
    """Where it listened the last time."""

    def __init__(self, known: Cluster | None) -> None:
        self.host: str | None = None
        self.port: int | None = None
        self.join_port: int | None = None
        if known is not None:
            self.host, self.port = split_address(known.engine)
            self.join_port = split_address(known.join)[1]


def _port(wished: int | None, before: int | None, usual: int) -> int:
    port = next(one for one in (wished, before, usual) if one is not None)
    if not 0 <= port <= LAST_PORT:
        raise InvalidValue(f"{port} is no port. Choose one from 1 to {LAST_PORT}.")
    return port


def _host(wished: str | None, before: str | None) -> str:
    if wished is not None:
        return check_host(wished)
    # Machines that have joined look for us there, as long as that is us.
    if before is not None and is_own(before):
        return before
    return check_host(own_address())


def _farm(wished: str | None, known: Cluster | None) -> str:
    if known is None:
        usual = "".join(letter for letter in socket.gethostname() if letter.isprintable())
        return check_farm_name(wished or usual[:LONGEST_FARM_NAME] or "farm")
    if wished is not None and wished != known.farm:
        raise InvalidValue(
            f'This farm is called "{known.farm}", as its machines know it, and that stays so. '
            "Start it without --name."
        )
    return known.farm
