"""The columns of the jobs table for the numbers that jobs are given, edited in the table."""

from __future__ import annotations

from typing import Final

from farmgui.domain.limits import JOB_LIMITS
from farmgui.domain.snapshots import JobRow
from farmgui.ui.columns import Align, Column
from farmgui.ui.texts import duration, memory, number

_R: Final = Align.RIGHT


def _value(job: JobRow, name: str) -> int | None:
    found: int | None = getattr(job, name)
    return found


def _value_text(job: JobRow, name: str) -> str:
    value, limit = _value(job, name), JOB_LIMITS[name]
    if value is None:
        return "–"
    short = _SHORT.get((name, value))
    if short is not None:
        return short
    if limit.unit == "seconds":
        return duration(value)
    return memory(value) if limit.unit == "MB" and value else number(value)


_SHORT: Final = {
    ("cpus", -1): "all",
    ("ram", -1): "all",
    ("requeue", -1): "forever",
    ("requeue", 0): "never",
    ("preview", 0): "first, last",
}
"""Special values in so few words that a column holds them."""


def number_column(
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


NUMBER_COLUMNS: Final[tuple[Column[JobRow], ...]] = (
    number_column("weight", "Weight", "The share among jobs of one priority"),
    number_column("cpus", "CPUs", "Cores that a task asks for"),
    number_column("ram", "RAM", "Memory that a task asks for"),
    number_column("gpus", "GPUs", "Graphics cards that a task asks for", width=56),
    number_column("ram_warning", "RAM warning", "Above this a task is marked with a warning", width=100),
    number_column("ram_max", "RAM maximum", "Above this a task is ended as failed", width=106),
    number_column(
        "minimum_agents", "Min agents", "Agents that the job gets before others get more", width=90
    ),
    number_column("maximum_agents", "Max agents", "Agents that the job has at most", width=90),
    number_column(
        "most_per_agent", "Most per agent", "Tasks that one agent runs at once, at most", width=100
    ),
    number_column("most_failures", "Most failures", "Failures after which the job is paused", width=96),
    number_column("preview", "Preview", "Every nth frame goes first", width=80),
    number_column("timeout", "Timeout", "How long a task may run", width=90),
    number_column("silence_timeout", "Silence timeout", "How long a task may write nothing", width=104),
    number_column("batch", "Batch", "Tasks that an agent is given at once"),
    number_column("requeue", "Requeue", "How often a failed task runs again"),
    number_column("autodelete_time", "Delete after", "How long after its end the job is deleted", width=96),
)
"""Those that are hidden at first."""
