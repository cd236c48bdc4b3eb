"""What a form says about a draft: what is wrong, what will follow, which frames are there already."""

from __future__ import annotations

import os
from dataclasses import dataclass

from farmgui.domain.errors import InvalidValue
from farmgui.domain.frames import count_frames
from farmgui.submission.describe import describe
from farmgui.submission.draft import Draft, Existing, Note
from farmgui.submission.job import existing
from farmgui.submission.problems import problems
from farmgui.ui.editors.frames_edit import frames_in_words


@dataclass(frozen=True, slots=True)
class Check:
    """The answer for one draft."""

    problems: tuple[Note, ...]
    words: str
    """What follows, a sentence; "" where that can't be said yet."""
    existing: Existing


def check(draft: Draft) -> Check:
    """Look at `draft` and at the files that it names: not for the window's thread."""
    there = existing(draft)
    return Check(problems(draft), _sentence(draft, there), there)


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
