"""What can be done to the selected jobs, tasks and agents: menus, context menus, toolbar and shortcuts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from farmgui.domain.snapshots import AgentRow, JobRow, TaskRow
from farmgui.domain.states import JobState, TaskState
from farmgui.ui.action import Action, Area
from farmgui.ui.item_models.task_columns import is_at_work
from farmgui.ui.selection import Selection

_FIRST: Final = 1000
"""The highest priority that a task can have."""


def _jobs(test: Callable[[JobRow], bool]) -> Callable[[Selection], bool]:
    """Enabled where `test` holds for one of the selected jobs."""
    return lambda selection: any(test(job) and not job.to_be_deleted for job in selection.jobs)


def _tasks(test: Callable[[TaskRow], bool]) -> Callable[[Selection], bool]:
    return lambda selection: any(map(test, selection.tasks))


def _agents(test: Callable[[AgentRow], bool]) -> Callable[[Selection], bool]:
    return lambda selection: any(map(test, selection.agents))


def _waits(job: JobRow) -> bool:
    return job.state in (JobState.QUEUED, JobState.RUNNING) and job.counts.queued > 0 and bool(job.waiting)


def _tries_again(job: JobRow) -> bool:
    """Failed tasks of it wait to be tried again, or would but for the pause: a rerun begins them at once."""
    return job.failures > 0 and job.counts.queued > 0


def _can_rerun(task: TaskRow) -> bool:
    tried = task.state is TaskState.QUEUED and task.failures > 0
    return tried or task.state in (TaskState.DONE, TaskState.FAILED)


JOB_ACTIONS: Final = (
    Action(
        "pause",
        "&Pause",
        Area.JOBS,
        lambda window, selection: window.commands.pause(selection.jobs),
        _jobs(lambda job: job.state in (JobState.QUEUED, JobState.RUNNING)),
        shortcut="Ctrl+P",
        icon="pause",
        tip="Running frames finish, nothing new starts",
        toolbar=True,
    ),
    Action(
        "resume",
        "&Resume",
        Area.JOBS,
        lambda window, selection: window.commands.resume(selection.jobs),
        _jobs(lambda job: job.state is JobState.PAUSED),
        shortcut="Ctrl+Shift+P",
        icon="resume",
        tip="Let paused jobs go on",
        toolbar=True,
    ),
    Action(
        "stop",
        "&Stop…",
        Area.JOBS,
        lambda window, selection: window.commands.stop(selection.jobs),
        _jobs(lambda job: job.counts.active > 0 or job.state in (JobState.QUEUED, JobState.RUNNING)),
        shortcut="Ctrl+.",
        icon="stop",
        tip="Pause, and end what runs; it queues again and no failure is counted",
        toolbar=True,
    ),
    Action(
        "rerun",
        "R&erun…",
        Area.JOBS,
        lambda window, selection: window.commands.rerun(selection.jobs),
        _jobs(lambda job: job.counts.done + job.counts.failed > 0),
        shortcut="Ctrl+R",
        icon="rerun",
        tip="Queue done and failed frames again; running ones are left, logs stay",
        group=1,
        toolbar=True,
    ),
    Action(
        "rerun-failed",
        "Rerun &failed",
        Area.JOBS,
        lambda window, selection: window.commands.rerun_failed(selection.jobs),
        _jobs(lambda job: job.counts.failed > 0 or _tries_again(job)),
        shortcut="Ctrl+Shift+R",
        icon="rerun-failed",
        tip="Queue the failed frames again, at once where they wait to be tried again; others are left",
        group=1,
        toolbar=True,
    ),
    Action(
        "restart-running",
        "Restart r&unning…",
        Area.JOBS,
        lambda window, selection: window.commands.restart_running(selection.jobs),
        _jobs(lambda job: job.counts.active > 0),
        icon="restart",
        tip="End the running frames and start them anew",
        group=1,
    ),
    Action(
        "mark-done",
        "Mark &done…",
        Area.JOBS,
        lambda window, selection: window.commands.mark_jobs(selection.jobs, TaskState.DONE),
        _jobs(lambda job: job.counts.done < job.counts.total),
        icon="mark-done",
        tip="Take what is left for done without running it; dependants are released",
        group=2,
    ),
    Action(
        "mark-failed",
        "Mark fa&iled…",
        Area.JOBS,
        lambda window, selection: window.commands.mark_jobs(selection.jobs, TaskState.FAILED),
        _jobs(lambda job: job.counts.unfinished > 0),
        icon="mark-failed",
        tip="Give up what is left without running it",
        group=2,
    ),
    Action(
        "delete",
        "De&lete…",
        Area.JOBS,
        lambda window, selection: window.commands.delete(selection.jobs),
        _jobs(lambda _job: True),
        shortcut="Del",
        icon="delete",
        tip="Delete the jobs with their tasks and logs; rendered frames stay",
        group=3,
        toolbar=True,
    ),
    Action(
        "make-room",
        "Make roo&m for it…",
        Area.JOBS,
        lambda window, selection: window.commands.make_room(selection.jobs[0]),
        lambda selection: len(selection.jobs) == 1 and _waits(selection.jobs[0]),
        tip="Show which frames of less important jobs would have to be ended, and ask",
        group=2,
    ),
    Action(
        "hide",
        "&Hide",
        Area.JOBS,
        lambda window, selection: window.commands.hide(selection.jobs),
        _jobs(lambda job: not job.hidden),
        tip="Neither show nor start them until they are unhidden; what runs goes on to its end",
        group=3,
    ),
    Action(
        "unhide",
        "U&nhide",
        Area.JOBS,
        lambda window, selection: window.commands.unhide(selection.jobs),
        _jobs(lambda job: job.hidden),
        tip="Show them again and let them start",
        group=3,
    ),
    Action(
        "copy-jobs",
        "&Copy",
        Area.JOBS,
        lambda window, _: window.copy_rows(Area.JOBS),
        lambda selection: bool(selection.jobs),
        shortcut="Ctrl+C",
        icon="copy",
        tip="Copy the selected rows as text",
        group=4,
    ),
    Action(
        "open-output",
        "Open &output folder",
        Area.JOBS,
        lambda window, selection: window.commands.open_output(selection.job_ids),
        lambda selection: bool(selection.jobs),
        shortcut="Ctrl+E",
        icon="folder",
        tip="Open the folder of the frames in the file manager",
        group=4,
    ),
    Action(
        "open-job-log",
        "Open lo&g",
        Area.JOBS,
        lambda window, _: window.show_log(),
        lambda selection: bool(selection.jobs),
        shortcut="Ctrl+L",
        icon="log",
        tip="Show the log of the job's failed, running or newest task",
        group=4,
    ),
)

TASK_ACTIONS: Final = (
    Action(
        "rerun-tasks",
        "R&erun…",
        Area.TASKS,
        lambda window, selection: window.commands.rerun_tasks(selection.tasks),
        _tasks(_can_rerun),
        shortcut="Ctrl+R",
        icon="rerun",
        tip="Queue the selected frames again where they are done or failed, or wait to be tried again",
    ),
    Action(
        "restart-tasks",
        "Restart r&unning…",
        Area.TASKS,
        lambda window, selection: window.commands.restart_tasks(selection.tasks),
        _tasks(is_at_work),
        icon="restart",
        tip="End the selected frames where they run and start them anew",
    ),
    Action(
        "offer-first",
        "Offer &first",
        Area.TASKS,
        lambda window, selection: window.commands.offer(selection.tasks, _FIRST),
        _tasks(lambda task: task.state is TaskState.QUEUED),
        tip="Give the selected frames out before the others of their job",
        group=1,
    ),
    Action(
        "offer-last",
        "Offer &last",
        Area.TASKS,
        lambda window, selection: window.commands.offer(selection.tasks, -_FIRST),
        _tasks(lambda task: task.state is TaskState.QUEUED),
        tip="Give the selected frames out after the others of their job",
        group=1,
    ),
    Action(
        "offer-in-turn",
        "Offer in &turn",
        Area.TASKS,
        lambda window, selection: window.commands.offer(selection.tasks, 0),
        _tasks(lambda task: task.state is TaskState.QUEUED),
        tip="Give the selected frames out in the order of the job again",
        group=1,
    ),
    Action(
        "mark-tasks-done",
        "Mark &done…",
        Area.TASKS,
        lambda window, selection: window.commands.mark_tasks(selection.tasks, TaskState.DONE),
        _tasks(lambda task: task.state is not TaskState.DONE),
        icon="mark-done",
        tip="Take the selected frames for done without running them",
        group=2,
    ),
    Action(
        "mark-tasks-failed",
        "Mark fa&iled…",
        Area.TASKS,
        lambda window, selection: window.commands.mark_tasks(selection.tasks, TaskState.FAILED),
        _tasks(lambda task: task.state is not TaskState.FAILED),
        icon="mark-failed",
        tip="Give the selected frames up without running them",
        group=2,
    ),
    Action(
        "copy-tasks",
        "&Copy",
        Area.TASKS,
        lambda window, _: window.copy_rows(Area.TASKS),
        lambda selection: bool(selection.tasks),
        shortcut="Ctrl+C",
        icon="copy",
        tip="Copy the selected rows as text",
        group=3,
    ),
    Action(
        "open-task-output",
        "Open &output folder",
        Area.TASKS,
        lambda window, selection: window.commands.open_output([task.job_id for task in selection.tasks]),
        lambda selection: bool(selection.tasks),
        shortcut="Ctrl+E",
        icon="folder",
        tip="Open the folder of the frames in the file manager",
        group=3,
    ),
    Action(
        "open-log",
        "Open lo&g",
        Area.TASKS,
        lambda window, _: window.show_log(),
        _tasks(lambda task: task.attempts > 0 or task.attempt_id is not None),
        shortcut="Ctrl+L",
        icon="log",
        tip="Show the log of the task's newest attempt",
        group=3,
    ),
)

AGENT_ACTIONS: Final = (
    Action(
        "enable",
        "&Use again",
        Area.AGENTS,
        lambda window, selection: window.commands.enable(selection.agents),
        _agents(lambda agent: not agent.enabled),
        icon="enable",
        tip="Give the agents work again",
    ),
    Action(
        "set-aside",
        "&Set aside (finish what runs)",
        Area.AGENTS,
        lambda window, selection: window.commands.set_aside(selection.agents),
        _agents(lambda agent: agent.enabled),
        icon="disable",
        tip="Let the agents finish what they run and give them nothing new",
    ),
    Action(
        "set-aside-now",
        "Set aside &now (end what runs)…",
        Area.AGENTS,
        lambda window, selection: window.commands.set_aside_now(selection.agents),
        _agents(lambda agent: agent.enabled or agent.tasks_running > 0),
        tip="End what the agents run, which is queued again for others, and give them nothing new",
    ),
    Action(
        "edit-agents",
        "&Values and facts…",
        Area.AGENTS,
        lambda window, selection: window.dialogs.edit_agents(selection.agents),
        lambda selection: bool(selection.agents),
        icon="settings",
        tip="Tags, software, the share that tasks may use, notes; graphics cards, disks and network cards",
        group=1,
    ),
    Action(
        "copy-agents",
        "&Copy",
        Area.AGENTS,
        lambda window, _: window.copy_rows(Area.AGENTS),
        lambda selection: bool(selection.agents),
        shortcut="Ctrl+C",
        icon="copy",
        tip="Copy the selected rows as text",
        group=2,
    ),
)
