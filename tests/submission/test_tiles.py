"""Frames rendered in tiles and put together are the frames that are rendered whole."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from farmgui.domain.jobtypes import BatchFrame, JobTypeDefinition, assembly, batch_command, task_outputs
from farmgui.domain.resource_files import assemble_tiles_script
from farmgui.domain.tiles import tile_areas
from farmgui.submission import tiling
from farmgui.submission.draft import Draft
from farmgui.submission.filling import draft_for
from farmgui.submission.job import make_output_folder, template_values, to_spec
from farmgui.submission.problems import problems

oiio = pytest.importorskip("OpenImageIO")
Definitions = list[JobTypeDefinition]


def in_tiles(draft: Draft, tiles: int | None) -> Draft:
    return replace(draft, more={**draft.more, "num_tiles": tiles})


def render(draft: Draft, frame: int) -> Path:
    """The file of a frame, rendered whole or in tiles, each as a job would."""
    assert problems(draft) == ()
    make_output_folder(to_spec(draft))
    values, definition, whole = template_values(draft), draft.definition, BatchFrame(Decimal(frame))
    tiles = values["num_tiles"]
    if not tiles:
        return run(definition, values, whole)
    made = [run(definition, values, BatchFrame(Decimal(frame), tile)) for tile in range(tiles)]
    result = run(assembly(definition), values, whole)
    assert not any(file.exists() for file in made)
    return result


def run(definition: JobTypeDefinition, values: dict[str, Any], frame: BatchFrame) -> Path:
    [name] = task_outputs(definition, values, frame)
    done = subprocess.run(
        batch_command(definition, values, [frame]), capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert Path(name).is_file(), done.stdout + done.stderr
    return Path(name)


def pixels(file: Path) -> tuple[Any, Any]:
    """The pixels of a picture as they are stored, and what they are made of."""
    config = oiio.ImageSpec()
    config.attribute("oiio:UnassociatedAlpha", 1)
    picture = oiio.ImageBuf(str(file), 0, 0, config)
    return picture.get_pixels(picture.spec().format), (
        str(picture.spec().format),
        picture.spec().channelnames,
    )


@pytest.mark.povray
def test_povray_in_tiles(ball: Path, definitions: Definitions) -> None:
    draft = replace(draft_for(ball, definitions), frames="1", cpus=1).with_values(width="97", height="61")
    whole = pixels(render(draft, 1))
    assembled = render(in_tiles(draft, 7), 1)
    assert assembled.name == "a ball_0001.png"
    assert (pixels(assembled)[0] == whole[0]).all()
    assert pixels(assembled)[1] == whole[1]


@pytest.mark.povray
def test_an_animation_of_povray_in_tiles(ball: Path, definitions: Definitions) -> None:
    ball.with_suffix(".ini").write_text("Initial_Frame=1\nFinal_Frame=120\nWidth=48\nHeight=36\n")
    draft = replace(draft_for(ball, definitions), cpus=1)
    whole = pixels(render(draft, 60))[0]
    assert (pixels(render(in_tiles(draft, 3), 60))[0] == whole).all()


@pytest.mark.blender
@pytest.mark.parametrize(("form", "tiles"), [("PNG", 3), ("OPEN_EXR_MULTILAYER", 2)])
def test_blender_in_tiles(shot: Path, definitions: Definitions, form: str, tiles: int) -> None:
    draft = replace(draft_for(shot, definitions), cpus=1).with_values(format=form)
    whole, made_of = pixels(render(draft, 2))
    assembled, made_of_tiles = pixels(render(in_tiles(draft, tiles), 2))
    assert made_of_tiles == made_of
    assert whole.shape == assembled.shape
    assert whole.std() > 0
    assert (assembled == whole).all()


class TestScript:
    """The script that puts tiles together."""

    def test_formats_and_transparency(self, tmp_path: Path) -> None:
        for ending, form, channels in (
            (".png", "uint8", 4),
            (".png", "uint16", 4),
            (".tif", "uint16", 3),
            (".exr", "half", 5),
            (".exr", "float", 1),
        ):
            whole, files = cut(tmp_path, ending, form, channels, 5)
            output = tmp_path / f"out{ending}"
            done = assemble(output, files)
            assert done.returncode == 0, done.stdout + done.stderr
            assert (pixels(output)[0] == pixels(whole)[0]).all(), (ending, form)
            assert pixels(output)[1] == pixels(whole)[1]
            assert [file for file in tmp_path.iterdir() if "tile" in file.name or file.name[0] == "."] == []

    def test_files_that_hold_only_their_part(self, tmp_path: Path) -> None:
        whole, files = cut(tmp_path, ".exr", "half", 4, 6, cropped=True)
        assert assemble(tmp_path / "out.exr", files).returncode == 0
        assert (pixels(tmp_path / "out.exr")[0] == pixels(whole)[0]).all()

    def test_files_of_several_pictures(self, tmp_path: Path) -> None:
        specs = (oiio.ImageSpec(8, 6, 3, "half"), oiio.ImageSpec(8, 6, 1, "float"))
        files = [tmp_path / f"tile{number}.exr" for number in range(2)]
        for number, file in enumerate(files):
            output = oiio.ImageOutput.create(str(file))
            named = tuple(oiio.ImageSpec(spec) for spec in specs)
            for spec, name in zip(named, ("beauty", "depth"), strict=True):
                spec.attribute("name", name)
            assert output.open(str(file), named)
            for place, spec in enumerate(named):
                assert not place or output.open(str(file), spec, "AppendSubimage")
                picture = oiio.ImageBuf(spec)
                assert oiio.ImageBufAlgo.fill(picture, [number + place + 0.5] * spec.nchannels)
                assert picture.write(output)
            output.close()
        done = assemble(tmp_path / "out.exr", files)
        assert done.returncode == 0, done.stdout + done.stderr
        for place, name in enumerate(("beauty", "depth")):
            picture = oiio.ImageBuf(str(tmp_path / "out.exr"), place, 0)
            assert picture.spec().getattribute("name") == name
            assert (picture.getpixel(3, 2)[0], picture.getpixel(4, 2)[0]) == (place + 0.5, place + 1.5)

    def test_a_tile_that_is_missing(self, tmp_path: Path) -> None:
        _, files = cut(tmp_path, ".png", "uint8", 3, 4)
        files[2].unlink()
        done = assemble(tmp_path / "out.png", files)
        assert done.returncode == 1
        assert done.stdout == f"Error: tile 2 isn't there: {files[2]}. Rerun it.\n"
        assert not (tmp_path / "out.png").exists()
        assert files[0].exists()

    def test_a_tile_that_is_no_picture(self, tmp_path: Path) -> None:
        _, files = cut(tmp_path, ".png", "uint8", 3, 4)
        files[1].write_bytes(b"\x89PNG\r\n\x1a\nrubbish")
        done = assemble(tmp_path / "out.png", files)
        assert done.returncode == 1
        assert done.stdout.startswith(f"Error: {files[1]} can't be read")

    def test_tiles_of_different_size(self, tmp_path: Path) -> None:
        _, files = cut(tmp_path, ".png", "uint8", 3, 2)
        picture = oiio.ImageBuf(oiio.ImageSpec(8, 8, 3, "uint8"))
        assert picture.write(str(files[1]))
        done = assemble(tmp_path / "out.png", files)
        assert done.stdout == f"Error: {files[1]} is of another size than {files[0]}.\n"

    def test_ended_while_it_removed_the_tiles_it_goes_on(self, tmp_path: Path) -> None:
        whole, files = cut(tmp_path, ".png", "uint8", 3, 4)
        output = tmp_path / "out.png"
        output.write_bytes(whole.read_bytes())
        files[3].unlink()
        before = output.stat().st_mtime_ns
        done = assemble(output, files)
        assert done.returncode == 0, done.stdout
        assert not any(file.exists() for file in files)
        assert output.stat().st_mtime_ns > before

    def test_an_old_frame_is_not_taken_for_the_new_one(self, tmp_path: Path) -> None:
        whole, files = cut(tmp_path, ".png", "uint8", 3, 4)
        output = tmp_path / "out.png"
        output.write_bytes(whole.read_bytes())
        os.utime(output, (1, 1))
        files[3].unlink()
        assert assemble(output, files).returncode == 1
        assert files[0].exists()


def cut(
    folder: Path, ending: str, form: str, channels: int, tiles: int, *, cropped: bool = False
) -> tuple[Path, list[Path]]:
    """A picture of noise, and its tiles: each of the whole size and empty but for its part, or cropped."""
    names = ("R", "G", "B", "A", "Z")[:channels] if channels > 1 else ("Y",)
    spec = oiio.ImageSpec(37, 23, channels, form)
    spec.channelnames = names
    spec.attribute("oiio:UnassociatedAlpha", 1)
    picture = oiio.ImageBuf(spec)
    assert oiio.ImageBufAlgo.noise(picture, "white", 0.0, 1.0, seed=7)
    whole = folder / f"whole{ending}"
    assert picture.write(str(whole))
    files = []
    for number, area in enumerate(tile_areas(tiles)):
        left, top, right, bottom = area.pixels(37, 23)
        part = oiio.ROI(left, right, top, bottom)
        tile = oiio.ImageBuf(oiio.ImageSpec(spec))
        if cropped:
            tile = oiio.ImageBufAlgo.crop(picture, part)
        else:
            assert oiio.ImageBufAlgo.paste(tile, 0, 0, 0, 0, picture, part)
        files.append(folder / f"tile{number}{ending}")
        assert tile.write(str(files[-1]))
    return whole, files


def assemble(output: Path, files: Sequence[Path]) -> subprocess.CompletedProcess[str]:
    areas = [area.word for area in tile_areas(len(files))]
    return subprocess.run(
        [sys.executable, assemble_tiles_script(), output, "--areas", *areas, "--files", *files],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


class TestProblems:
    """What keeps a job from being rendered in tiles."""

    def test_a_type_that_cant(self, types: dict[str, JobTypeDefinition]) -> None:
        assert tiling.tiling_problem(types["ffmpeg"], {}, 4) == "ffmpeg can't render in tiles."

    @pytest.mark.povray
    def test_a_draft_says_what_is_missing(self, ball: Path, definitions: Definitions) -> None:
        draft = replace(in_tiles(draft_for(ball, definitions), 4), frames="1")
        assert problems(draft) == ()
        [note] = problems(draft.with_values(width=""))
        assert (note.field, note.text) == ("num_tiles", "Tiles need the picture's width and height.")
        [note] = problems(draft.with_values(width="1", height="9"))
        assert note.text == "A picture of 1 × 9 pixels has no room for 4 tiles."

    @pytest.mark.povray
    def test_without_the_library(
        self, ball: Path, definitions: Definitions, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        draft = replace(in_tiles(draft_for(ball, definitions), 4), frames="1")
        monkeypatch.setattr(tiling, "has_openimageio", lambda: False)
        [note] = problems(draft)
        assert note.text == "Tiles of pictures need OpenImageIO: pip install farmgui[images]"
        assert problems(in_tiles(draft, None)) == ()

    def test_unknown_names_cant_be_put_together(self, types: dict[str, JobTypeDefinition]) -> None:
        values = {"output": "/a/b", "unchecked": True}
        assert "choose the format" in (tiling.tiling_problem(types["blender"], values, 4) or "")


def test_areas_are_read_as_they_are_written() -> None:
    for area in tile_areas(7):
        assert [Fraction(part) for part in area.word.split(",")] == [
            area.left,
            area.top,
            area.right,
            area.bottom,
        ]
