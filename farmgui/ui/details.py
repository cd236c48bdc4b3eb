"""What is told of the selected jobs beside their rows: values, why they wait, a log, until when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from farmgui.domain.snapshots import AgentRow, JobRow, TaskRow
from farmgui.ui.background import Background
from farmgui.ui.bridge import Bridge
from farmgui.ui.commands import Commands
from farmgui.ui.editors.job_panel import JobPanel
from farmgui.ui.item_models.rows_model import RowsModel
from farmgui.ui.job_feed import JobFeed
from farmgui.ui.log_choice import LogChoice
from farmgui.ui.outlook import Outlook
from farmgui.ui.palette import Colours
from farmgui.ui.views.jobs_view import JobsView
from farmgui.ui.views.log_view import LogView
from farmgui.ui.views.why_view import WhyView

if TYPE_CHECKING:
    from farmgui.services.farm import Farm


class Details:
    """The views of the selected jobs of `jobs`, and what reads for them."""

    def __init__(self, farm: Farm, background: Background, colours: Colours, jobs: JobsView) -> None:
        self.panel = JobPanel()
        self.why = WhyView(farm, background)
        self.log = LogView(farm, background, colours)
        self._log_choice = LogChoice(self.log.show_task)
        self._feed = JobFeed(farm, background, self.panel, jobs.model.rows)
        self._outlook = Outlook(farm, background, jobs, jobs.set_expected)
        self.panel.jobs_asked.connect(jobs.select)

    def connect_to(self, bridge: Bridge, commands: Commands) -> None:
        """Read again when the farm was read, and hand changes to the commands."""
        bridge.was_read.connect(self._feed.refresh)
        self.panel.change_asked.connect(commands.change)

    def show_jobs(self, jobs: Sequence[JobRow]) -> None:
        """Tell of these jobs."""
        self._log_choice.of_jobs(tuple(sorted(job.id for job in jobs)))
        self.panel.set_jobs(jobs)
        self.why.show_jobs(jobs)

    def take_tasks(self, tasks: Sequence[TaskRow]) -> None:
        """Tasks that came or changed."""
        self._log_choice.take(tasks)

    def show_tasks(self, tasks: RowsModel[TaskRow], selected: Sequence[TaskRow]) -> None:
        """Show the log of the selected task, else of the one of `tasks` that tells most."""
        self._log_choice.select(tasks, selected)

    def set_agents(self, agents: Sequence[AgentRow]) -> None:
        """The newest agents."""
        self.why.set_agents(agents)
