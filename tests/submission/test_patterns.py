"""The patterns of the job types on output that real programs wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from farmgui.domain.jobtypes import JobTypeDefinition
from tests.submission.reading import Read, read_output

OUTPUTS = Path(__file__).parent / "outputs"
Types = dict[str, JobTypeDefinition]


def read(types: Types, job_type: str, name: str) -> Read:
    """What the type's patterns find in a kept output."""
    text = (OUTPUTS / f"{name}.txt").read_bytes().decode()
    return read_output(types[job_type].patterns, text)


def test_cycles_with_a_file_output_node(types: Types) -> None:
    found = read(types, "blender", "blender-3.4-cycles")
    assert found.frames == [1, 2, 3]
    assert found.progress[:3] == [0.0, 0.25, 1.0]
    assert [line.split("/")[-1] for line in found.done] == [
        "shot_0001.png'",
        "shot_0002.png'",
        "shot_0003.png'",
    ]
    assert (found.warnings, found.errors) == ([], [])


def test_eevee(types: Types) -> None:
    found = read(types, "blender", "blender-3.4-eevee")
    assert found.frames == [10]
    assert found.progress == [1 / 64, 26 / 64, 51 / 64, 1.0]
    assert len(found.done) == 1
    assert found.errors == []


def test_blender_5(types: Types) -> None:
    found = read(types, "blender", "blender-5")
    assert found.frames == [17, 18]
    assert found.progress == [0.0, 112 / 128, 1.0, 0.5]
    assert len(found.done) == 2
    assert found.errors == []


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("blender-3.4-cannot-save", "imb_savepng: Cannot open file for writing: '/proc/nope/a_0001.png'"),
        ("blender-3.4-python", "ZeroDivisionError: division by zero"),
    ],
)
def test_the_first_error_line_of_blender(name: str, first: str, types: Types) -> None:
    found = read(types, "blender", name)
    assert found.errors[0] == first
    assert found.done == []


@pytest.mark.parametrize(
    ("line", "is_error"),
    [
        ("00:41.476  render           | ERROR Cannot render, no camera", True),
        ("Error: CUDA error: Out of memory in cuMemAlloc_v2", True),
        ("System is out of GPU memory", False),
        ("EGL Error (0x3009): EGL_BAD_MATCH: Arguments are inconsistent", False),
        ("Error: Python: Traceback (most recent call last):", False),
        ("AttributeError: 'NoneType' object has no attribute 'render'", True),
        ("Fra:1 Mem:9M (Peak 9M) | Time:00:00.02 | ErrorShader | Sample 0/4", False),
    ],
)
def test_lines_that_are_errors_of_blender(line: str, is_error: bool, types: Types) -> None:
    assert bool(read_output(types["blender"].patterns, line).errors) is is_error


def test_tiles_count_before_the_samples_in_them(types: Types) -> None:
    line = "Fra:1 Mem:82.04M | Time:00:01.18 | Scene, ViewLayer | Rendered 1/4 Tiles, Sample 32/128"
    assert read_output(types["blender"].patterns, line).progress == [0.25]


def test_povray(types: Types) -> None:
    found = read(types, "pov-ray", "povray-3.7")
    assert [round(share, 2) for share in found.progress] == [0.33, 0.67, 0.83, 1.0]
    assert (found.warnings, found.errors) == ([], [])


def test_a_warning_of_povray_is_no_error(types: Types) -> None:
    found = read(types, "pov-ray", "povray-3.7-warning")
    assert found.warnings[0] == "File 'warn.pov' line 3: Parse Warning: hello"
    assert found.errors == []


def test_the_first_error_line_of_povray(types: Types) -> None:
    found = read(types, "pov-ray", "povray-3.7-parse-error")
    assert found.errors[0] == "File 'bad.pov' line 2: Parse Error: No matching } in 'sphere', camera found"


@pytest.mark.parametrize(
    ("line", "progress", "is_error"),
    [
        ("frame 3: 40%", [0.4], False),
        ("12.5 % of it", [0.125], False),
        ("ValueError: no such picture", [], True),
        ("Traceback (most recent call last):", [], False),
        ("my.module.OwnError: gone", [], True),
        ("error: call it otherwise", [], True),
    ],
)
def test_a_python_script(line: str, progress: list[float], is_error: bool, types: Types) -> None:
    found = read_output(types["python-script"].patterns, line)
    assert (found.progress, bool(found.errors)) == (progress, is_error)
