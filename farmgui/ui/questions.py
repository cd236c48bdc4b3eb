"""What is asked before something that can't be undone: the words, from what will be hit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from farmgui.domain.explanations import Ending
from farmgui.domain.snapshots import AgentRow, DeleteEffect, JobRow, RerunEffect, TaskRow
from farmgui.domain.states import TaskState
from farmgui.ui.item_models.task_columns import is_at_work, seconds_run, task_name
from farmgui.ui.texts import duration, many, one_line

_MOST_ITEMS: Final = 500
_PAUSED: Final = "The jobs are paused until you resume them."


@dataclass(frozen=True, slots=True)
class Question:
    """What `dialogs.confirm.confirm` is given."""

    title: str
    text: str
    items: tuple[str, ...]
    verb: str
    option_text: str | None = None


def rerun_question(jobs: Sequence[JobRow], effect: RerunEffect) -> Question | None:
    """Before a rerun of whole jobs; None where nothing finished is lost and nothing depends on them."""
    if not effect.done and not effect.dependants:
        return None
    text = ""
    if effect.done:
        text = (
            f"{many(effect.done, 'finished frame')} will be rendered again; "
            f"{'it' if effect.done == 1 else 'they'} took {duration(effect.seconds)}."
        )
    if effect.failed:
        text += f" {many(effect.failed, 'failed frame')} too."
    option = None
    if effect.dependants:
        depend = "job depends" if effect.dependants == 1 else "jobs depend"
        on = "it" if len(jobs) == 1 else "them"
        option = f"{effect.dependants:,} {depend} on {on}: rerun {_these(effect.dependants)} too"
    items = _items(f"{one_line(job.title, 80)}: {many(job.counts.done, 'finished frame')}" for job in jobs)
    return Question(f"Rerun {many(len(jobs), 'job')}?", text.strip(), items, "Rerun", option)


def rerun_tasks_question(tasks: Sequence[TaskRow]) -> Question | None:
    """Before a rerun of tasks; None where none of them is done."""
    done = [task for task in tasks if task.state is TaskState.DONE]
    if not done:
        return None
    seconds = sum(seconds_run(task) or 0.0 for task in done)
    text = f"{many(len(done), 'finished frame')} will be rendered again; "
    text += f"{'it' if len(done) == 1 else 'they'} took {duration(seconds)}."
    again = [task for task in tasks if task.state in (TaskState.DONE, TaskState.FAILED)]
    items = _items(_task_line(task) for task in done)
    return Question(f"Rerun {many(len(again), 'frame')}?", text, items, "Rerun")


def stop_question(jobs: Sequence[JobRow]) -> Question | None:
    """Before running frames of jobs are ended; None where nothing runs."""
    busy = [job for job in jobs if job.counts.active]
    if not busy:
        return None
    count = sum(job.counts.active for job in busy)
    text = f"{many(count, 'running frame')} will be ended and queued again; what was rendered of "
    text += f"{'it' if count == 1 else 'them'} is lost. "
    text += "The job is paused until you resume it." if len(jobs) == 1 else _PAUSED
    return Question(f"Stop {many(len(jobs), 'job')}?", text, _running_items(busy), "Stop")


def restart_question(jobs: Sequence[JobRow]) -> Question:
    """Before the running frames of jobs are ended and start anew."""
    busy = [job for job in jobs if job.counts.active]
    count = sum(job.counts.active for job in busy)
    text = f"{many(count, 'running frame')} will be ended and started anew; what was rendered of "
    text += f"{'it' if count == 1 else 'them'} is lost."
    return Question(f"Restart {many(count, 'running frame')}?", text, _running_items(busy), "Restart")


def restart_tasks_question(tasks: Sequence[TaskRow]) -> Question:
    """Before these running tasks are ended and start anew."""
    busy = [task for task in tasks if is_at_work(task)]
    text = "They will be ended and started anew; what was rendered of them is lost."
    if len(busy) == 1:
        text = "It will be ended and started anew; what was rendered of it is lost."
    items = _items(_task_line(task) for task in busy)
    return Question(f"Restart {many(len(busy), 'running frame')}?", text, items, "Restart")


def mark_question(state: str, jobs: Sequence[JobRow], tasks: Sequence[TaskRow]) -> Question:
    """Before jobs or tasks are taken for done or failed by hand."""
    what = many(len(jobs), "job") if jobs else many(len(tasks), "frame")
    them = "it" if len(jobs or tasks) == 1 else "them"
    text = f"What is left of {them} will not be rendered, running frames are ended"
    text += f", and jobs that depend on {them} may start." if state == "done" else "."
    items = (
        _items(f"{one_line(job.title, 80)}: {many(job.counts.unfinished, 'frame')} left" for job in jobs)
        if jobs
        else _items(_task_line(task) for task in tasks)
    )
    return Question(f"Mark {what} as {state}?", text, items, f"Mark {state}")


def delete_question(effect: DeleteEffect) -> Question:
    """Before jobs are deleted with all that depend on them; the option keeps those."""
    jobs, dependants = len(effect.jobs), len(effect.dependants)
    what = "The job, its" if jobs + dependants == 1 else "The jobs, their"
    text = f"{what} tasks and logs are deleted; rendered frames stay on disk."
    running = effect.running + effect.running_dependants
    if running:
        text += f" {many(running, 'running frame')} will be ended."
    option = None
    if dependants:
        depend = "1 job depends" if dependants == 1 else f"{dependants:,} jobs depend"
        text += f" {depend} on {'it' if jobs == 1 else 'them'} and would be deleted too."
        kept = "the job that depends" if dependants == 1 else f"the {dependants:,} jobs that depend"
        option = f"Keep {kept} on {'it' if jobs == 1 else 'them'}, waiting no longer"
    items = _items(
        [
            *(one_line(title, 80) for title in effect.jobs),
            *(f"↳ {one_line(title, 80)}" for title in effect.dependants),
        ]
    )
    return Question(f"Delete {many(jobs + dependants, 'job')}?", text, items, "Delete", option)


def room_question(job: JobRow, endings: Sequence[Ending]) -> Question:
    """Before running tasks of other jobs are ended so that `job` can start."""
    seconds = sum(ending.seconds for ending in endings)
    count = len(endings)
    text = f"{many(count, 'running frame')} of less important jobs will be ended and queued again; "
    text += f"{duration(seconds)} of work {'is' if count == 1 else 'are'} lost. No failure is counted."
    items = _items(
        f"{one_line(ending.job_title, 60)}, {ending.task} on {ending.agent}: {duration(ending.seconds)} lost"
        for ending in endings
    )
    return Question(f"Make room for {one_line(job.title, 60)}?", text, items, f"End {many(count, 'frame')}")


def set_aside_question(agents: Sequence[AgentRow]) -> Question | None:
    """Before what agents run is ended; None where nothing runs."""
    busy = [agent for agent in agents if agent.tasks_running]
    if not busy:
        return None
    count = sum(agent.tasks_running for agent in busy)
    text = (
        f"{many(count, 'running frame')} will be ended and queued again for other agents; what was rendered "
    )
    text += f"of {'it' if count == 1 else 'them'} is lost. No failure is counted."
    items = _items(f"{agent.hostname}: {many(agent.tasks_running, 'running frame')}" for agent in busy)
    return Question(f"Set aside {many(len(agents), 'agent')} now?", text, items, "Set aside now")


def _these(count: int) -> str:
    return "this" if count == 1 else "these"


def _running_items(jobs: Sequence[JobRow]) -> tuple[str, ...]:
    return _items(f"{one_line(job.title, 80)}: {many(job.counts.active, 'running frame')}" for job in jobs)


def _task_line(task: TaskRow) -> str:
    took = duration(seconds_run(task))
    line = f"{one_line(task.job_title, 60)}, {task_name(task)}"
    return f"{line} ({took})" if took else line


def _items(lines: Iterable[str]) -> tuple[str, ...]:
    every = tuple(lines)
    if len(every) <= _MOST_ITEMS:
        return every
    return (*every[:_MOST_ITEMS], f"… and {len(every) - _MOST_ITEMS:,} more")
