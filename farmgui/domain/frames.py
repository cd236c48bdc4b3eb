"""Frame ranges as the field writes them: "1-10,20-40x2"; parsed by fileseq, kept as exact decimals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from fileseq.exceptions import FileSeqException, MaxSizeException
from fileseq.frameset import FrameSet

from farmgui.domain.errors import InvalidValue
from farmgui.domain.limits import MAX_TASKS

_FORMS = 'Write it like "1-10" or "1-10,20-40x2".'


def parse_frames(text: str) -> tuple[Decimal, ...]:
    """The frames of `text` in the order that it asks for, each once.

    Raises InvalidValue for what is no frame range or makes more than 1,000,000 frames.
    """
    return tuple(Decimal(frame) for frame in _frame_set(text))


def count_frames(text: str) -> int:
    """How many frames `text` makes, told fast enough for each key that is pressed. Raises InvalidValue."""
    return len(_frame_set(text))


# It is asked for with each task that is given out.
@lru_cache(maxsize=4096)
def frame_text(frame: Decimal) -> str:
    """A frame as people write it: "7", "1.5"."""
    return str(int(frame)) if frame == frame.to_integral_value() else f"{frame.normalize():f}"


def frames_text(frames: Iterable[Decimal]) -> str:
    """`frames` as one short range that parse_frames reads back: "1-10,20-40x2"."""
    values: Sequence[Decimal] = list(frames)
    if not values:
        return ""
    if all(frame == frame.to_integral_value() for frame in values):
        return str(FrameSet.from_iterable([int(frame) for frame in values]))
    return ",".join(frame_text(frame) for frame in values)


def _frame_set(text: str) -> FrameSet:
    text = text.strip()
    if not text:
        raise InvalidValue(f"No frames are given. {_FORMS}")
    try:
        frames = FrameSet(text)
        count = len(frames)
    except MaxSizeException as error:
        raise _too_many(text) from error
    except (FileSeqException, ValueError, ArithmeticError) as error:
        raise InvalidValue(f'"{_short(text)}" is no frame range. {_FORMS}') from error
    if count > MAX_TASKS:
        raise _too_many(text)
    return frames


def step_of(frames: Sequence[Decimal]) -> Decimal:
    """The step that leads from each of `frames` to the next; 1 where there is no one rising step."""
    if len(frames) < 2:
        return Decimal(1)
    step = frames[1] - frames[0]
    even = all(later - earlier == step for earlier, later in pairwise(frames))
    return step if even and step > 0 else Decimal(1)


def _too_many(text: str) -> InvalidValue:
    return InvalidValue(f'"{_short(text)}" makes more than {MAX_TASKS:,} tasks. Submit it in smaller parts.')


def _short(text: str, length: int = 40) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
