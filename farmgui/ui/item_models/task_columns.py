"""The columns of the tasks table."""

from __future__ import annotations

from typing import Final

from farmgui.domain.frames import frame_text
from farmgui.domain.snapshots import TaskRow
from farmgui.domain.states import TaskState
from farmgui.ui.columns import Align, Column, Paint
from farmgui.ui.texts import duration, moment, one_line, runtime, when

_R: Final = Align.RIGHT
_STATE_ORDER: Final = {
    TaskState.FAILED: 0,
    TaskState.RUNNING: 1,
    TaskState.ASSIGNED: 2,
    TaskState.QUEUED: 3,
    TaskState.DONE: 4,
}


def task_state_text(task: TaskRow) -> str:
    """The state in words."""
    if task.stopping:
        return "Stopping"
    if task.state is TaskState.ASSIGNED:
        return "Starting"
    if task.state is TaskState.QUEUED and (task.blocked or task.not_before is not None):
        return "Waits"
    if task.marked:
        return f"Marked {task.state}"
    return str(task.state).capitalize()


def task_name(task: TaskRow) -> str:
    """A task as people call it: "frame 7", "frame 7, tile 2"."""
    name = f"frame {frame_text(task.frame)}"
    return name if task.tile is None else f"{name}, tile {task.tile}"


def seconds_run(task: TaskRow) -> float | None:
    """How long the newest run took or has been taking; None while the task waits."""
    if task.state is TaskState.QUEUED:
        return None
    return runtime(task.time_started, task.time_finished)


def is_at_work(task: TaskRow) -> bool:
    """Whether an agent holds the task."""
    return task.state in (TaskState.ASSIGNED, TaskState.RUNNING)


def _progress_text(task: TaskRow) -> str:
    if task.state is TaskState.QUEUED:
        return ""
    return f"{int(_progress(task) * 100)} %"


def _progress(task: TaskRow) -> float:
    return 1.0 if task.state is TaskState.DONE else task.progress


def _message(task: TaskRow) -> str:
    """What went wrong, or what it waits for."""
    if task.state is TaskState.QUEUED and task.blocked:
        return "waits for other frames or its tiles"
    told = one_line(task.last_error or task.warning)
    if task.state is TaskState.QUEUED and task.not_before is not None:
        return f"again at {when(task.not_before)}: {told}"
    return told


TASK_COLUMNS: Final[tuple[Column[TaskRow], ...]] = (
    Column(
        "job",
        "Job",
        text=lambda task: one_line(task.job_title),
        value=lambda task: task.job_id,
        about="The job that the task belongs to",
        width=160,
        shown=False,
    ),
    Column(
        "frame",
        "Frame",
        text=lambda task: frame_text(task.frame),
        value=lambda task: task.frame,
        # The tiles of a frame are put together last.
        sort=lambda task: (task.frame, task.tile is None, task.tile or 0),
        about="The frame that the task renders",
        align=_R,
        width=52,
    ),
    Column(
        "tile",
        "Tile",
        text=lambda task: "" if task.tile is None else str(task.tile),
        value=lambda task: task.tile,
        sort=lambda task: task.tile,
        about="The tile of the frame; none where its tiles are put together",
        align=_R,
        width=50,
        shown=False,
    ),
    Column(
        "state",
        "State",
        text=task_state_text,
        value=lambda task: task.state,
        sort=lambda task: _STATE_ORDER[task.state],
        about="What the task does now",
        width=86,
        paint=Paint.STATE,
    ),
    Column(
        "progress",
        "Progress",
        text=_progress_text,
        value=_progress,
        sort=_progress,
        about="How far the task's newest run is",
        width=80,
        descending=True,
        paint=Paint.PROGRESS,
    ),
    Column(
        "runtime",
        "Runtime",
        text=lambda task: duration(seconds_run(task)),
        value=seconds_run,
        sort=seconds_run,
        about="How long the newest run took, or has been taking",
        align=_R,
        width=74,
        descending=True,
        live=True,
    ),
    Column(
        "attempts",
        "Attempts",
        text=lambda task: str(task.attempts) if task.attempts else "",
        value=lambda task: task.attempts,
        sort=lambda task: task.attempts,
        about="How often the task was started",
        align=_R,
        width=68,
        shown=False,
        descending=True,
    ),
    Column(
        "agent",
        "Agent",
        text=lambda task: task.agent,
        about="The agent that runs the task, or ran it last",
        width=70,
    ),
    Column(
        "failures",
        "Failures",
        text=lambda task: str(task.failures) if task.failures else "",
        value=lambda task: task.failures,
        sort=lambda task: task.failures,
        about="How often the task failed since it was last rerun",
        align=_R,
        width=70,
        shown=False,
        descending=True,
        tint=lambda _task: "failed",
    ),
    Column(
        "last_error",
        "Last error",
        text=_message,
        value=_message,
        tip=lambda task: "\n\n".join(text for text in (task.last_error, task.warning) if text),
        about="The first error line of the newest failed run, or a warning",
        width=100,
        tint=lambda task: "failed" if task.last_error else "paused",
    ),
    Column(
        "started",
        "Started",
        text=lambda task: when(task.time_started),
        value=lambda task: task.time_started,
        sort=lambda task: task.time_started,
        tip=lambda task: moment(task.time_started),
        about="When the newest run started",
        width=80,
        shown=False,
        descending=True,
        tint=lambda _task: "dim",
    ),
    Column(
        "finished",
        "Finished",
        text=lambda task: when(task.time_finished),
        value=lambda task: task.time_finished,
        sort=lambda task: task.time_finished,
        tip=lambda task: moment(task.time_finished),
        about="When the newest run ended",
        width=92,
        shown=False,
        descending=True,
        tint=lambda _task: "dim",
    ),
)
