"""The columns of the jobs table."""

from __future__ import annotations

from typing import Final

from farmgui.domain.snapshots import JobRow
from farmgui.domain.states import JobState
from farmgui.ui.columns import Align, Column, Paint
from farmgui.ui.item_models.job_number_columns import NUMBER_COLUMNS, number_column
from farmgui.ui.texts import duration, moment, number, one_line, runtime, when

_R: Final = Align.RIGHT
_STATE_ORDER: Final = {
    JobState.FAILED: 0,
    JobState.RUNNING: 1,
    JobState.QUEUED: 2,
    JobState.PAUSED: 3,
    JobState.DONE: 4,
}


def state_text(job: JobRow) -> str:
    """The state in words: what is stored, and what follows from the counts."""
    if job.to_be_deleted:
        return "Deleting"
    if job.hidden:
        return "Hiding" if job.counts.active else "Hidden"
    if job.state is JobState.PAUSED and job.counts.active:
        return "Pausing"
    if job.state is JobState.QUEUED and job.unfinished_parents:
        return "Waiting"
    return str(job.state).capitalize()


def reason(job: JobRow) -> str:
    """What a wrangler should know of the job: its last error, else its warning, else why it waits."""
    if job.counts.failed and job.last_error:
        return one_line(job.last_error)
    return one_line(job.warning or waits(job) or job.last_error)


def waits(job: JobRow) -> str:
    """Why nothing of it starts: what it waits for, or why the program paused it; "" where it doesn't wait."""
    if job.state is JobState.PAUSED:
        return job.pause_reason or ""
    return job.waiting or ""


def waits_tip(job: JobRow) -> str:
    """Why nothing of it starts, and since when."""
    text = waits(job)
    if text and job.waiting_since is not None and job.state is not JobState.PAUSED:
        waited = duration(runtime(job.waiting_since, None))
        return f"{text}\nIt has waited for that for {waited}, since {moment(job.waiting_since)}."
    return text


def _state_tip(job: JobRow) -> str:
    counts = job.counts
    lines = [state_text(job), f"{number(counts.done)} of {number(counts.total)} done"]
    lines += [
        f"{number(count)} {name}"
        for name, count in (("running", counts.active), ("queued", counts.queued), ("failed", counts.failed))
        if count
    ]
    if waits(job):
        lines.append(waits_tip(job))
    return "\n".join(lines)


def _reason_tip(job: JobRow) -> str:
    return "\n\n".join(text for text in (job.last_error, job.warning, waits_tip(job)) if text)


def _reason_tint(job: JobRow) -> str:
    if job.counts.failed and job.last_error:
        return "failed"
    stuck = job.failed_parents or (job.state is JobState.PAUSED and job.pause_reason)
    return "paused" if job.warning or stuck else "dim"


