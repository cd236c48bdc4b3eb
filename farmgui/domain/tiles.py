"""The tiles of a frame: where they lie in it, what their files are called, what a command is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import floor, sqrt
from typing import Any, Final

from farmgui.domain.errors import InvalidValue
from farmgui.domain.output_names import split_number

TILE_PLACES: Final = ("tile_left", "tile_top", "tile_right", "tile_bottom")
TILE_PIXELS: Final = ("tile_first_column", "tile_first_row", "tile_last_column", "tile_last_row")
NO_TILE: Final[Mapping[str, Any]] = dict.fromkeys((*TILE_PLACES, *TILE_PIXELS), "")
"""What a command is told of a tile where there is none."""


@dataclass(frozen=True, slots=True)
class Area:
    """A part of a picture whose width and height are 1, from its upper left corner."""

    left: Fraction
    top: Fraction
    right: Fraction
    bottom: Fraction

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """The first column and row, and those behind the last ones, counted from 0."""
        return (
            floor(self.left * width),
            floor(self.top * height),
            floor(self.right * width),
            floor(self.bottom * height),
        )

    @property
    def word(self) -> str:
        """The area as one word of a command: "0,0,1/2,1"."""
        return f"{self.left},{self.top},{self.right},{self.bottom}"


@lru_cache(maxsize=64)
def tile_areas(count: int) -> tuple[Area, ...]:
    """The areas of `count` tiles, row by row: as square as can be, all of one size, and the whole picture.

    Where `count` makes no full grid, the lower rows have one tile less and are lower.
    """
    if count < 1:
        raise InvalidValue("A frame has at least one tile.")
    rows = round(sqrt(count))
    areas: list[Area] = []
    for row in range(rows):
        columns = count // rows + (row < count % rows)
        top = Fraction(len(areas), count)
        bottom = top + Fraction(columns, count)
        areas += [
            Area(Fraction(column, columns), top, Fraction(column + 1, columns), bottom)
            for column in range(columns)
        ]
    return tuple(areas)


def tile_output(output: str, tile: int) -> str:
    """The name that a tile's file gets where the frame's is `output`: "shot_tile3_####.png"."""
    before, number, after = split_number(output)
    return f"{before}tile{tile}_{number}{after}"


def tile_values(values: Mapping[str, Any], tile: int | None) -> Mapping[str, Any]:
    """The placeholders that follow from a tile; empty ones without a tile.

    Those in pixels are empty where the job doesn't tell the width and height of its pictures.
    """
    count = values.get("num_tiles")
    return NO_TILE if tile is None or not count else _tile_values(count, tile, picture_size(values))


@lru_cache(maxsize=1024)
def _tile_values(count: int, tile: int, size: tuple[int, int] | None) -> Mapping[str, Any]:
    area = tile_areas(count)[tile]
    places = (area.left, area.top, area.right, area.bottom)
    known = {**NO_TILE, **{name: float(place) for name, place in zip(TILE_PLACES, places, strict=True)}}
    if size is not None:
        left, top, right, bottom = area.pixels(*size)
        # As most programs count them: from 1, the last one included.
        known |= dict(zip(TILE_PIXELS, (left + 1, top + 1, right, bottom), strict=True))
    return known


def picture_size(values: Mapping[str, Any]) -> tuple[int, int] | None:
    """The width and height of a job's pictures in pixels, where it tells them."""
    width, height = str(values.get("width") or ""), str(values.get("height") or "")
    return (int(width), int(height)) if width.isdecimal() and height.isdecimal() else None
