"""The column of the jobs table that says when a job will probably be done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from farmgui.domain.explanations import Expected
from farmgui.domain.snapshots import JobRow
from farmgui.ui.columns import Column
from farmgui.ui.texts import moment


def expected_column(expected: Callable[[int], Expected | None]) -> Column[JobRow]:
    """The column; `expected` is asked with a job's number each time a cell is painted."""

    def text(job: JobRow) -> str:
        found = expected(job.id)
        return soon(found.finish) if found is not None and job.counts.unfinished else ""

    def tip(job: JobRow) -> str:
        found = expected(job.id)
        return expected_words(found) if found is not None and job.counts.unfinished else ""

    def finish(job: JobRow) -> datetime | None:
        found = expected(job.id)
        return found.finish if found is not None else None

    return Column(
        "expected",
        "Expected",
        text=text,
        value=finish,
        sort=finish,
        tip=tip,
        about="When the job will probably be done, by the times that its frames took so far",
        width=82,
        live=True,
        tint=lambda _job: "dim",
    )


def expected_words(expected: Expected) -> str:
    """ "Done at about 22:40, between 22:10 and 23:30." """
    if expected.finish is None:
        why = f": {expected.reason}" if expected.reason else ""
        return f"When it will be done can't be said yet{why}."
    text = f"Done at about {soon(expected.finish)}"
    if expected.earliest is not None and expected.latest is not None:
        text += f", between {soon(expected.earliest)} and {soon(expected.latest)}"
    return f"{text}.\n{moment(expected.finish)}"


def soon(moment: datetime | None, now: datetime | None = None) -> str:
    """A moment to come in local time, as short as is clear: "22:40", "tomorrow 01:10", "Fri 14:00"."""
    if moment is None:
        return ""
    local = moment.astimezone()
    days = (local.date() - (now or datetime.now(UTC)).astimezone().date()).days
    if days <= 0:
        return f"{local:%H:%M}"
    if days == 1:
        return f"tomorrow {local:%H:%M}"
    return f"{local:%a %H:%M}" if days < 7 else f"{local.day} {local:%b}"
