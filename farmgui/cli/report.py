"""What a run without a window says: a live status line, or one line an event where nobody watches."""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TextIO

from farmgui.domain.errors import NotFound
from farmgui.domain.frames import frame_text
from farmgui.domain.snapshots import JobRow, TaskRow
from farmgui.domain.states import TaskState
from farmgui.services.farm import Farm
from farmgui.services.lead import Leading

WAITED = timedelta(seconds=2)
SMALL_JOB = 2000
"""Jobs with more tasks are told by their counts: reading all of them again and again would cost too much."""


class Reporter:
    """Looks at the farm and tells what has changed since it last looked."""

    def __init__(self, farm: Farm, out: TextIO) -> None:
        self.failed = False
        """A frame of a job that this run had to do failed."""
        self._farm = farm
        self._out = out
        self._live = out.isatty()
        self._before: dict[int, JobRow] = {}
        self._tasks: dict[int, TaskState] = {}
        self._waits: dict[int, str] = {}
        self._finished_before: set[int] | None = None
        self._leads: bool | None = None
        self._line = ""

    def look(self, leading: Leading) -> list[JobRow]:
        """Tell the news; returns the jobs."""
        jobs = self._farm.queries.jobs()
        if self._finished_before is None:
            self._finished_before = {row.id for row in jobs if not row.counts.unfinished}
        if leading.leads is not self._leads:
            self._leads = leading.leads
            self.say("This program schedules the farm." if leading.leads else self._who_leads())
        # A finished job that was queued again meanwhile is this run's to do.
        self._finished_before -= {row.id for row in jobs if row.counts.unfinished}
        mine = [row for row in jobs if row.id not in self._finished_before]
        for row in mine:
            if row != self._before.get(row.id):
                self._tell_job(row)
                self._before[row.id] = row
            self._tell_waiting(row)
        self.failed = any(row.counts.failed for row in mine)
        self._status(mine)
        return jobs

    def close(self) -> None:
        """Leave the cursor on a line of its own, and say where the frames lie."""
        if self._line:
            self._out.write("\n")
            self._line = ""
        for number, row in self._before.items():
            # A job that was deleted meanwhile has no more to tell; its frames are still there.
            with suppress(NotFound):
                folders = self._farm.queries.output_folders([number])
                if row.counts.done and folders:
                    self.say(f'The frames of "{row.title}" are in {folders[0]}')

    def _who_leads(self) -> str:
        lead = self._farm.queries.farm().lead
        if lead is None or lead.is_me:
            return ""
        return f"Another program ({lead.kind} on {lead.hostname}) schedules the farm; this one waits."

    def _tell_job(self, row: JobRow) -> None:
        before = self._before.get(row.id)
        if row.counts.total <= SMALL_JOB:
            for task in self._farm.queries.tasks([row.id]):
                self._tell_task(row, task)
        elif before is None or before.counts.done != row.counts.done:
            self._event(f'"{row.title}": {row.counts.done} of {row.counts.total} frames done')
        if before is not None and before.state is not row.state:
            self._event(f'"{row.title}" is {row.state}')

    def _tell_waiting(self, row: JobRow) -> None:
        """Why a job waits, once it has for a while: most waits are over before one has read of them."""
        if row.waiting is None or row.waiting_since is None:
            self._waits.pop(row.id, None)
        elif row.waiting != self._waits.get(row.id) and datetime.now(UTC) - row.waiting_since > WAITED:
            self._waits[row.id] = row.waiting
            self._event(f'"{row.title}" waits: {row.waiting}')

    def _tell_task(self, row: JobRow, task: TaskRow) -> None:
        if self._tasks.get(task.id, TaskState.QUEUED) is task.state:
            return
        self._tasks[task.id] = task.state
        if task.state is TaskState.FAILED:
            self.say(f'"{row.title}" frame {frame_text(task.frame)} failed: {task.last_error}')
        elif task.state in (TaskState.RUNNING, TaskState.DONE):
            self._event(f'"{row.title}" frame {frame_text(task.frame)} is {task.state}')

    def _event(self, text: str) -> None:
        if not self._live:
            self.say(text)

    def say(self, text: str) -> None:
        """Print a line; nothing where there is nothing to say."""
        if not text:
            return
        if self._line:
            self._out.write("\r\x1b[K")
            self._line = ""
        self._out.write(printable(text) + "\n")
        self._out.flush()

    def _status(self, jobs: list[JobRow]) -> None:
        if not self._live:
            return
        parts = [
            f"{row.title}: {row.counts.done} of {row.counts.total} done"
            + (f", {row.counts.failed} failed" if row.counts.failed else "")
            for row in jobs
            if row.counts.unfinished
        ]
        line = printable(" | ".join(parts) or "Nothing to do")[: shutil.get_terminal_size().columns - 1]
        if line != self._line:
            self._out.write(f"\r\x1b[K{line}")
            self._out.flush()
            self._line = line


def printable(text: str) -> str:
    """What a user or a log wrote, without the characters that would steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def say_at_once(text: str) -> None:
    """Print a line of what a command that goes on tells: whoever reads it through a pipe has it at once."""
    print(printable(text), flush=True)
