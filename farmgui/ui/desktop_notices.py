"""Shows the person at this desktop how the jobs ended that they want to be told of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal, SignalInstance

from farmgui.domain import requirements
from farmgui.domain.notices import DesktopNotice, GivenUp
from farmgui.ui.background import Background, Lane, Outcome
from farmgui.ui.views.message_bar import Level, MessageBar

if TYPE_CHECKING:
    from farmgui.services.farm import Farm

GAP: Final = 2000
"""Milliseconds between two looks into the outbox, at least."""
_ONE_BY_ONE: Final = 3
"""More notifications than these come as one, which names them."""


class Desktop(Protocol):
    """Where notifications are shown."""

    clicked: SignalInstance

    def is_there(self) -> bool: ...
    def show_message(self, title: str, text: str) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Found:
    notices: list[DesktopNotice]
    given_up: list[GivenUp]


class DesktopNotices(QObject):
    """Takes the notices of `user` out of the outbox, shows them, and tells that they were shown.

    On a desktop without a place for notifications they come in the message bar. A click calls `open_jobs`.
    What nobody could be told, and why, is said in the message bar, too.
    """

    _changed = Signal()

    def __init__(
        self,
        farm: Farm,
        background: Background,
        bar: MessageBar,
        desktop: Desktop,
        open_jobs: Callable[[Sequence[int]], None],
        user: str,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._farm = farm
        self._background = background
        self._bar = bar
        self._desktop = desktop
        self._open_jobs = open_jobs
        self._user = user
        self._last: tuple[int, ...] = ()
        """The jobs of the notification that a click is for."""
        self._given_up: int | None = None
        """The newest event of a notice that was given up which was there before."""
        self._reading = self._again = False
        self._timer = QTimer(self, singleShot=True, interval=GAP)
        self._timer.timeout.connect(self._read)
        self._changed.connect(self._look_soon, Qt.ConnectionType.QueuedConnection)
        desktop.clicked.connect(self._clicked)

    def start(self) -> None:
        """Look now, and whenever something was stored."""
        self._farm.changes.subscribe(self._note_change)
        self._read()

    def close(self) -> None:
        """Look no more."""
        self._farm.changes.unsubscribe(self._note_change)
        self._timer.stop()
        self._desktop.close()

    def _note_change(self) -> None:
        """Called on the thread that watches the database: it may only signal."""
        self._changed.emit()

    def _look_soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _read(self) -> None:
        if self._reading:
            self._again = True
            return
        self._reading, self._again = True, False
        notices, user, after = self._farm.notices, self._user, self._given_up
        self._background.run(
            lambda: _Found(notices.take_desktop(user), notices.given_up(after)),
            self._take,
            label="looking for notices",
            lane=Lane.READ,
        )

    def _take(self, outcome: Outcome[_Found]) -> None:
        self._reading = False
        if outcome.error is None:
            found = outcome.get()
            self._show_given_up(found.given_up)
            if found.notices:
                self._show(found.notices)
                self._tell_shown([item.id for item in found.notices])
        if self._again:
            self._look_soon()

    def _show_given_up(self, given_up: Sequence[GivenUp]) -> None:
        # What was given up before the window opened is the farm's diary, not news.
        if self._given_up is not None and given_up:
            more = f" (and {len(given_up) - 1} more)" if len(given_up) > 1 else ""
            self._bar.show_message(Level.WARNING, given_up[-1].text + more)
        self._given_up = max((item.id for item in given_up), default=self._given_up or 0)

    def _show(self, notices: Sequence[DesktopNotice]) -> None:
        # The bar has room for one.
        if len(notices) <= (_ONE_BY_ONE if self._desktop.is_there() else 1):
            for item in notices:
                self._tell([item], item.message.subject, item.message.body)
            return
        lines = [item.message.subject for item in notices[:_ONE_BY_ONE]]
        if len(notices) > _ONE_BY_ONE:
            lines.append(f"… and {len(notices) - _ONE_BY_ONE} more")
        self._tell(notices, f"{len(notices)} jobs ended", "\n".join(lines))

    def _tell(self, notices: Sequence[DesktopNotice], title: str, text: str) -> None:
        self._last = tuple(
            item.job_id for item in notices if item.outcome is not requirements.Outcome.DELETION
        )
        if self._desktop.is_there():
            self._desktop.show_message(title, text)
            return
        failed = any(item.outcome is requirements.Outcome.FAILURE for item in notices)
        level = Level.WARNING if failed else Level.NOTE
        jobs = self._last
        action = "Show" if jobs else ""
        self._bar.show_message(level, f"{title}\n{text}", action, lambda: self._open_jobs(jobs))

    def _tell_shown(self, ids: Sequence[int]) -> None:
        notices = self._farm.notices

        def done(_outcome: Outcome[None]) -> None:
            # There may be more than are taken at once.
            self._look_soon()

        self._background.run(lambda: notices.shown(ids), done, label="keeping that notices were shown")

    def _clicked(self) -> None:
        self._open_jobs(self._last)
