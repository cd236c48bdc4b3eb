"""The agent: a process that runs this machine's tasks, with or without a lead that listens."""

from __future__ import annotations

import argparse
import logging
import os
import platform
import secrets
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from farmgui import __version__
from farmgui.domain.errors import FarmError
from farmgui.domain.reports import Inventory
from farmgui.domain.resource_files import assemble_tiles_script, resources
from farmgui.execution import platforms
from farmgui.execution.batch import Surroundings
from farmgui.execution.cleanup import end_leftovers
from farmgui.execution.desk import Desk
from farmgui.execution.door import Door
from farmgui.execution.family import AGENT_VARIABLE, ATTEMPT_VARIABLE
from farmgui.execution.folder import AgentFolder, open_folder
from farmgui.execution.graphics import Cards
from farmgui.execution.journal import Journal
from farmgui.execution.locks import is_held, wait_for_lock
from farmgui.execution.machine import Machine, os_class
from farmgui.execution.outbox import Outbox
from farmgui.execution.software import SoftwareSearch
from farmgui.execution.watch import Watch

_log = logging.getLogger(__name__)
_WAIT_FOR_LOCK: Final = 2.0
_LEFTOVER_GRACE: Final = 2.0
_END_WITHIN: Final = 30.0
_MB: Final = 2**20


@dataclass(frozen=True, slots=True)
class Settings:
    """How an agent behaves; all in seconds."""

    grace: float = 5.0
    """From asking a task to end to ending it."""
    idle_end: float = 300.0
    """Without a lead and without a task, it ends by itself after so long."""
    heartbeat: float = 10.0
    watch: float = 1.0
    software_after: float = 5.0
    """From its start to a look for programs."""
    joined: bool = False
    """It belongs to the farm of another machine: it keeps its logs itself."""
    company: Path | None = None
    """A lock: as long as another process holds it, this agent doesn't end by itself."""


