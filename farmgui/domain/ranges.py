"""The tasks that a frame range makes, and what another range makes of the tasks that are there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final, Generic, Protocol, TypeVar

from farmgui.domain.errors import InvalidValue
from farmgui.domain.frames import frame_text, parse_frames, step_of
from farmgui.domain.jobtypes import JobTypeDefinition
from farmgui.domain.limits import MAX_TASKS
from farmgui.domain.offering import positions

Place = tuple[Decimal, int | None]
"""A frame and a tile of it; in a job with tiles, the place without one is that of the assembly."""

LAST_FRAME: Final = 1_000_000_000
"""Frames are stored as ten-thousandths, which a database's whole numbers must hold."""


class Placed(Protocol):
    """What a task must tell for this."""

    @property
    def frame(self) -> Decimal: ...
    @property
    def tile(self) -> int | None: ...
    @property
    def priority(self) -> int: ...
    @property
    def removed(self) -> bool: ...


T = TypeVar("T", bound=Placed)


@dataclass(frozen=True, slots=True)
class RangeChange(Generic[T]):
    """What becomes of a job's tasks when it gets another range."""

    stay: list[tuple[T, int]]
    """Tasks that are kept as they are, each with its position; one that was to go stays after all."""
    go: list[T]
    new: list[tuple[int, Place]]
    """What is to be made, each with its position."""


def range_text(start: object, end: object, by: object = 1) -> str:
    """The frames from `start` by `by` while they are up to `end`, as `parse_frames` reads them (PyFarm 2.6).

    Raises InvalidValue for what are no numbers, an end before the start, or a step that isn't above 0.
    """
    try:
        first, last, step = (Decimal(str(value)) for value in (start, end, by))
        if not all(value.is_finite() for value in (first, last, step)):
            raise InvalidOperation
    except InvalidOperation as error:
        raise InvalidValue(f"Frames from {start} to {end} by {by}: these are no numbers.") from error
    if step <= 0:
        raise InvalidValue(f"Frames are counted by a step above 0, not by {frame_text(step)}.")
    if last < first:
        raise InvalidValue(
            f"Frames from {frame_text(first)} to {frame_text(last)}: the end is before the start."
        )
    if first == last:
        return frame_text(first)
    plain = f"{frame_text(first)}-{frame_text(last)}"
    return plain if step == 1 else f"{plain}x{frame_text(step)}"


def places(text: str, tiles: int | None, definition: JobTypeDefinition) -> tuple[list[Place], Decimal]:
    """What `text` asks for, in its order, and the step between the frames.

    Each tile is a place; where the job type assembles them, the frame itself is one more, after its tiles.
    Raises InvalidValue for no frame range, too many tasks, or frames that the job type doesn't know.
    """
    frames = parse_frames(text)
    numbers = _tiles(tiles, definition)
    if len(frames) * len(numbers) > MAX_TASKS:
        raise InvalidValue(
            f"{len(frames):,} frames of {tiles} tiles make more than {MAX_TASKS:,} tasks. "
            "Submit them in smaller parts."
        )
    _check_frames(text, frames, definition)
    return [(frame, tile) for frame in frames for tile in numbers], step_of(frames)


def range_change(known: Iterable[T], wanted: Sequence[Place], preview: int | None) -> RangeChange[T]:
    """What becomes of the tasks that are `known` when a job gets the places `wanted`, in that order.

    Tasks are matched by frame and tile (PyFarm 9.1 rule 3).
    """
    there: dict[Place, T] = {(task.frame, task.tile): task for task in known}
    asked = set(wanted)
    priorities = [there[place].priority if place in there else 0 for place in wanted]
    order = positions([frame for frame, _ in wanted], preview, priorities)
    placed = list(zip(order, wanted, strict=True))
    return RangeChange(
        stay=[(there[place], position) for position, place in placed if place in there],
        go=[task for place, task in there.items() if place not in asked and not task.removed],
        new=[(position, place) for position, place in placed if place not in there],
    )


def _tiles(tiles: int | None, definition: JobTypeDefinition) -> Sequence[int | None]:
    if tiles is None:
        return (None,)
    return (*range(tiles), None) if definition.assemble else range(tiles)


def _check_frames(text: str, frames: Sequence[Decimal], definition: JobTypeDefinition) -> None:
    """Raise InvalidValue for frames that the job type or the database doesn't know."""
    name = definition.title or definition.name
    if definition.whole_frames and any(frame != frame.to_integral_value() for frame in frames):
        raise InvalidValue(f'"{text}" has fractional frames, which {name} doesn\'t know.')
    lowest = definition.lowest_frame
    if lowest is not None and any(frame < lowest for frame in frames):
        raise InvalidValue(f'"{text}" has frames below {lowest}, which {name} doesn\'t know.')
    if any(abs(frame) > LAST_FRAME for frame in frames):
        raise InvalidValue(f'"{text}" has frames beyond {LAST_FRAME:,}.')
    if any(frame != round(frame, 4) for frame in frames):
        raise InvalidValue(f'"{text}" has frames with more than four digits after the point.')
