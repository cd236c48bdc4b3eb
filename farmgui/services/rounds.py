"""The lead's periodic work, as data: what is done, how often, and beside whom.

None of it is done on the scheduler's thread. What waits for servers, what works on files and what writes to
the database each have a thread of their own; the last does so in small parts, so that the lead need not wait.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from farmgui.domain.addresses import MailServer
from farmgui.domain.periods import PERIODS, periods
from farmgui.scheduler.beat import Periodic
from farmgui.services import sending
from farmgui.services.autodelete import mark_old_jobs
from farmgui.services.cleanup import Cleanup
from farmgui.services.compression import compress_logs
from farmgui.services.database import Database
from farmgui.services.notices import forget_old
from farmgui.services.orphans import remove_orphaned_logs
from farmgui.services.sending import Sending
from farmgui.services.statistics import Statistics
from farmgui.services.thinning import Thinning

SERVERS, FILES, STORE = "servers", "files", "store"
"""The threads."""
_THREAD: Final = {"notices": SERVERS, "compression": FILES, "orphans": FILES}
PAUSE: Final = 0.02
"""Seconds that others have to write between two parts of a deletion."""
FIRST: Final = 60.0
"""Seconds after which each work is done for the first time at the latest: many windows are closed sooner than
the longest period is over."""


class Choices(sending.Choices, Protocol):
    """What the settings say of periodic work."""

    @property
    def periods(self) -> Mapping[str, float]:
        """Seconds, by the names of PERIODS, where others than the usual ones are wanted."""

    @property
    def compress_logs_after(self) -> int:
        """Days; 0: never."""


class UsualChoices:
    """Nothing was chosen: no mail, no web address, the usual periods."""

    periods: Mapping[str, float] = {}
    compress_logs_after = 7

    def mail_server(self) -> MailServer | None:
        """None."""
        return None

    def notification(self) -> Mapping[str, Any]:
        """Nothing."""
        return {}


class Rounds:
    """The periodic work of one program; each is done only while `leads` says that the program schedules."""

    def __init__(
        self, database: Database, log_folder: Path, choices: Choices, leads: Callable[[], bool]
    ) -> None:
        self._database = database
        self._log_folder = log_folder.absolute()
        self._choices = choices
        self._leads = leads
        self._stopping = threading.Event()
        self._sending = Sending(database, choices, leads)
        self._cleanup = Cleanup(database, self._goes_on, PAUSE)
        self._statistics = Statistics(database)
        self._thinning = Thinning(database)

    def periodic(self) -> tuple[Periodic, ...]:
        """The work, with the periods that are chosen at present."""
        work: dict[str, Callable[[], object]] = {
            "notices": self._sending.run,
            "deletion": self._cleanup.run,
            "autodelete": lambda: mark_old_jobs(self._database),
            "compression": self._compress,
            "orphans": lambda: remove_orphaned_logs(self._database, self._log_folder, self._goes_on),
            "thinning": self._thin_out,
            "agent count": self._statistics.count_agents,
            "task count": self._statistics.count_tasks,
        }
        seconds = periods(self._choices.periods)
        return tuple(
            Periodic(
                item.name,
                seconds[item.name],
                self._while_leading(work[item.name]),
                thread=_THREAD.get(item.name, STORE),
                first=min(seconds[item.name], FIRST),
            )
            for item in PERIODS
        )

    def stop(self) -> None:
        """Begin nothing more, and end soon what is under way; what is left is done by the next lead."""
        self._stopping.set()
        self._sending.stop()

    def _goes_on(self) -> bool:
        return not self._stopping.is_set() and self._leads()

    def _while_leading(self, work: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            if self._goes_on():
                work()

        return run

    def _compress(self) -> None:
        compress_logs(self._database, self._log_folder, self._choices.compress_logs_after, self._goes_on)

    def _thin_out(self) -> None:
        forget_old(self._database)
        self._statistics.forget_diary()
        self._thinning.run()
