"""Reads every few seconds when jobs will probably be done, while the window is visible."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from farmgui.domain.explanations import Expected
from farmgui.ui.background import Background, Lane, Outcome

if TYPE_CHECKING:
    from farmgui.services.farm import Farm

_EVERY: Final = 4000
"""Milliseconds between two readings."""


class Outlook(QObject):
    """Hands what was read to `show`; asks nothing while `watched` is hidden or an answer is on its way."""

    def __init__(
        self,
        farm: Farm,
        background: Background,
        watched: QWidget,
        show: Callable[[Mapping[int, Expected]], None],
    ) -> None:
        super().__init__(watched)
        self._explaining = farm.explaining
        self._background = background
        self._watched = watched
        self._show = show
        self._reading = False
        self._timer = QTimer(self, interval=_EVERY)
        self._timer.timeout.connect(self.read)
        self._timer.start()

    def read(self) -> None:
        """Read now."""
        if self._reading or not self._watched.isVisible():
            return
        self._reading = True

        def done(outcome: Outcome[Mapping[int, Expected]]) -> None:
            self._reading = False
            # What can't be said this time is said the next time: nobody asked for it.
            if outcome.error is None:
                self._show(outcome.get())

        # Not beside the readings: two threads at work would have the window wait twice as long.
        self._background.run(self._explaining.expected, done, label="looking ahead", lane=Lane.READ)
