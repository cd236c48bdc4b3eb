"""What a workstation keeps of its farm of many machines: where the engine is, and how to speak with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from farmgui.domain.errors import FarmError, InvalidValue
from farmgui.execution.engine.engine_address import split_address
from farmgui.execution.private_files import write_whole

if TYPE_CHECKING:
    from distributed.security import Security

LONGEST_FARM_NAME: Final = 60
_FILES: Final = {"scheduler": "engine", "client": "lead", "worker": "machine"}
_AGAIN: Final = "Start `farmgui cluster` again: it makes it anew."
_MAKES_IT: Final = {
    "scheduler": _AGAIN,
    "client": _AGAIN,
    "worker": "Join anew, with a line of: farmgui cluster --invite",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """The farm of a folder that `farmgui cluster` has run in."""

    folder: Path
    farm: str
    engine: str
    """tls://HOST:PORT"""
    join: str
    """The same, of the service that machines join by."""

    def security(self, role: str) -> Security:
        """What a "scheduler" or "client" of the engine shows and asks for. Needs the extra `farm`."""
        return engine_security(self.folder, role)


def read_cluster(folder: Path) -> Cluster | None:
    """The farm of `folder`; None where `farmgui cluster` never ran, or what it wrote can't be read."""
    found = read_farm(folder / "cluster.json")
    return None if found is None else Cluster(folder, *found)


def write_cluster(cluster: Cluster) -> None:
    """Keep it. Raises OSError."""
    known = {"farm": cluster.farm, "engine": cluster.engine, "join": cluster.join}
    write_whole(cluster.folder / "cluster.json", json.dumps(known, indent=2).encode())


def read_farm(file: Path) -> tuple[str, str, str] | None:
    """Name, engine and join address of a farm; None where `file` doesn't tell them."""
    try:
        known: Any = json.loads(file.read_bytes())
        farm, engine, join = known["farm"], known["engine"], known["join"]
        split_address(engine)
        split_address(join)
        return check_farm_name(farm), engine, join
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def check_farm_name(name: str) -> str:
    """`name` where a farm can have it. Raises InvalidValue."""
    if not name.strip() or not name.isprintable() or len(name) > LONGEST_FARM_NAME:
        raise InvalidValue(
            f"The farm's name has one to {LONGEST_FARM_NAME} letters that can be printed. Choose another one."
        )
    return name


def engine_security(folder: Path, role: str) -> Security:
    """The engine's security for a role, by the files of `folder`. Raises FarmError where one is missing."""
    from distributed.security import Security

    name = _FILES[role]
    files = {
        "tls_ca_file": folder / "authority.pem",
        f"tls_{role}_cert": folder / f"{name}.pem",
        f"tls_{role}_key": folder / f"{name}.key",
    }
    for file in files.values():
        if not file.is_file():
            raise FarmError(f"The file {file} is missing. {_MAKES_IT[role]}")
    texts = {key: str(file) for key, file in files.items()}
    return Security(require_encryption=True, **texts)  # type: ignore[no-untyped-call]
