"""Whose log is shown: that of the selected task, else of the one that tells most of the selected job."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from farmgui.domain.snapshots import TaskRow
from farmgui.ui.item_models.rows_model import RowsModel
from farmgui.ui.picking import most_telling


class LogChoice:
    """Chooses once for each selection of jobs: a log that is read isn't taken away by the next frame."""

    def __init__(self, show: Callable[[TaskRow | None], None]) -> None:
        self._show = show
        self._jobs: tuple[int, ...] = ()
        self._chosen: int | None = None
        self._telling: TaskRow | None = None
        self._others = False
        """Tasks of the selected jobs may have been there before these were selected."""

    def of_jobs(self, job_ids: tuple[int, ...]) -> None:
        """The jobs with these numbers are selected now."""
        if job_ids != self._jobs:
            self._jobs, self._chosen, self._telling, self._others = job_ids, None, None, True

    def take(self, tasks: Sequence[TaskRow]) -> None:
        """Tasks that came or changed: of 100,000 only these are looked at."""
        of_jobs = [task for task in tasks if task.job_id in self._jobs]
        if self._telling is not None and all(task.id != self._telling.id for task in of_jobs):
            of_jobs.append(self._telling)
        self._telling = most_telling(of_jobs)

    def select(self, tasks: RowsModel[TaskRow], selected: Sequence[TaskRow]) -> None:
        """`tasks` are shown now, `selected` of them are selected."""
        if selected:
            self._chosen = selected[0].id
            self._show(selected[0])
            return
        kept = self._row(tasks, self._chosen)
        if kept is None and self._others:
            self.take(tasks.rows())
        self._others = False
        if kept is None and self._telling is not None:
            kept = self._row(tasks, self._telling.id)
        self._chosen = kept.id if kept is not None else None
        self._show(kept)

    def _row(self, tasks: RowsModel[TaskRow], key: int | None) -> TaskRow | None:
        place = tasks.place_of(key)
        row = None if place is None else tasks.row_at(place)
        return row if row is not None and row.job_id in self._jobs else None