JOB_COLUMNS: Final[tuple[Column[JobRow], ...]] = (
    Column(
        "id",
        "Id",
        text=lambda job: str(job.id),
        value=lambda job: job.id,
        sort=lambda job: job.id,
        about="The job's number, as the command line takes it",
        align=_R,
        width=46,
        descending=True,
    ),
    Column(
        "title",
        "Job",
        text=lambda job: one_line(job.title),
        value=lambda job: job.title,
        tip=lambda job: f"{job.title}\n{job.job_type}, frames {job.frames}, by {job.user}",
        about="The job's title",
        width=160,
        edit="title",
    ),
    Column(
        "state",
        "State",
        text=state_text,
        value=lambda job: job.state,
        sort=lambda job: _STATE_ORDER[job.state],
        tip=_state_tip,
        about="What the job does now",
        width=92,
        paint=Paint.STATE,
    ),
    Column(
        "progress",
        "Progress",
        text=lambda job: f"{int(job.progress * 100)} %",
        value=lambda job: job.progress,
        sort=lambda job: job.progress,
        tip=_state_tip,
        about="The share of tasks that are done, failed and running",
        width=100,
        descending=True,
        paint=Paint.PROGRESS,
    ),
    Column(
        "tasks",
        "Done",
        text=lambda job: f"{number(job.counts.done)} / {number(job.counts.total)}",
        value=lambda job: job.counts.total,
        sort=lambda job: job.counts.unfinished,
        tip=_state_tip,
        about="Tasks done of all tasks; sorted by how many are left",
        align=_R,
        width=84,
        descending=True,
    ),
    Column(
        "running",
        "Running",
        text=lambda job: number(job.counts.active) if job.counts.active else "",
        value=lambda job: job.counts.active,
        sort=lambda job: job.counts.active,
        about="Tasks that an agent holds now",
        align=_R,
        width=68,
        descending=True,
    ),
    Column(
        "failed",
        "Failed",
        text=lambda job: number(job.counts.failed) if job.counts.failed else "",
        value=lambda job: job.counts.failed,
        sort=lambda job: job.counts.failed,
        about="Tasks that failed for good",
        align=_R,
        width=58,
        descending=True,
        tint=lambda job: "failed" if job.counts.failed else "",
    ),
    number_column("priority", "Priority", "Higher runs first, −1000 to 1000", shown=True, width=62),
    Column(
        "user",
        "User",
        text=lambda job: job.user,
        about="Who submitted the job",
        width=70,
        tint=lambda _job: "dim",
    ),
    Column(
        "submitted",
        "Submitted",
        text=lambda job: when(job.time_submitted),
        value=lambda job: job.time_submitted,
        sort=lambda job: job.time_submitted,
        tip=lambda job: moment(job.time_submitted),
        about="When the job was submitted",
        width=100,
        shown=False,
        descending=True,
        tint=lambda _job: "dim",
    ),
    Column(
        "last_error",
        "Last error or reason",
        text=reason,
        value=reason,
        tip=_reason_tip,
        about="The last error, a warning, or why the job waits",
        # The last column takes what is left; so narrow, all columns fit beside the docks at 1280 pixels.
        width=120,
        tint=_reason_tint,
    ),
    Column(
        "queued",
        "Queued",
        text=lambda job: number(job.counts.queued),
        value=lambda job: job.counts.queued,
        sort=lambda job: job.counts.queued,
        about="Tasks that wait for an agent",
        align=_R,
        width=70,
        shown=False,
        descending=True,
    ),
    Column(
        "runtime",
        "Runtime",
        text=lambda job: duration(runtime(job.time_started, job.time_finished)),
        value=lambda job: runtime(job.time_started, job.time_finished),
        sort=lambda job: runtime(job.time_started, job.time_finished),
        about="From the first task's start to the last one's end, or until now",
        align=_R,
        width=96,
        shown=False,
        descending=True,
        live=True,
    ),
    Column(
        "started",
        "Started",
        text=lambda job: when(job.time_started),
        value=lambda job: job.time_started,
        sort=lambda job: job.time_started,
        tip=lambda job: moment(job.time_started),
        width=100,
        shown=False,
        descending=True,
    ),
    Column(
        "finished",
        "Finished",
        text=lambda job: when(job.time_finished),
        value=lambda job: job.time_finished,
        sort=lambda job: job.time_finished,
        tip=lambda job: moment(job.time_finished),
        width=100,
        shown=False,
        descending=True,
    ),
    Column("type", "Type", text=lambda job: job.job_type, about="The job type", width=90, shown=False),
    Column("queue", "Queue", text=lambda job: job.queue or "/", about="The queue's path", shown=False),
    Column(
        "frames",
        "Frames",
        text=lambda job: job.frames,
        about="The frame range",
        width=110,
        shown=False,
        edit="frames",
    ),
    Column(
        "agents",
        "Agents",
        text=lambda job: number(job.agents_in_use) if job.agents_in_use else "",
        value=lambda job: job.agents_in_use,
        sort=lambda job: job.agents_in_use,
        about="Agents that work for the job now",
        align=_R,
        width=64,
        shown=False,
        descending=True,
    ),
    Column(
        "group",
        "Group",
        text=lambda job: one_line(job.group),
        about="Jobs that belong together",
        width=110,
        shown=False,
    ),
    Column(
        "waits",
        "Waits",
        text=lambda job: one_line(waits(job)),
        tip=waits_tip,
        about="Why nothing of the job starts, also where the program paused it",
        width=200,
        shown=False,
        tint=lambda _job: "dim",
    ),
    Column(
        "waiting_since",
        "Waits since",
        text=lambda job: when(job.waiting_since) if job.waiting else "",
        value=lambda job: job.waiting_since,
        sort=lambda job: job.waiting_since if job.waiting else None,
        tip=waits_tip,
        about="Since when it has waited for the same reason",
        width=90,
        shown=False,
        tint=lambda _job: "dim",
    ),
    Column(
        "start_after",
        "Start after",
        text=lambda job: when(job.start_after),
        value=lambda job: job.start_after,
        sort=lambda job: job.start_after,
        tip=lambda job: moment(job.start_after),
        about="Nothing of the job starts before",
        width=100,
        shown=False,
        edit="start_after",
    ),
    Column(
        "blocked",
        "Blocked",
        text=lambda job: number(job.num_blocked) if job.num_blocked else "",
        value=lambda job: job.num_blocked,
        sort=lambda job: job.num_blocked,
        about="Queued tasks that wait for other tasks",
        align=_R,
        width=66,
        shown=False,
        descending=True,
    ),
    *NUMBER_COLUMNS,
    Column(
        "output_link",
        "Output link",
        text=lambda job: one_line(job.output_link),
        value=lambda job: job.output_link or "",
        about="Where the result can be seen, as it was noted on the job",
        width=160,
        shown=False,
        edit="output_link",
    ),
    Column(
        "notes",
        "Notes",
        text=lambda job: one_line(job.notes),
        value=lambda job: job.notes,
        tip=lambda job: job.notes,
        width=180,
        shown=False,
        edit="notes",
    ),
)
