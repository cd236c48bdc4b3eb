"""Has the machines that joined asked whether they see some files, and reads what they answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from farmgui.domain.sights import Question
from farmgui.domain.snapshots import SightRow
from farmgui.ui.background import Background, Lane, Outcome
from farmgui.ui.dialogs.alive import if_alive

if TYPE_CHECKING:
    from farmgui.services.farm import Farm

AGAIN_MS: Final = 300
"""Milliseconds after which answers that were missing are looked for once more."""
PATIENCE: Final = 20.0
"""Seconds; a machine that hasn't answered by then is told as one that hasn't."""


@dataclass(frozen=True, slots=True)
class Seeing:
    """What is known of the machines that joined, about one question."""

    question: Question | None = None
    rows: Sequence[SightRow] = ()
    waiting: bool = False
    """Some haven't answered, and are still waited for."""

    def blind(self) -> list[SightRow]:
        """Those that can't see something."""
        return [row for row in self.rows if row.answered and row.words]

    def silent(self) -> list[SightRow]:
        """Those that haven't answered."""
        return [row for row in self.rows if not row.answered]


class SightFeed(QObject):
    """Asks about the question that was chosen, and tells each time that more is known.

    All work is done off the GUI thread; what comes of a question that was left is dropped.
    """

    told = Signal(object)
    """A Seeing; an empty one where there is nothing to ask or it couldn't be."""

    def __init__(self, farm: Farm, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._farm, self._background = farm, background
        self._find: Callable[[], Question | None] | None = None
        self._visit = 0
        self._quietly = False
        self._end = 0.0
        # What machines answer is no change of the farm that everybody is told of: it is looked for.
        self._timer = QTimer(self, singleShot=True, interval=AGAIN_MS)
        self._timer.timeout.connect(self._look)
        self._question: Question | None = None

    def choose(self, find: Callable[[], Question | None] | None) -> None:
        """Have `ask` ask what `find` gives, which is called off the GUI thread and may read the farm."""
        self._find = find
        self._visit += 1
        self._timer.stop()

    def ask(self, *, quietly: bool = False) -> None:
        """Ask, also once more, as after a path map was changed.

        Quietly: nothing is told before all have answered, so that what is known stays shown meanwhile.
        """
        find, sights = self._find, self._farm.sights
        if find is None:
            return
        self._quietly = quietly
        self._visit += 1
        self._timer.stop()
        self._end = time.monotonic() + PATIENCE

        def work() -> Seeing:
            question = find()
            if question is None:
                return Seeing()
            sights.ask(question)
            return Seeing(question, sights.rows(question))

        self._run(work)

    def _look(self) -> None:
        question, sights = self._question, self._farm.sights
        if question is not None:
            self._run(lambda: Seeing(question, sights.rows(question)))

    def _run(self, work: Callable[[], Seeing]) -> None:
        visit = self._visit

        def done(outcome: Outcome[Seeing]) -> None:
            if visit == self._visit:
                # A job that is gone meanwhile goes from the tables, too.
                self._take(outcome.get() if outcome.error is None else Seeing())

        self._background.run(
            work, if_alive(self, done), label="asking which machines see the files", lane=Lane.LOOK
        )

    def _take(self, seeing: Seeing) -> None:
        waiting = bool(seeing.silent()) and time.monotonic() < self._end
        self._question = seeing.question
        if not (waiting and self._quietly):
            self.told.emit(Seeing(seeing.question, seeing.rows, waiting))
        if waiting:
            self._timer.start()
