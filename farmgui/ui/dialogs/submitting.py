"""Submits drafts one after the other in the background, with progress of the scene's copy, and cancel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from farmgui.domain.errors import FarmError
from farmgui.domain.jobtypes import JobTypeDefinition
from farmgui.submission.draft import Draft, Note
from farmgui.submission.problems import problems
from farmgui.ui.background import Background, Outcome
from farmgui.ui.dialogs.alive import if_alive


class Intake(Protocol):
    """What the form needs of `farmgui.services.intake`."""

    def job_types(self) -> Sequence[JobTypeDefinition]:
        """The job types that there are."""

    def draft(self, path: Path, job_type: str | None = None) -> Draft:
        """The draft of a file; reads it. Raises FarmError."""

    def empty_draft(self, job_type: str) -> Draft:
        """A draft of a type with nothing but its defaults."""

    def submit(
        self,
        draft: Draft,
        progress: Callable[[int, int], None] | None = None,
        cancel: Callable[[], bool] | None = None,
    ) -> int:
        """Store the job; its number. Raises FarmError."""


@dataclass(frozen=True, slots=True)
class Step:
    """What came of one draft: its job, or why there is none; `problems` where the form must be mended."""

    at: int
    job_id: int | None = None
    error: FarmError | None = None
    problems: tuple[Note, ...] = ()


class Submitting(QObject):
    """Runs through drafts until one fails or is cancelled; what was submitted before it stays submitted."""

    progressed = Signal(int, int)
    """Which draft, and how much of its scene is copied, in percent."""
    stepped = Signal(object)
    """A Step, after each draft."""
    ended = Signal()

    def __init__(self, intake: Intake, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._intake, self._background = intake, background
        self._drafts: list[tuple[int, Draft]] = []
        self._cancelled = threading.Event()

    def start(self, drafts: Sequence[tuple[int, Draft]]) -> None:
        """Submit `drafts`, each with the number that tells it apart; before the first all are checked."""
        self._cancelled = threading.Event()
        self._drafts = list(drafts)
        self._background.run(
            lambda: [(at, found) for at, draft in drafts if (found := problems(draft))],
            if_alive(self, self._checked),
            label="checking what is to be submitted",
        )

    def cancel(self) -> None:
        """Stop the copy that runs, and submit nothing more."""
        self._cancelled.set()

    def _checked(self, outcome: Outcome[list[tuple[int, tuple[Note, ...]]]]) -> None:
        for at, found in outcome.get():
            self.stepped.emit(Step(at, problems=found))
            self.ended.emit()
            return
        self._next()

    def _next(self) -> None:
        if not self._drafts:
            self.ended.emit()
            return
        at, draft = self._drafts.pop(0)
        cancelled = self._cancelled

        def progress(done: int, total: int) -> None:
            self.progressed.emit(at, round(100 * done / total) if total else 100)

        self._background.run(
            lambda: self._intake.submit(draft, progress, cancelled.is_set),
            if_alive(self, lambda outcome: self._submitted(at, outcome)),
            label="submitting",
        )

    def _submitted(self, at: int, outcome: Outcome[int]) -> None:
        self.stepped.emit(Step(at, job_id=outcome.value, error=outcome.error))
        if outcome.error is not None or self._cancelled.is_set():
            self._drafts.clear()
        self._next()
