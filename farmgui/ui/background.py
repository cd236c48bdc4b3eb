"""The one door to work off the GUI thread: its result or error comes back there as one value."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from farmgui.domain.errors import FarmError
from farmgui.execution.precedence import give_way

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Lane(StrEnum):
    """Which threads do the work. Reads and commands keep their order: one thread each."""

    READ = "read"
    COMMAND = "command"
    LONG = "long"
    LOOK = "look"
    """Looking ahead and explaining: one question at a time, beside all else."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What came of the work: `value`, or the `error` whose text is meant for people."""

    value: T | None = None
    error: FarmError | None = None

    def get(self) -> T:
        """The value; raises the error where there is one."""
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]


class Background(QObject):
    """Runs callables on threads of its own and hands their outcomes back on the GUI thread.

    Its threads give way to the window, but for the one of commands: a person waits for these.
    """

    _came = Signal(object, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lanes = {
            Lane.READ: ThreadPoolExecutor(1, "farmgui-read", give_way),
            Lane.COMMAND: ThreadPoolExecutor(1, "farmgui-command"),
            Lane.LONG: ThreadPoolExecutor(2, "farmgui-long", give_way),
            Lane.LOOK: ThreadPoolExecutor(1, "farmgui-look", give_way),
        }
        self._closed = False
        self._came.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        work: Callable[[], T],
        done: Callable[[Outcome[T]], None],
        *,
        label: str = "",
        lane: Lane = Lane.LONG,
    ) -> None:
        """Run `work` on a thread and then `done` on the GUI thread; `label` names it in the log.

        An error that is no FarmError goes to the excepthook; `done` then gets a FarmError that says so.
        """
        if not self._closed:
            self._lanes[lane].submit(self._work, work, done, label)

    def close(self) -> None:
        """Drop what has not begun, wait for what has, deliver nothing more."""
        self._closed = True
        for lane in self._lanes.values():
            lane.shutdown(wait=True, cancel_futures=True)

    def _work(self, work: Callable[[], Any], done: Callable[[Outcome[Any]], None], label: str) -> None:
        defect: Exception | None = None
        outcome: Outcome[Any]
        try:
            outcome = Outcome(value=work())
        except FarmError as error:
            outcome = Outcome(error=error)
        except Exception as error:  # noqa: BLE001 - a thread begins here: the GUI thread's excepthook gets it.
            defect = error
            outcome = Outcome(error=_unexpected(label, error))
        if not self._closed:
            self._came.emit(done, outcome, defect)

    def _deliver(
        self, done: Callable[[Outcome[Any]], None], outcome: Outcome[Any], defect: Exception | None
    ) -> None:
        if self._closed:
            return
        if defect is not None:
            _log.error("work failed", exc_info=defect)
            sys.excepthook(type(defect), defect, defect.__traceback__)
        done(outcome)


def _unexpected(label: str, error: Exception) -> FarmError:
    what = f"{label[:1].upper()}{label[1:]}" if label else "Something"
    return FarmError(
        f"{what} failed inside the program ({type(error).__name__}). Its log file has the details."
    )
