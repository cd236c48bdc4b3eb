"""Puts the tiles of a frame together: from each file, a picture of the whole size, its own area is taken.

    assemble_tiles.py OUTPUT --areas 0,0,1/2,1 1/2,0,1,1 --files A B

An area is left, top, right, bottom as parts of the width and height. The files of the tiles are removed
once the frame is written.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

try:
    import OpenImageIO as oiio  # noqa: N813 (its own short name)
except ImportError:
    sys.exit("Error: tiles of pictures need OpenImageIO: pip install farmgui[images]")


class CannotAssemble(Exception):
    """The frame can't be made of these files; the text says why."""


def main() -> int:
    """Assemble what the command line names; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("--areas", nargs="+", type=area, required=True)
    parser.add_argument("--files", nargs="+", type=Path, required=True)
    arguments = parser.parse_args()
    if len(arguments.areas) != len(arguments.files):
        parser.error("there must be as many areas as files")
    try:
        if not finish_removal(arguments.output, arguments.files):
            assemble(arguments.output, arguments.areas, arguments.files)
            remove(arguments.files)
    except (CannotAssemble, OSError) as error:
        print(f"Error: {error}")
        return 1
    print(f"{arguments.output} is made of {len(arguments.files)} tiles")
    return 0


def area(word: str) -> tuple[Fraction, ...]:
    """The four numbers of an area, like "0,1/3,1/2,1"."""
    numbers = tuple(Fraction(part) for part in word.split(","))
    if len(numbers) != 4:
        raise ValueError(word)
    return numbers


def assemble(output: Path, areas: Sequence[tuple[Fraction, ...]], files: Sequence[Path]) -> None:
    """Write the frame, whole or not at all."""
    for number, file in enumerate(files):
        if not file.is_file():
            raise CannotAssemble(f"tile {number} isn't there: {file}. Rerun it.")
    # Some formats tell of none although there is one.
    count = max(1, opened(files[0]).nsubimages)
    pictures = [assembled(number, areas, files) for number in range(count)]
    new = output.with_name(f".{output.stem}.assembled{output.suffix}")
    try:
        write(new, pictures)
        new.replace(output)
    finally:
        with contextlib.suppress(OSError):
            new.unlink()


def assembled(subimage: int, areas: Sequence[tuple[Fraction, ...]], files: Sequence[Path]) -> Any:
    """One picture of the frame; most formats have one in a file."""
    whole: Any = None
    for (left, top, right, bottom), file in zip(areas, files, strict=True):
        tile = opened(file, subimage)
        spec = tile.spec()
        if whole is None:
            whole = oiio.ImageBuf(whole_spec(spec))
            first = spec
        if size(spec) != size(first) or spec.nchannels != first.nchannels:
            raise CannotAssemble(f"{file} is of another size than {files[0]}.")
        width, height = spec.full_width, spec.full_height
        part = oiio.ROI(
            spec.full_x + floor(left * width),
            spec.full_x + floor(right * width),
            spec.full_y + floor(top * height),
            spec.full_y + floor(bottom * height),
        )
        # A file may hold no more than the part that isn't empty.
        part = oiio.intersection(part, tile.roi)
        # The place is an offset: none, the part stays where it is.
        if part.npixels > 0 and not oiio.ImageBufAlgo.paste(whole, 0, 0, 0, 0, tile, part):
            raise CannotAssemble(f"{file} can't be taken: {whole.geterror()}.")
    return whole


def opened(file: Path, subimage: int = 0) -> Any:
    """A picture of a file, with its colours as they are stored."""
    config = oiio.ImageSpec()
    config.attribute("oiio:UnassociatedAlpha", 1)
    picture = oiio.ImageBuf(str(file), subimage, 0, config)
    if not picture.read(subimage, 0, force=True) or picture.has_error:
        raise CannotAssemble(f"{file} can't be read: {picture.geterror()}.")
    if picture.spec().deep:
        raise CannotAssemble(f"{file} is a deep picture, which can't be made of tiles.")
    return picture


def whole_spec(spec: Any) -> Any:
    """What the frame's file says of itself: what a tile's says, for the whole size."""
    whole = oiio.ImageSpec(spec)
    whole.x, whole.y, whole.width, whole.height = spec.full_x, spec.full_y, spec.full_width, spec.full_height
    return whole


def size(spec: Any) -> tuple[int, int, int, int]:
    """The place and size of the whole picture."""
    return spec.full_x, spec.full_y, spec.full_width, spec.full_height


def write(file: Path, pictures: Sequence[Any]) -> None:
    """Write pictures into one file."""
    if len(pictures) == 1:
        if not pictures[0].write(str(file)):
            raise CannotAssemble(f"{file} can't be written: {pictures[0].geterror()}.")
        return
    output = oiio.ImageOutput.create(str(file))
    specs = tuple(picture.spec() for picture in pictures)
    if output is None or not output.open(str(file), specs):
        raise CannotAssemble(f"{file} can't be written: {oiio.geterror()}.")
    for number, picture in enumerate(pictures):
        if number and not output.open(str(file), specs[number], "AppendSubimage"):
            raise CannotAssemble(f"{file} can't be written: {output.geterror()}.")
        if not picture.write(output):
            raise CannotAssemble(f"{file} can't be written: {picture.geterror()}.")
    output.close()


def remove(files: Sequence[Path]) -> None:
    """Remove the tiles; the first one last, which tells that the others were being removed."""
    for file in reversed(files):
        with contextlib.suppress(FileNotFoundError):
            file.unlink()


def finish_removal(output: Path, files: Sequence[Path]) -> bool:
    """Whether the frame was written already, and only the removal of its tiles was cut short."""
    there = [file for file in files if file.exists()]
    if len(there) in (0, len(files)) or there[0] != files[0] or not output.is_file():
        return False
    if any(file.stat().st_mtime_ns > output.stat().st_mtime_ns for file in there):
        return False
    remove(files)
    # Whoever asked looks for a file that is new.
    os.utime(output)
    return True


if __name__ == "__main__":
    sys.exit(main())
