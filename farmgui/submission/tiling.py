"""What keeps a job from being rendered in tiles."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any

from farmgui.domain.jobtypes import JobTypeDefinition, placeholders
from farmgui.domain.tiles import TILE_PIXELS, picture_size, tile_areas


def tiling_problem(definition: JobTypeDefinition, values: Mapping[str, Any], tiles: int) -> str | None:
    """Why a job with these placeholders can't be rendered in so many tiles, a sentence; None where it can."""
    title = definition.title or definition.name
    if not definition.supports_tiling:
        return f"{title} can't render in tiles."
    if not definition.assemble:
        return None
    if not values.get("output") or values.get("unchecked"):
        return "The tiles can't be put together, as the names of their files aren't known: choose the format."
    if "assemble_tiles" in placeholders(definition.assemble) and not has_openimageio():
        return "Tiles of pictures need OpenImageIO: pip install farmgui[images]"
    return _size_problem(definition, values, tiles)


def has_openimageio() -> bool:
    """Whether the library that puts tiles of pictures together is installed."""
    return importlib.util.find_spec("OpenImageIO") is not None


def _size_problem(definition: JobTypeDefinition, values: Mapping[str, Any], tiles: int) -> str | None:
    size = picture_size(values)
    if size is None:
        if placeholders(definition.arguments).isdisjoint(TILE_PIXELS):
            return None
        return "Tiles need the picture's width and height."
    for area in tile_areas(tiles):
        left, top, right, bottom = area.pixels(*size)
        if left == right or top == bottom:
            return f"A picture of {size[0]} × {size[1]} pixels has no room for {tiles} tiles."
    return None