class Agent:
    """One incarnation of the agent of a folder whose lock is held."""

    def __init__(self, folder: AgentFolder, settings: Settings) -> None:
        """Clean up after the one before, and begin to listen. Raises OSError."""
        self._settings = settings
        self._folder = folder
        self._ends: SimpleQueue[None] = SimpleQueue()
        """Told to end. A queue of this kind may be used in a signal handler, an event may not."""
        self._over = threading.Event()
        self._busy_at = time.monotonic()
        self.incarnation: Final = secrets.token_urlsafe(12)
        self._journal = Journal(folder.journal)
        self._clean_up()
        self._watch = Watch(folder.agent_id, self._journal, settings.watch)
        self._machine = Machine()
        self._software = SoftwareSearch(resources() / "jobtypes", settings.software_after)
        self._outbox = Outbox(self._journal, self.inventory, settings.heartbeat)
        self._desk = Desk(self._surroundings(), self._journal, self._outbox)
        self._door = Door(folder, self.incarnation, self._desk, self._outbox, self.end)

    def run(self) -> None:
        """Serve until told to end, or until nobody needs us."""
        for name, run in (
            ("door", self._door.run),
            ("outbox", self._outbox.run),
            ("watch", lambda: self._watch.run(self._over)),
            ("machine", lambda: self._machine.run(self._over, self._outbox.ask_inventory)),
            ("software", lambda: self._software.run(self._over, self._outbox.ask_inventory)),
        ):
            threading.Thread(target=self._keep_running, args=(run,), name=name, daemon=True).start()
        platforms.on_end_signals(self.end)
        _log.info("Agent %s, incarnation %s, pid %d.", self._folder.agent_id, self.incarnation, os.getpid())
        self._wait()
        self._door.close()
        if not self._desk.end(self._settings.grace + _END_WITHIN):
            _log.error("Some tasks can't be ended; the agent goes without them.")
        self._outbox.close(timeout=2.0)
        self._over.set()
        self._journal.close()
        _log.info("The agent ends.")

    def end(self) -> None:
        """Ask the agent to end; from any thread or signal handler."""
        self._ends.put(None)

    def inventory(self) -> Inventory:
        """Who we are and what we hold."""
        import psutil

        memory = psutil.virtual_memory()
        hardware = self._machine.hardware
        return Inventory(
            agent_id=self._folder.agent_id,
            incarnation=self.incarnation,
            hostname=socket.gethostname(),
            os=f"{platform.system()} {platform.release()}",
            version=__version__,
            cpus=os.cpu_count() or 1,
            ram=memory.total // _MB,
            free_ram=memory.available // _MB,
            pid=os.getpid(),
            tokens=self._desk.tokens,
            cpu_name=hardware.cpu_name,
            os_class=os_class(),
            gpus=hardware.gpus,
            disks=hardware.disks or (),
            mac_addresses=hardware.mac_addresses,
            software=self._software.found,
            joined=self._settings.joined,
            log_folder=str(self._folder.path / "logs") if self._settings.joined else "",
            python=sys.executable,
            assemble_tiles=assemble_tiles_script(),
        )

    def _keep_running(self, run: Callable[[], None]) -> None:
        while not self._over.is_set():
            try:
                run()
            except Exception:  # noqa: BLE001 (here a thread begins)
                # A defect of ours may cost a connection, not the work of a night.
                _log.exception("The thread %s failed and begins again.", threading.current_thread().name)
                self._outbox.hang_up()
                self._over.wait(1.0)
            else:
                return

    def _wait(self) -> None:
        while True:
            try:
                self._ends.get(timeout=min(15.0, self._settings.idle_end / 4))
            except Empty:
                alone = self._outbox.alone_since
                if not self._desk.is_idle or alone is None or self._has_company():
                    self._busy_at = time.monotonic()
                elif time.monotonic() - max(alone, self._busy_at) >= self._settings.idle_end:
                    _log.info("No lead and no task for %.0f seconds.", self._settings.idle_end)
                    return
            else:
                return

    def _has_company(self) -> bool:
        company = self._settings.company
        if company is None:
            return False
        try:
            return is_held(company)
        except OSError:
            return False

    def _clean_up(self) -> None:
        left = list(self._journal.processes.values())
        end_leftovers(self._folder.agent_id, left, _LEFTOVER_GRACE)
        for one in left:
            self._journal.ended(one.token)

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            agent_id=self._folder.agent_id,
            hostname=socket.gethostname(),
            folder=str(Path.home()),
            environ=dict(os.environ),
            grace=self._settings.grace,
            tell=self._outbox.tell,
            register=self._watch,
            cards=Cards(lambda: self._machine.hardware.gpus, self._machine.gpus_known),
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the agent of a folder; returns the exit status."""
    arguments = _arguments(argv)
    # What we start is marked as ours; what somebody else's agent marked us with isn't passed on.
    for name in (AGENT_VARIABLE, ATTEMPT_VARIABLE):
        os.environ.pop(name, None)
    try:
        folder = open_folder(arguments.folder)
        # One that is just ending gets a moment for it.
        if wait_for_lock(folder.lock, _WAIT_FOR_LOCK) is None:
            raise FarmError(f"Another agent runs already for the folder {folder.path}.")
        _log_to(folder.log)
        os.chdir(folder.path)
        agent = Agent(
            folder,
            Settings(
                arguments.grace,
                arguments.idle_end,
                arguments.heartbeat,
                arguments.watch,
                arguments.software_after,
                arguments.joined,
                arguments.company,
            ),
        )
    except (FarmError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    agent.run()
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    default = Settings()
    parser = argparse.ArgumentParser(prog="farmgui agent", description="Run tasks on this machine.")
    parser.add_argument("--folder", type=Path, required=True, help="where the agent keeps what it needs")
    parser.add_argument(
        "--grace", type=float, default=default.grace, help="seconds to let a task end by itself"
    )
    parser.add_argument(
        "--idle-end", type=float, default=default.idle_end, help="seconds without lead and task"
    )
    parser.add_argument("--heartbeat", type=float, default=default.heartbeat, help=argparse.SUPPRESS)
    parser.add_argument("--watch", type=float, default=default.watch, help=argparse.SUPPRESS)
    parser.add_argument(
        "--software-after", type=float, default=default.software_after, help=argparse.SUPPRESS
    )
    parser.add_argument("--joined", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--company", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def _log_to(path: Path) -> None:
    # Nobody can be told that the log of the agent itself can't be written.
    logging.raiseExceptions = False
    handler = RotatingFileHandler(
        path, maxBytes=_MB, backupCount=2, encoding="utf-8", errors="backslashreplace"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)


if __name__ == "__main__":
    sys.exit(main())
