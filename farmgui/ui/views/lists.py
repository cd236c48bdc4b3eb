"""The tables of tasks and of agents."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from farmgui.domain.snapshots import AgentRow, JobRow, TaskRow
from farmgui.ui.item_models.agent_columns import AGENT_COLUMNS
from farmgui.ui.item_models.rows_model import RowsModel
from farmgui.ui.item_models.task_columns import TASK_COLUMNS, is_at_work
from farmgui.ui.palette import Colours
from farmgui.ui.texts import many, one_line
from farmgui.ui.views.table import TableView


class TasksView(TableView[TaskRow]):
    """The tasks of the selected jobs; the job's title is a column while they are of several, and the tile is
    one while frames are rendered in tiles."""

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        model = RowsModel(TASK_COLUMNS, lambda task: task.id, is_live=is_at_work)
        super().__init__(model, parent)
        model.setParent(self)
        model.set_colours(colours)
        self._several = self._tiled = False
        self.setObjectName("tasks")
        self.setAccessibleName("Tasks")
        self.set_empty_text("Select a job to see its tasks.")
        self.sort_by("frame")

    def show_jobs(self, jobs: Sequence[JobRow]) -> str:
        """Say whose tasks are shown; gives the title."""
        several = len(jobs) > 1
        if several != self._several:
            self._several = several
            self.set_column_shown("job", shown=several)
        tiled = any(job.num_tiles is not None for job in jobs)
        if tiled != self._tiled:
            self._tiled = tiled
            self.set_column_shown("tile", shown=tiled)
        self.set_empty_text("" if jobs else "Select a job to see its tasks.")
        if not jobs:
            return "Tasks"
        return f"Tasks of {one_line(jobs[0].title, 60) if not several else many(len(jobs), 'job')}"


class AgentsView(TableView[AgentRow]):
    """All agents; where they are is a column once machines have joined."""

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        model = RowsModel(AGENT_COLUMNS, lambda agent: agent.id, is_live=lambda _agent: True)
        super().__init__(model, parent)
        model.setParent(self)
        model.set_colours(colours)
        self.setObjectName("agents")
        self.setAccessibleName("Agents")
        self.set_empty_text("No agent yet. The one of this machine starts with the first lead.")
        self.sort_by("hostname")
        self._joined = False
        model.rowsInserted.connect(self._tell_places)
        model.modelReset.connect(self._tell_places)

    def _tell_places(self) -> None:
        if not self._joined and any(agent.joined for agent in self.rows_model().rows()):
            self._joined = True
            self.set_column_shown("place", shown=True)
