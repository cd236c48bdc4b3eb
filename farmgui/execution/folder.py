"""The agent's folder: its id, lock, socket, journal and log, and the highest fence that it has seen."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from farmgui.domain.errors import FarmError
from farmgui.execution import platforms
from farmgui.execution.private_files import write_new


def write_whole(path: Path, data: bytes) -> None:
    """Replace the file by `data` so that it is always whole, the old or the new. Raises OSError."""
    new = path.with_name(path.name + ".new")
    new.write_bytes(data)
    new.replace(path)


@dataclass(frozen=True, slots=True)
class AgentFolder:
    """A folder of mode 0700 that belongs to one agent; made by `open_folder`."""

    path: Path
    agent_id: str
    address: str

    @property
    def lock(self) -> Path:
        """Held by the agent as long as it lives."""
        return self.path / "lock"

    @property
    def journal(self) -> Path:
        """Results that nobody acknowledged yet, and the processes that were started."""
        return self.path / "journal"

    @property
    def log(self) -> Path:
        """What the agent has to say about itself."""
        return self.path / "agent.log"

    def highest_fence(self) -> int:
        """The highest fencing token that a lead came with; 0 when none did."""
        try:
            return int((self.path / "fence").read_text())
        except (OSError, ValueError):
            return 0

    def keep_fence(self, fence: int) -> None:
        """Keep the highest fencing token. Raises OSError."""
        write_whole(self.path / "fence", str(fence).encode())


def open_folder(path: Path) -> AgentFolder:
    """The agent's folder, made if it isn't there. Raises FarmError where it isn't safe or can't be used."""
    path = Path(os.path.abspath(path))  # noqa: PTH100 (symbolic links stay: the address depends on the name)
    platforms.make_private(path)
    try:
        return AgentFolder(path, _agent_id(path / "id"), platforms.socket_address(path))
    except OSError as error:
        raise FarmError(f"The folder {path} can't be used: {error.strerror}.") from error


def _agent_id(path: Path) -> str:
    """The id that the agent keeps for life."""
    try:
        known = path.read_text("ascii", "replace").strip()
    except FileNotFoundError:
        known = ""
    if known:
        return known
    # Two programs may come here at one time: one of them makes it, and both read that.
    with suppress(FileExistsError):
        write_new(path, secrets.token_urlsafe(12).encode())
    known = path.read_text("ascii", "replace").strip()
    if not known:
        raise FarmError(f"The file {path} is empty. Remove it, then start again.")
    return known
