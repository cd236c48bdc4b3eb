"""A batch that one process renders whole; its output says which frame it is at and which are done."""

from __future__ import annotations

import time
from collections.abc import Collection

from farmgui.domain.orders import BatchOrder
from farmgui.domain.reports import Usage
from farmgui.domain.states import AttemptState
from farmgui.execution import platforms
from farmgui.execution.attempt import Attempt
from farmgui.execution.batch import STOPPED, Batch, Surroundings
from farmgui.execution.log_file import LogError
from farmgui.execution.output import Line, LineReader, LineSplitter, frame_name
from farmgui.execution.platforms import Exit
from farmgui.execution.processes import CannotStart, Ending, TaskProcess, exit_sentence


class OneProcessBatch(Batch):
    """A frame is done when its line came and its files are there.

    Some programs write that line a moment before the file is whole, so what is missing then is looked for
    again later. The last frame ends with the process: its slot isn't free before.
    """

    def __init__(self, order: BatchOrder, around: Surroundings) -> None:
        super().__init__(order, around)
        self._said_done: list[Attempt] = []
        """Frames whose line came and that haven't finished."""
        self._cpu_counted = 0.0
        self._came_to: Attempt | None = None
        """The frame that a line of the output named last."""
        self._by_name: dict[str, list[Attempt]] = {}
        for attempt in self.attempts:
            self._by_name.setdefault(frame_name(attempt.task.frame), []).append(attempt)

    def run_tasks(self, reader: LineReader) -> None:
        """Run all tasks."""
        first = self.attempts[0]
        for attempt in self.attempts:
            attempt.look_at_files()
        with self.lock:
            self.take_up(first)
        try:
            self.open_log(first, self.order.argv)
            process = self.start_process(self.order.argv, self.order.token)
        except (LogError, CannotStart) as error:
            self._end_rest(first, Ending(AttemptState.FAILED, str(error)), None)
            return
        if not self.order.no_automatic_start_time:
            first.begin(process.time_started)
        self._read(process, reader)
        result = process.wait()
        self.forget_process(process)
        if not first.finished:
            first.begin(process.time_started)
        self._finish(process, result, reader)

    def stop(self, tokens: Collection[str]) -> None:
        """End these attempts: at once where the frame at work is one of them, else when that frame is done.

        The process can't leave a frame out, so the frames after it end as stopped as well.
        """
        with self.lock:
            asked = {attempt.token for attempt in self.attempts if not attempt.finished}.intersection(tokens)
            self.stop_asked |= asked
            if self.process is not None and self.current is not None and self.current.token in asked:
                self.process.end(STOPPED, self.around.grace)

    # -- while it runs

    def _read(self, process: TaskProcess, reader: LineReader) -> None:
        splitter = LineSplitter()
        writing = True
        ended = False
        while not ended:
            data = process.read()
            ended = not data
            for raw in splitter.rest() if ended else splitter.feed(data):
                line = reader.read(raw)
                if line.begins is not None:
                    self._comes_to(self._begun(line.begins, reader), process)
                if writing:
                    writing = self._write(process, raw)
                self._take(line, process, reader)

    def _write(self, process: TaskProcess, raw: bytes) -> bool:
        attempt = self.current
        if attempt is None:
            return False
        try:
            if not attempt.has_log:
                self.open_log(attempt, self.order.argv)
            attempt.write(raw)
        except LogError as error:
            self.log_failed(process, error)
            return False
        return True

    def _take(self, line: Line, process: TaskProcess, reader: LineReader) -> None:
        if self.current is not None:
            self.current.take(line)
        if line.ends is None:
            return
        # A frame of several pictures says so for each, also when the next frame is current already.
        done = self._named(line.ends) if line.ends else self._came_to or self.current
        if done is None or done.finished:
            return
        if done not in self._said_done:
            self._said_done.append(done)
        self._settle(process)
        if done is self.current:
            self._go_on(process, reader)

    def _begun(self, name: str, reader: LineReader) -> Attempt | None:
        """The frame that a line says to begin. Without a name: the next, where no line tells what is done."""
        if not name and not reader.reads_done and self.current is self._came_to:
            later = self.attempts[self.attempts.index(self.current) + 1 :] if self.current else []
            return later[0] if later else None
        return self._named(name)

    def _named(self, name: str) -> Attempt | None:
        """The unfinished frame of that name; without a name the one at work."""
        if not name:
            return self.current
        return next((one for one in self._by_name.get(name, ()) if not one.finished), None)

    def _comes_to(self, attempt: Attempt | None, process: TaskProcess) -> None:
        if attempt is None or attempt is self._came_to or attempt in self._said_done:
            return
        self._came_to = attempt
        with self.lock:
            if attempt is not self.current:
                self.take_up(attempt)
            stop = attempt.token in self.stop_asked
        if stop:
            process.end(STOPPED, self.around.grace)
        attempt.begin(time.time())

    def _go_on(self, process: TaskProcess, reader: LineReader) -> None:
        """The frame at work is done: what is written now belongs to the next one."""
        waiting = [one for one in self.attempts if not one.finished and one not in self._said_done]
        if not waiting:
            return
        if self.stop_asked.intersection(one.token for one in waiting):
            process.end(STOPPED, self.around.grace)
        with self.lock:
            self.take_up(waiting[0])
        if not reader.reads_frames:
            self._comes_to(waiting[0], process)

    def _settle(self, process: TaskProcess | None) -> None:
        """Finish the frames whose line came and whose files are there by now; not the last that is left."""
        for attempt in list(self._said_done):
            left = sum(not one.finished for one in self.attempts)
            if left > 1 and attempt.files.missing() is None:
                self._finish_one(attempt, Ending(AttemptState.DONE), None, self._cpu(process))
                self._said_done.remove(attempt)

    def _cpu(self, process: TaskProcess | None) -> float | None:
        total = platforms.cpu_seconds(process.pid) if process is not None else None
        if total is None:
            return None
        used, self._cpu_counted = max(0.0, total - self._cpu_counted), total
        return used

    # -- when it has ended

    def _finish(self, process: TaskProcess, result: Exit, reader: LineReader) -> None:
        if not reader.reads_done and result.status == 0 and process.ending is None:
            self._said_done = [one for one in self.attempts if not one.finished]
        cpu = None if result.cpu_seconds is None else max(0.0, result.cpu_seconds - self._cpu_counted)
        done = [one for one in self._said_done if one.files.missing() is None]
        left = [one for one in self.attempts if not one.finished and one not in done]
        for attempt in done:
            last = not left and attempt is done[-1]
            if last:
                _warn_of_end(attempt, process, result)
            self._finish_one(attempt, Ending(AttemptState.DONE), result.status, cpu, last=last)
            cpu = None
        if not left:
            return
        if process.ending is None:
            self._end_rest(left[0], self._failure(left[0], result), result.status, cpu)
        else:
            at_work = self.current if self.current in left else left[0]
            self._end_rest(at_work, process.ending, result.status, cpu)

    def _failure(self, attempt: Attempt, result: Exit) -> Ending:
        if attempt.first_error is not None:
            reason = attempt.first_error
        elif result.status:
            reason = exit_sentence(result.status)
        elif attempt in self._said_done:
            reason = attempt.files.missing() or ""
        else:
            reason = f"The program ended without having done frame {attempt.task.frame}."
        return Ending(AttemptState.FAILED, reason)

    def _end_rest(
        self, fault: Attempt | None, ending: Ending, status: int | None, cpu: float | None = None
    ) -> None:
        """End what is left: the frame at fault as `ending` says, the others as stopped."""
        left = [one for one in self.attempts if not one.finished]
        for attempt in left:
            last = attempt is left[-1]
            if attempt is fault:
                self._finish_one(attempt, ending, status, cpu, last=last)
            else:
                self._finish_one(attempt, STOPPED, None, None, last=last)

    def _finish_one(
        self, attempt: Attempt, ending: Ending, status: int | None, cpu: float | None, *, last: bool = False
    ) -> None:
        with self.lock:
            attempt.finish(ending.state, ending.reason, status=status, usage=Usage(cpu), last=last)


def _warn_of_end(attempt: Attempt, process: TaskProcess, result: Exit) -> None:
    """All frames are done; tell what the program did then, if it is worth it."""
    reason = exit_sentence(result.status) if process.ending is None else process.ending.reason
    if reason and result.status:
        attempt.warn(f"All frames are done, but then: {reason}")
