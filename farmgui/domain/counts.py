"""Counts of a job's tasks by state, and the job state that follows from them."""

from __future__ import annotations

from dataclasses import dataclass

from farmgui.domain.states import JobState


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """How many tasks of a job are in each state; kept on the job in the transaction that moves a task."""

    queued: int = 0
    assigned: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """All tasks of the job."""
        return self.queued + self.assigned + self.running + self.done + self.failed

    @property
    def unfinished(self) -> int:
        """Tasks that are neither done nor failed."""
        return self.queued + self.assigned + self.running

    @property
    def active(self) -> int:
        """Tasks that an agent holds."""
        return self.assigned + self.running

    def as_dict(self) -> dict[str, int]:
        """The counts by the name of the state, as the command line's JSON has them."""
        return {
            "queued": self.queued,
            "assigned": self.assigned,
            "running": self.running,
            "done": self.done,
            "failed": self.failed,
        }


def job_state(current: JobState, counts: TaskCounts, *, stuck: bool = False) -> JobState:
    """The state that follows from `counts`; paused stays so while work is left (PyFarm 2.2, 9.1 rule 4).

    A job that is `stuck` (domain.blocking) has failed: none of what it has left can start.
    """
    if stuck:
        return JobState.FAILED
    if counts.unfinished == 0:
        return JobState.FAILED if counts.failed else JobState.DONE
    if current is JobState.PAUSED:
        return JobState.PAUSED
    return JobState.RUNNING if counts.active else JobState.QUEUED
