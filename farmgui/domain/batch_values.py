"""What fills the templates of one batch: the values of its job, and those that follow from its tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from farmgui.domain.batches import Pickable
from farmgui.domain.output_names import hashes, plain_number, split_number
from farmgui.domain.tiles import NO_TILE, tile_areas, tile_output, tile_values


class BatchValues(dict[str, Any]):
    """The placeholders of a batch by name: few are in a template, so each is made when it is asked for.

    A tile's `output` and `output_file` are its own. A job whose data say "unchecked" writes files whose names
    aren't known: there is no output_file.
    """

    def __init__(self, of_job: Mapping[str, Any], batch: Sequence[Pickable]) -> None:
        self.of_job = of_job
        self.batch = batch
        self.first = batch[0]

    def __missing__(self, name: str) -> Any:
        make = _MADE.get(name)
        made = None if make is None else make(self)
        value = self[name] = self.of_job[name] if made is None else made
        return value


def _frame(known: BatchValues) -> Any:
    return plain_number(known.first.frame)


def _end(known: BatchValues) -> Any:
    return plain_number(known.batch[-1].frame)


def _frames(known: BatchValues) -> str:
    return ",".join([str(plain_number(task.frame)) for task in known.batch])


def _tile(known: BatchValues) -> int | str:
    return "" if known.first.tile is None else known.first.tile


def _of_tile(name: str) -> Callable[[BatchValues], Any]:
    return lambda known: tile_values(known.of_job, known.first.tile)[name]


def _output(known: BatchValues) -> str | None:
    output = str(known.of_job.get("output") or "")
    if not output:
        return None
    tile = known.first.tile
    return output if tile is None else tile_output(output, tile)


def _output_start(known: BatchValues) -> str | None:
    output = _output(known)
    return None if output is None else split_number(output)[0]


def _output_file(known: BatchValues) -> str | None:
    job = known.of_job
    output = None if job.get("unchecked") else _output(known)
    return None if output is None else f"{hashes(output, known.first.frame)}{job.get('extension') or ''}"


def _tile_areas(known: BatchValues) -> tuple[str, ...] | None:
    return tuple(area.word for area in tile_areas(known.of_job["num_tiles"])) if _has_tiles(known) else None


def _tile_files(known: BatchValues) -> tuple[str, ...] | None:
    if not _has_tiles(known):
        return None
    job, frame = known.of_job, known.first.frame
    output, ending = str(job["output"]), job.get("extension") or ""
    names = (hashes(tile_output(output, tile), frame) for tile in range(job["num_tiles"]))
    # Words of a list are templates themselves.
    return tuple(f"{name}{ending}".replace("{", "{{").replace("}", "}}") for name in names)


def _has_tiles(known: BatchValues) -> bool:
    """Whether it is a whole frame that is put together from files whose names are known."""
    job = known.of_job
    return bool(
        known.first.tile is None and job.get("num_tiles") and job.get("output") and not job.get("unchecked")
    )


_MADE: Final[Mapping[str, Callable[[BatchValues], Any]]] = {
    "frame": _frame,
    "start": _frame,
    "end": _end,
    "frames": _frames,
    "tile": _tile,
    **{name: _of_tile(name) for name in NO_TILE},
    "output": _output,
    "output_start": _output_start,
    "output_file": _output_file,
    "tile_areas": _tile_areas,
    "tile_files": _tile_files,
}
"""What follows from the tasks, by name; None where only the job can know."""
OF_BATCH: Final = frozenset(_MADE)
"""The placeholders that may differ from one batch of a job to the next."""
