"""Whose log is shown: that of the selected task, else of the one that tells most of the selected job."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from farmgui.domain.snapshots import TaskRow
from farmgui.ui.picking import most_telling


class LogChoice:
    """Chooses once for each selection of jobs: a log that is read isn't taken away by the next frame."""

    def __init__(self, show: Callable[[TaskRow | None], None]) -> None:
        self._show = show
        self._jobs: tuple[int, ...] = ()
        self._chosen: int | None = None

    def select(self, tasks: Sequence[TaskRow], selected: Sequence[TaskRow]) -> None:
        """`tasks` are shown now, `selected` of them are selected."""
        if selected:
            self._chosen = selected[0].id
            self._show(selected[0])
            return
        jobs = tuple(sorted({task.job_id for task in tasks}))
        kept = next((task for task in tasks if task.id == self._chosen), None)
        if jobs != self._jobs or kept is None:
            kept = most_telling(tasks)
        self._jobs = jobs
        self._chosen = kept.id if kept is not None else None
        self._show(kept)
