"""Tiles cover their frame, in as square a grid as can be."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmgui.domain.errors import InvalidValue
from farmgui.domain.jobtypes import (
    BatchFrame,
    assembly,
    batch_command,
    parse_definition,
    placeholders,
    task_outputs,
)
from farmgui.domain.orders import BatchMode
from farmgui.domain.tiles import tile_areas, tile_output


@pytest.mark.parametrize(
    ("count", "rows"),
    [
        (1, [1]),
        (2, [2]),
        (3, [2, 1]),
        (4, [2, 2]),
        (5, [3, 2]),
        (6, [3, 3]),
        (7, [3, 2, 2]),
        (9, [3, 3, 3]),
        (12, [4, 4, 4]),
        (16, [4, 4, 4, 4]),
    ],
)
def test_the_grid(count: int, rows: list[int]) -> None:
    assert list(Counter(area.top for area in tile_areas(count)).values()) == rows


def test_no_tiles_are_no_grid() -> None:
    with pytest.raises(InvalidValue, match="at least one tile"):
        tile_areas(0)


@given(st.integers(1, 60), st.integers(60, 200), st.integers(60, 200))
def test_each_pixel_is_in_one_tile(count: int, width: int, height: int) -> None:
    areas = tile_areas(count)
    assert {(area.right - area.left) * (area.bottom - area.top) for area in areas} == {Fraction(1, count)}
    pixels: Counter[tuple[int, int]] = Counter()
    for area in areas:
        left, top, right, bottom = area.pixels(width, height)
        pixels.update((x, y) for x in range(left, right) for y in range(top, bottom))
    assert len(pixels) == width * height
    assert set(pixels.values()) == {1}


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("/f/shot_####.png", "/f/shot_tile3_####.png"),
        ("/f/shot_####", "/f/shot_tile3_####"),
        ("/f#/##_a##b.png", "/f#/##_atile3_##b.png"),
        ("/f/still.png", "/f/tile3_still.png"),
        (r"C:\f\still.png", r"C:\f\tile3_still.png"),
        ("still.png", "tile3_still.png"),
    ],
)
def test_names_of_tiles(output: str, expected: str) -> None:
    assert tile_output(output, 3) == expected


TYPE = parse_definition(
    {
        "name": "x",
        "mode": "one process",
        "supports_tiling": True,
        "arguments": [
            "r",
            "{output}",
            ["-c", "{tile_first_column}", "{tile_last_row}"],
            ["-x", "{tile_left}"],
        ],
        "assemble": ["a", "{output_file}", "{*tile_areas}", "{*tile_files}"],
        "outputs": ["{output_file}"],
    }
)
VALUES = {"output": "/a{b}/f_##", "extension": ".png", "num_tiles": 4, "width": "9", "height": 7}


def test_what_a_tile_is_told() -> None:
    last = BatchFrame(Decimal(7), 3)
    assert batch_command(TYPE, VALUES, [last]) == ("r", "/a{b}/f_tile3_##", "-c", "5", "7", "-x", "0.5")
    assert task_outputs(TYPE, VALUES, last) == ("/a{b}/f_tile3_07.png",)
    # The first tile's left is 0, which is a number, not nothing.
    assert batch_command(TYPE, VALUES, [BatchFrame(Decimal(7), 0)])[-2:] == ("-x", "0.0")


def test_without_a_size_there_are_no_pixels() -> None:
    values = {**VALUES, "width": ""}
    assert batch_command(TYPE, values, [BatchFrame(Decimal(7), 1)]) == ("r", "/a{b}/f_tile1_##", "-x", "0.5")


def test_a_frame_without_tiles_is_told_nothing_of_them() -> None:
    assert batch_command(TYPE, {**VALUES, "num_tiles": ""}, [BatchFrame(Decimal(7))]) == ("r", "/a{b}/f_##")


def test_how_a_frame_is_put_together() -> None:
    whole = BatchFrame(Decimal(7))
    made = assembly(TYPE)
    assert made.mode is BatchMode.EACH
    assert batch_command(made, VALUES, [whole]) == (
        "a",
        "/a{b}/f_07.png",
        *("0,0,1/2,1/2", "1/2,0,1,1/2", "0,1/2,1/2,1", "1/2,1/2,1,1"),
        *(f"/a{{b}}/f_tile{tile}_07.png" for tile in range(4)),
    )
    assert task_outputs(made, VALUES, whole) == ("/a{b}/f_07.png",)


def test_the_names_in_a_command() -> None:
    assert placeholders(TYPE.assemble) == {"output_file", "tile_areas", "tile_files"}
    assert placeholders([("{a:03d}", "{{b}}"), "c"]) == {"a"}
