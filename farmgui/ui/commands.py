"""What actions do: ask where it can't be undone, run the service off the GUI thread, say what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QWidget

from farmgui.domain.explanations import Ending
from farmgui.domain.snapshots import AgentRow, JobRow, TaskRow
from farmgui.domain.states import TaskState
from farmgui.ui.background import Background, Lane, Outcome
from farmgui.ui.dialogs.confirm import Confirmation, confirm
from farmgui.ui.item_models.task_columns import is_at_work
from farmgui.ui.questions import (
    Question,
    delete_question,
    mark_question,
    rerun_question,
    rerun_tasks_question,
    restart_question,
    restart_tasks_question,
    room_question,
    set_aside_question,
    stop_question,
)
from farmgui.ui.texts import many, one_line

if TYPE_CHECKING:
    from farmgui.services.farm import Farm

T = TypeVar("T")
_AT_ONCE: Final = "What waits to be tried again is tried at once."


class Commands(QObject):
    """The commands on jobs, tasks and agents; each takes the rows that were selected.

    `done` says in words what was changed, `failed` why nothing was.
    """

    done = Signal(str)
    failed = Signal(str)

    def __init__(self, farm: Farm, background: Background, window: QWidget) -> None:
        super().__init__(window)
        self._farm = farm
        self._background = background
        self._window = window

    # Jobs.

    def pause(self, jobs: Sequence[JobRow]) -> None:
        """Running frames finish, nothing new starts."""
        ids = _ids(jobs)
        self._change("Paused", "job", lambda: self._farm.jobs.pause(ids))

    def resume(self, jobs: Sequence[JobRow]) -> None:
        """Paused jobs go on."""
        ids = _ids(jobs)
        self._change("Resumed", "job", lambda: self._farm.jobs.resume(ids))

    def stop(self, jobs: Sequence[JobRow]) -> None:
        """Pause, and end what runs."""
        if self._agreed(stop_question(jobs)):
            ids = _ids(jobs)
            self._change("Stopped", "job", lambda: self._farm.jobs.stop(ids))

    def rerun(self, jobs: Sequence[JobRow]) -> None:
        """Queue done and failed frames again; asks how many and how long they took."""
        ids, queries = _ids(jobs), self._farm.queries

        def ask(effect: Any) -> None:
            question = rerun_question(jobs, effect)
            answer = Confirmation() if question is None else self._ask(question)
            if answer is not None:
                dependants = answer.option
                self._change("Rerun of", "frame", lambda: self._farm.jobs.rerun(ids, dependants=dependants))

        self._then("reading what a rerun hits", lambda: queries.rerun_effect(ids), ask)

    def rerun_failed(self, jobs: Sequence[JobRow]) -> None:
        """Queue failed frames again."""
        ids = _ids(jobs)
        self._change("Rerun of", "failed frame", lambda: self._farm.jobs.rerun_failed(ids), _AT_ONCE)

    def restart_running(self, jobs: Sequence[JobRow]) -> None:
        """End running frames and start them anew."""
        if self._agreed(restart_question(jobs)):
            ids = _ids(jobs)
            self._change("Restarted", "running frame", lambda: self._farm.jobs.restart_running(ids))

    def mark_jobs(self, jobs: Sequence[JobRow], state: TaskState) -> None:
        """Take what is left of jobs for done or failed without running it."""
        if self._agreed(mark_question(str(state), jobs, ())):
            service, ids = self._farm.jobs, _ids(jobs)
            mark = service.mark_done if state is TaskState.DONE else service.mark_failed
            self._change(f"Marked as {state}:", "frame", lambda: mark(job_ids=ids))

    def delete(self, jobs: Sequence[JobRow]) -> None:
        """Delete jobs; lists what that hits."""
        ids, queries = _ids(jobs), self._farm.queries

        def ask(effect: Any) -> None:
            answer = self._ask(delete_question(effect))
            if answer is not None:
                keep = answer.option
                self._change("Deleted", "job", lambda: self._farm.jobs.delete(ids, dependants=not keep))

        self._then("reading what a deletion hits", lambda: queries.delete_effect(ids), ask)

    def change(self, job_ids: Sequence[int], values: Mapping[str, object]) -> None:
        """Set values, by name, on all of these jobs."""
        ids, wanted = tuple(job_ids), dict(values)
        self._change("Changed", "job", lambda: self._farm.jobs.change(ids, wanted))

    def edit(self, job: JobRow, name: str, value: object) -> None:
        """Change one value that was edited in the table."""
        self.change([job.id], {name: value})

    def make_room(self, job: JobRow) -> None:
        """Show what would have to be ended so that the job can start; asks, and ends exactly that."""
        explaining = self._farm.explaining

        def ask(endings: Sequence[Ending]) -> None:
            if not endings:
                self.done.emit(f"There is room for {one_line(job.title, 60)} already: it starts soon.")
            elif self._agreed(room_question(job, endings)):
                ids = tuple(ending.task_id for ending in endings)
                self._change("Ended", "running frame", lambda: self._farm.jobs.stop_tasks(ids))

        self._then("looking for room", lambda: explaining.room(job.id), ask)

    def hide(self, jobs: Sequence[JobRow]) -> None:
        """Neither show nor start these jobs until they are unhidden."""
        ids = _ids(jobs)
        self._change("Hid", "job", lambda: self._farm.jobs.change(ids, {"hidden": True}))

    def unhide(self, jobs: Sequence[JobRow]) -> None:
        """Show these jobs again, and let them start."""
        ids = _ids(jobs)
        self._change("Unhid", "job", lambda: self._farm.jobs.change(ids, {"hidden": False}))

    def open_output(self, job_ids: Sequence[int]) -> None:
        """Open the folders of the frames in the file manager."""
        ids, queries = tuple(dict.fromkeys(job_ids)), self._farm.queries
        self._then("looking for the output", lambda: queries.output_folders(ids), self._open_folders)

    # Tasks.

    def rerun_tasks(self, tasks: Sequence[TaskRow]) -> None:
        """Queue these frames again where they are done or failed."""
        if self._agreed(rerun_tasks_question(tasks)):
            ids = _ids(tasks)
            self._change("Rerun of", "frame", lambda: self._farm.jobs.rerun_tasks(ids), _AT_ONCE)

    def restart_tasks(self, tasks: Sequence[TaskRow]) -> None:
        """End these frames where they run and start them anew."""
        busy = [task for task in tasks if is_at_work(task)]
        if busy and self._agreed(restart_tasks_question(busy)):
            ids = _ids(busy)
            self._change("Restarted", "running frame", lambda: self._farm.jobs.stop_tasks(ids))

    def mark_tasks(self, tasks: Sequence[TaskRow], state: TaskState) -> None:
        """Take these frames for done or failed without running them."""
        if self._agreed(mark_question(str(state), (), tasks)):
            service, ids = self._farm.jobs, _ids(tasks)
            mark = service.mark_done if state is TaskState.DONE else service.mark_failed
            self._change(f"Marked as {state}:", "frame", lambda: mark(task_ids=ids))

    def offer(self, tasks: Sequence[TaskRow], priority: int) -> None:
        """Offer these frames before (above 0), after (below 0) or among the others of their jobs."""
        ids = _ids(tasks)
        where = "first" if priority > 0 else "last" if priority else "in turn"
        self._change(
            f"To be offered {where}:", "frame", lambda: self._farm.jobs.set_task_priority(ids, priority)
        )

    # Agents.

    def enable(self, agents: Sequence[AgentRow]) -> None:
        """Give these agents work again."""
        ids = tuple(agent.id for agent in agents)
        self._change("In use again:", "agent", lambda: self._farm.agents.enable(ids))

    def set_aside(self, agents: Sequence[AgentRow]) -> None:
        """Let these agents finish what they run and give them nothing new."""
        ids = tuple(agent.id for agent in agents)
        self._change("Set aside", "agent", lambda: self._farm.agents.disable(ids))

    def set_aside_now(self, agents: Sequence[AgentRow]) -> None:
        """End what these agents run, and give them nothing new; asks where something runs."""
        if self._agreed(set_aside_question(agents)):
            ids = tuple(agent.id for agent in agents)
            self._change("Set aside", "agent", lambda: self._farm.agents.disable(ids, now=True))

    def copy(self, text: str) -> None:
        """Put text onto the clipboard."""
        QGuiApplication.clipboard().setText(text)

    # How it is done.

    def _change(self, verb: str, noun: str, work: Callable[[], int], none: str = "") -> None:
        """Do it, and say to how many; `none` is said where there were none."""

        def done(outcome: Outcome[int]) -> None:
            if outcome.error is not None:
                self.failed.emit(str(outcome.error))
            else:
                count = outcome.get()
                self.done.emit(none if none and not count else f"{verb} {many(count, noun)}.")

        label = f"{verb} {noun}s"
        self._background.run(work, done, label=label, lane=Lane.COMMAND)

    def _then(self, label: str, read: Callable[[], T], ask: Callable[[T], None]) -> None:
        """Read something, then go on with it on the GUI thread."""

        def done(outcome: Outcome[T]) -> None:
            if outcome.error is not None:
                self.failed.emit(str(outcome.error))
            else:
                ask(outcome.get())

        self._background.run(read, done, label=label, lane=Lane.COMMAND)

    def _agreed(self, question: Question | None) -> bool:
        return question is None or self._ask(question) is not None

    def _ask(self, question: Question) -> Confirmation | None:
        return confirm(
            self._window,
            question.title,
            question.text,
            question.items,
            question.verb,
            option_text=question.option_text,
        )

    def _open_folders(self, folders: list[Path]) -> None:
        there = [folder for folder in folders if folder.is_dir()]
        if not there:
            names = ", ".join(str(folder) for folder in folders[:3]) or "nowhere that is known"
            self.failed.emit(f"There is no output folder yet: the frames go to {names}.")
        for folder in there[:5]:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def _ids(rows: Sequence[JobRow] | Sequence[TaskRow]) -> tuple[int, ...]:
    return tuple(row.id for row in rows)
