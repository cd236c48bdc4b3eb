"""The columns of the jobs table."""

from __future__ import annotations

from typing import Final

from farmgui.domain.limits import JOB_LIMITS
from farmgui.domain.snapshots import JobRow
from farmgui.domain.states import JobState
from farmgui.ui.columns import Align, Column, Paint
from farmgui.ui.texts import duration, memory, moment, number, one_line, runtime, when

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
    if job.state is JobState.PAUSED and job.counts.active:
        return "Pausing"
    if job.state is JobState.QUEUED and job.unfinished_parents:
        return "Waiting"
    return str(job.state).capitalize()


def reason(job: JobRow) -> str:
    """What a wrangler should know of the job: its last error, else its warning, else why it waits."""
    if job.counts.failed and job.last_error:
        return one_line(job.last_error)
    return one_line(job.warning or job.waiting or job.last_error)


def _state_tip(job: JobRow) -> str:
    counts = job.counts
    lines = [state_text(job), f"{number(counts.done)} of {number(counts.total)} done"]
    lines += [
        f"{number(count)} {name}"
        for name, count in (("running", counts.active), ("queued", counts.queued), ("failed", counts.failed))
        if count
    ]
    if job.waiting:
        lines.append(job.waiting)
    return "\n".join(lines)


def _reason_tip(job: JobRow) -> str:
    return "\n\n".join(text for text in (job.last_error, job.warning, job.waiting) if text)


def _reason_tint(job: JobRow) -> str:
    if job.counts.failed and job.last_error:
        return "failed"
    return "paused" if job.warning else "dim"


def _value(job: JobRow, name: str) -> int | None:
    found: int | None = getattr(job, name)
    return found


def _value_text(job: JobRow, name: str) -> str:
    value, limit = _value(job, name), JOB_LIMITS[name]
    if value is None:
        return "–"
    short = {("cpus", -1): "all", ("ram", -1): "all", ("requeue", -1): "forever"}.get((name, value))
    if short is not None:
        return short
    return memory(value) if limit.unit == "MB" and value else number(value)


def _number(
    name: str, title: str, about: str, *, shown: bool = False, width: int = 80, editable: bool = True
) -> Column[JobRow]:
    """A column for a value of `limits.JOB_LIMITS`, edited in the table."""
    return Column(
        name,
        title,
        text=lambda job: _value_text(job, name),
        value=lambda job: _value(job, name),
        sort=lambda job: _value(job, name),
        tip=lambda _job: f"{JOB_LIMITS[name].title}: {JOB_LIMITS[name].words()}.",
        about=about,
        align=_R,
        width=width,
        shown=shown,
        descending=True,
        edit=name if editable else None,
    )


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
        width=190,
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
        width=104,
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
        width=112,
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
    _number("priority", "Priority", "Higher runs first, −1000 to 1000", shown=True, width=62),
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
        width=150,
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
    _number("weight", "Weight", "The share among jobs of one priority"),
    _number("cpus", "CPUs", "Cores that a task asks for"),
    _number("ram", "RAM", "Memory that a task asks for"),
    _number("ram_warning", "RAM warning", "Above this a task is marked with a warning", width=100),
    _number("ram_max", "RAM maximum", "Above this a task is ended as failed", width=106),
    _number("minimum_agents", "Min agents", "Agents that the job gets before others get more", width=90),
    _number("maximum_agents", "Max agents", "Agents that the job has at most", width=90),
    _number("batch", "Batch", "Tasks that an agent is given at once"),
    _number("requeue", "Requeue", "How often a failed task runs again"),
    _number("autodelete_time", "Delete after", "Seconds after its end until the job is deleted", width=96),
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
