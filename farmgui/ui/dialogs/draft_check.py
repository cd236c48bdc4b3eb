"""What a form says about a draft: what is wrong, what will follow, which frames are there already."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from farmgui.domain.errors import FarmError, InvalidValue
from farmgui.domain.frames import count_frames
from farmgui.domain.sights import Question, question
from farmgui.submission.describe import describe
from farmgui.submission.draft import Draft, Existing, Note
from farmgui.submission.job import existing, job_data
from farmgui.submission.problems import problems
from farmgui.ui.editors.frames_edit import frames_in_words

_FILES: Final = frozenset({"scene", "output"})


@dataclass(frozen=True, slots=True)
class Check:
    """The answer for one draft."""

    problems: tuple[Note, ...]
    words: str
    """What follows, a sentence; "" where that can't be said yet."""
    existing: Existing
    question: Question | None = None
    """What machines have to see of its files; None where these aren't right yet."""


def check(draft: Draft) -> Check:
    """Look at `draft` and at the files that it names: not for the window's thread."""
    there = existing(draft)
    wrong = problems(draft)
    return Check(wrong, _sentence(draft, there), there, _question(draft, wrong))


def _question(draft: Draft, wrong: Sequence[Note]) -> Question | None:
    if any(note.field in _FILES for note in wrong):
        return None
    try:
        asked = question(job_data(draft))
    except FarmError:
        return None
    # Of a file that isn't here either, machines have nothing to say.
    here = asked is None or not asked.scene or Path(asked.scene).exists()
    return asked if here else None


def _sentence(draft: Draft, there: Existing) -> str:
    try:
        count = count_frames(draft.frames)
    except InvalidValue:
        return ""
    follows = describe(draft, os.cpu_count() or 1)
    if draft.only_missing:
        count -= there.there
    if count == 1:
        return f"{follows[:1].upper()}{follows[1:]}."
    return f"{frames_in_words(count)}: {follows}."
