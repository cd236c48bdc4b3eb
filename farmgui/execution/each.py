"""A batch whose tasks run each as a process of its own, one after the other."""

from __future__ import annotations

import time
from collections.abc import Collection

from farmgui.domain.reports import Usage
from farmgui.domain.states import AttemptState
from farmgui.execution.attempt import Attempt
from farmgui.execution.batch import STOPPED, Batch
from farmgui.execution.log_file import LogError
from farmgui.execution.output import LineReader, LineSplitter
from farmgui.execution.platforms import Exit
from farmgui.execution.processes import CannotStart, TaskProcess, exit_sentence


class EachBatch(Batch):
    """A task is done when its process ends with status 0 and its files are there; failures are its own."""

    def run_tasks(self, reader: LineReader) -> None:
        """Run all tasks."""
        for attempt in self.attempts:
            with self.lock:
                if attempt.finished:
                    continue
                self.take_up(attempt)
            self._run(attempt, reader, last=attempt is self.attempts[-1])

    def stop(self, tokens: Collection[str]) -> None:
        """End these attempts; those that wait are answered at once."""
        with self.lock:
            for attempt in self.attempts:
                if attempt.token not in tokens or attempt.finished:
                    continue
                if attempt is not self.current:
                    attempt.finish(AttemptState.STOPPED, last=attempt is self.attempts[-1])
                    continue
                self.stop_asked.add(attempt.token)
                if self.process is not None:
                    self.process.end(STOPPED, self.around.grace)

    def _run(self, attempt: Attempt, reader: LineReader, *, last: bool) -> None:
        attempt.look_at_files()
        try:
            self.open_log(attempt, attempt.task.argv)
            process = self.start_process(attempt.task.argv, attempt.token)
        except (LogError, CannotStart) as error:
            with self.lock:
                attempt.finish(AttemptState.FAILED, str(error), last=last)
            return
        if not self.order.no_automatic_start_time:
            attempt.begin(process.time_started)
        self._read(attempt, process, reader)
        result = process.wait()
        self.forget_process(process)
        attempt.begin(process.time_started)
        state, reason = _outcome(attempt, process, result)
        usage = Usage(result.cpu_seconds, result.peak_ram)
        with self.lock:
            attempt.finish(state, reason, status=result.status, usage=usage, last=last)

    def _read(self, attempt: Attempt, process: TaskProcess, reader: LineReader) -> None:
        """Log and read all output; also what can't be logged is read, so that the process never waits."""
        splitter = LineSplitter()
        writing = True
        while data := process.read():
            if writing:
                try:
                    attempt.write(data)
                except LogError as error:
                    writing = False
                    self.log_failed(process, error)
            if reader.reads_anything:
                for line in map(reader.read, splitter.feed(data)):
                    if line.begins is not None:
                        attempt.begin(time.time())
                    attempt.take(line)
        for line in map(reader.read, splitter.rest()):
            attempt.take(line)


def _outcome(attempt: Attempt, process: TaskProcess, result: Exit) -> tuple[AttemptState, str | None]:
    if process.ending is not None:
        return process.ending.state, process.ending.reason
    if result.status:
        return AttemptState.FAILED, attempt.first_error or exit_sentence(result.status)
    missing = attempt.files.missing()
    if missing is not None:
        return AttemptState.FAILED, attempt.first_error or missing
    return AttemptState.DONE, None
