"""The words that a person types above the jobs, and which jobs they let through."""

from __future__ import annotations

from collections.abc import Callable

from farmgui.domain.snapshots import JobRow
from farmgui.ui.item_models.job_columns import state_text


def job_filter(text: str) -> Callable[[JobRow], bool] | None:
    """A test for jobs in which every word of `text` occurs; None lets all through.

    Looked at are title, group, user, state, type, queue and "#id". A word with "-" before it must not occur.
    """
    words = text.casefold().split()
    wanted = [word for word in words if not word.startswith("-")]
    unwanted = [word[1:] for word in words if word.startswith("-") and len(word) > 1]
    if not wanted and not unwanted:
        return None

    def accepts(job: JobRow) -> bool:
        where = words_of(job)
        return all(word in where for word in wanted) and not any(word in where for word in unwanted)

    return accepts


def words_of(job: JobRow) -> str:
    """What the words are looked for in."""
    parts = (
        job.title,
        job.group,
        job.user,
        str(job.state),
        state_text(job),
        job.job_type,
        job.queue,
        f"#{job.id}",
    )
    return "\n".join(parts).casefold()
