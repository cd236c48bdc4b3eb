"""What is selected in the tables: what actions act on."""

from __future__ import annotations

from dataclasses import dataclass

from farmgui.domain.snapshots import AgentRow, JobRow, TaskRow


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected rows of each table, in the order shown."""

    jobs: tuple[JobRow, ...] = ()
    tasks: tuple[TaskRow, ...] = ()
    agents: tuple[AgentRow, ...] = ()

    @property
    def job_ids(self) -> tuple[int, ...]:
        """The ids of the selected jobs."""
        return tuple(job.id for job in self.jobs)

    @property
    def task_ids(self) -> tuple[int, ...]:
        """The ids of the selected tasks."""
        return tuple(task.id for task in self.tasks)

    @property
    def agent_ids(self) -> tuple[str, ...]:
        """The ids of the selected agents."""
        return tuple(agent.id for agent in self.agents)
