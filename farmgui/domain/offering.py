"""The order in which the tasks of a job are offered to agents, as one number for each task.

The number holds the place of the task in the job's frame range, so a changed priority or preview needs no
second look at the range. Without either it is that place alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

PLACES: Final = 1 << 24
"""Places in a frame range; more than the tasks that a job may have."""

_BANDS: Final = 4
_REST: Final = 3
"""The band of frames that are no preview; 0 is that of the first frame, 1 of the last, 2 of each n-th."""

LAST: Final = 1 << 40
"""What is added to the position of a task that is to go: it comes after all that stay."""


def positions(frames: Sequence[Decimal], preview: int | None, priorities: Sequence[int]) -> list[int]:
    """The position of each task of a job, the lower ones first.

    `frames` and `priorities` are those of the tasks in the order of the range; the tiles of one frame stand
    together. Higher priorities come first. Within one, the preview frames do, where a `preview` is asked
    for: the first, the last, and, unless it is 0, every n-th.
    """
    bands = _bands(frames, preview)
    # A task of priority 0 that is no preview stands at its place itself.
    return [
        (band - _REST - priority * _BANDS) * PLACES + place
        for place, (band, priority) in enumerate(zip(bands, priorities, strict=True))
    ]


def place_of(position: int) -> int:
    """The place in the frame range that a position was made of."""
    return position % PLACES


def _bands(frames: Sequence[Decimal], preview: int | None) -> list[int]:
    if preview is None:
        return [_REST] * len(frames)
    distinct = {frame: number for number, frame in enumerate(dict.fromkeys(frames))}
    last = len(distinct) - 1
    return [_band(distinct[frame], last, preview) for frame in frames]


def _band(number: int, last: int, preview: int) -> int:
    """The band of the frame with that number, counted from 0, of a job whose last one is `last`."""
    if number == 0:
        return 0
    if number == last:
        return 1
    return 2 if preview and number % preview == 0 else _REST
