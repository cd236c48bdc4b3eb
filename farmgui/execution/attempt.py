"""One run of a task on this agent: its log, what its output said of it, what it used, how it ended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final, Protocol

from farmgui.domain.orders import BatchOrder, TaskOrder
from farmgui.domain.reports import Event, Finished, Progressed, Started, Usage, Warned
from farmgui.domain.states import AttemptState
from farmgui.execution import expected_files
from farmgui.execution.expected_files import ExpectedFiles
from farmgui.execution.log_file import AttemptLog, footer, header
from farmgui.execution.output import Line

_NO_USAGE: Final = Usage()
_PROGRESS_EVERY: Final = 0.2
_LONGEST_REASON: Final = 500


class Teller(Protocol):
    """Takes what is to be told to the lead."""

    def __call__(self, event: Event, *, urgent: bool = False) -> None:
        """Pass it on; `urgent` where a slot became free by it."""


class Attempt:
    """Used by its batch's thread only, except where a method says otherwise."""

    def __init__(self, batch: BatchOrder, task: TaskOrder, tell: Teller) -> None:
        self.task = task
        self.token = task.token
        self.files = ExpectedFiles(())
        self.time_started: float | None = None
        self.first_error: str | None = None
        self.finished = False
        self._batch = batch
        self._tell = tell
        self._log: AttemptLog | None = None
        self._progress = 0.0
        self._progress_told = 0.0
        self._has_warned = False
        self._has_warned_of_ram = False
        self._peak_ram: int | None = None

    @property
    def has_log(self) -> bool:
        """Whether its log was begun."""
        return self._log is not None

    def look_at_files(self) -> None:
        """Note which of its files are there before it starts."""
        self.files = ExpectedFiles(self.task.outputs)

    def open_log(self, command: Sequence[str], folder: str, agent: str) -> None:
        """Begin the log. Raises LogError."""
        self._log = AttemptLog(self.task.log, header(command, folder=folder, agent=agent))

    def begin(self, when: float) -> None:
        """Its process runs, or has come to its frame; does nothing the second time."""
        if self.time_started is not None:
            return
        self.time_started = when
        self._tell(Started(self.token, when))
        watched = self._batch.watched
        if watched and expected_files.stamp(watched) != self._batch.watched_stamp:
            self.warn(f"The scene {watched} has changed since the job was submitted.")

    def warn(self, text: str) -> None:
        """Tell something that a wrangler should know and that doesn't end it."""
        self._tell(Warned(self.token, text))

    def write(self, data: bytes) -> None:
        """Append to its log. Raises LogError."""
        if self._log is not None:
            self._log.write(data)

    def take(self, line: Line) -> None:
        """Note what a line of its output says about it."""
        if line.is_error and self.first_error is None:
            self.first_error = _short(line.text)
        if line.is_warning and not self._has_warned:
            self._has_warned = True
            self.warn(_short(line.text))
        if line.progress is not None and line.progress > self._progress:
            self._progress = line.progress
            now = time.monotonic()
            if now - self._progress_told >= _PROGRESS_EVERY:
                self._progress_told = now
                self._tell(Progressed(self.token, line.progress))

    def uses(self, ram: int) -> str | None:
        """Its processes use `ram` MB now; called by the watch. Returns why it must end, if it must."""
        self._peak_ram = max(ram, self._peak_ram or 0)
        limit, warning = self._batch.ram_max, self._batch.ram_warning
        if limit is not None and ram > limit:
            return f"It used {ram:,} MB of memory; its RAM maximum is {limit:,} MB."
        if warning is not None and ram > warning and not self._has_warned_of_ram:
            self._has_warned_of_ram = True
            self.warn(f"It uses {ram:,} MB of memory, more than {warning:,} MB.")
        return None

    def finish(
        self,
        state: AttemptState,
        reason: str | None = None,
        *,
        status: int | None = None,
        usage: Usage = _NO_USAGE,
        last: bool = False,
    ) -> None:
        """It has ended: close its log and tell. `last` when its slot is free by that."""
        now = time.time()
        if self._log is not None:
            how = state.value if reason is None else f"{state.value}: {reason}"
            self._log.end(footer(how, None if self.time_started is None else now - self.time_started))
        if self._peak_ram is not None:
            usage = Usage(usage.cpu_seconds, max(self._peak_ram, usage.peak_ram or 0))
        self.finished = True
        self._tell(Finished(self.token, state, self.time_started, now, status, reason, usage), urgent=last)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_REASON else text[: _LONGEST_REASON - 1] + "…"
