"""What a machine keeps of the farm that it has joined."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from farmgui.execution.engine.cluster_folder import engine_security, read_farm
from farmgui.execution.private_files import write_whole

if TYPE_CHECKING:
    from distributed.security import Security

AUTHORITY = "authority.pem"
CERTIFICATE = "machine.pem"
KEY = "machine.key"
_FARM = "farm.json"


@dataclass(frozen=True, slots=True)
class Membership:
    """A machine's place in a farm."""

    farm: str
    """Its name."""
    engine: str
    """tls://HOST:PORT"""
    join: str
    """The same, of the service that it joined by."""
    folder: Path

    def security(self) -> Security:
        """What a worker of the engine shows and asks for. Raises FarmError where a file is missing."""
        return engine_security(self.folder, "worker")


def read_membership(folder: Path) -> Membership | None:
    """The farm that the machine of `folder` has joined; None where it has joined none, or not wholly."""
    if not all((folder / name).is_file() for name in (AUTHORITY, CERTIFICATE, KEY)):
        return None
    found = read_farm(folder / _FARM)
    return None if found is None else Membership(*found, folder)


def write_membership(membership: Membership, code: str) -> None:
    """Keep it, once the certificates are there, with the digest of its code. Raises OSError."""
    known = {"farm": membership.farm, "engine": membership.engine, "join": membership.join, "code": code}
    write_whole(membership.folder / _FARM, json.dumps(known, indent=2).encode())


def code_of(folder: Path) -> str:
    """The digest of the code by which the machine of `folder` has joined; empty where that isn't known."""
    try:
        return str(json.loads((folder / _FARM).read_bytes())["code"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
