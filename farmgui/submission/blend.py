"""What a .blend says about rendering, read without Blender: its scenes with frames, output and format."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from farmgui.submission.blend_blocks import BlendHeader, Block, read_blocks, read_header
from farmgui.submission.blend_dna import DamagedDna, Dna
from farmgui.submission.blend_stream import BlendStream
from farmgui.submission.scene_error import UnreadableScene

MAX_UNPACKED: Final = 4 << 30
"""Bytes; a packed file is unpacked no further than that, so that a form opens in seconds."""
_MAX_KEPT: Final = 1 << 20
"""Bytes of a scene's block; real ones have some 8,000."""
_MAX_DNA: Final = 16 << 20
_MAX_SCENES: Final = 1000

# The numbers of image formats in DNA and the names that Blender's command line has for them.
FORMATS: Final = {
    0: "TGA",
    1: "IRIS",
    4: "JPEG",
    7: "IRIZ",
    14: "RAWTGA",
    15: "AVIRAW",
    16: "AVIJPEG",
    17: "PNG",
    20: "BMP",
    21: "HDR",
    22: "TIFF",
    23: "OPEN_EXR",
    24: "FFMPEG",
    26: "CINEON",
    27: "DPX",
    28: "OPEN_EXR_MULTILAYER",
    29: "DDS",
    30: "JP2",
    31: "H264",
    32: "XVID",
    33: "THEORA",
    34: "PSD",
    35: "WEBP",
    36: "AV1",
}
MOVIES: Final = frozenset({"AVIRAW", "AVIJPEG", "FFMPEG", "H264", "XVID", "THEORA", "AV1"})
EXTENSIONS: Final = {
    "TGA": ".tga",
    "RAWTGA": ".tga",
    "IRIS": ".rgb",
    "IRIZ": ".rgb",
    "JPEG": ".jpg",
    "PNG": ".png",
    "BMP": ".bmp",
    "HDR": ".hdr",
    "TIFF": ".tif",
    "OPEN_EXR": ".exr",
    "OPEN_EXR_MULTILAYER": ".exr",
    "CINEON": ".cin",
    "DPX": ".dpx",
    "JP2": ".jp2",
    "WEBP": ".webp",
}
_MULTIVIEW: Final = 1 << 21
"""The bit of RenderData.scemode that says that a scene is rendered from several views."""


@dataclass(frozen=True, slots=True)
class BlendScene:
    """One scene of a file; a value that couldn't be read is None."""

    name: str
    start: int | None = None
    end: int | None = None
    step: int | None = None
    output: str | None = None
    """As the scene writes it, with "//" for the file's folder."""
    format: str | None = None
    """Blender's name for it, like "OPEN_EXR"."""
    engine: str | None = None
    width: int | None = None
    height: int | None = None
    suffix: str | None = ""
    """What follows the frame's number in the names of its files: "_L" for the left one of two views.

    None where the scene has views with names of their own.
    """

    @property
    def movie(self) -> bool:
        """Whether the scene writes a movie instead of pictures."""
        return self.format in MOVIES

    @property
    def extension(self) -> str | None:
        """The ending of its picture files."""
        return EXTENSIONS.get(self.format or "")

    @property
    def frames(self) -> str | None:
        """Its frames as a range: "1-250", "1-250x5"."""
        if self.start is None or self.end is None or self.start > self.end:
            return None
        if self.start == self.end:
            return str(self.start)
        step = "" if self.step in (None, 1) else f"x{self.step}"
        return f"{self.start}-{self.end}{step}"


@dataclass(frozen=True, slots=True)
class BlendFile:
    """A .blend as far as it says what is to be rendered; the scene that it opens with comes first."""

    path: Path
    version: str
    scenes: tuple[BlendScene, ...]


@dataclass(slots=True)
class _Kept:
    """What is kept of the blocks on the way to the end of the file."""

    renders: list[bytes] = field(default_factory=list)
    scenes: list[tuple[Block, bytes]] = field(default_factory=list)
    globals: tuple[Block, bytes] | None = None
    dna: bytes | None = None


def read_blend(path: Path) -> BlendFile:
    """What the .blend at `path` says; raises UnreadableScene.

    Reads a packed file whole: not for the window's thread.
    """
    with BlendStream(path) as stream:
        header = read_header(stream)
        kept = _collect(stream, header)
    scenes = _scenes_by_dna(kept, header) or [_scene_of_render(data, header) for data in kept.renders]
    if not scenes:
        raise UnreadableScene(f"{path.name} holds no scene that could be rendered.")
    return BlendFile(path, header.version, tuple(scenes))


def _collect(stream: BlendStream, header: BlendHeader) -> _Kept:
    kept = _Kept()
    for block in read_blocks(stream, header):
        if stream.packed and stream.position + block.length > MAX_UNPACKED:
            break
        if block.code == "REND" and len(kept.renders) < _MAX_SCENES and block.length <= _MAX_KEPT:
            kept.renders.append(stream.read(block.length))
        elif block.code == "SC" and len(kept.scenes) < _MAX_SCENES and block.length <= _MAX_KEPT:
            kept.scenes.append((block, stream.read(block.length)))
        elif block.code == "GLOB" and block.length <= _MAX_KEPT:
            kept.globals = (block, stream.read(block.length))
        elif block.code == "DNA1" and block.length <= _MAX_DNA:
            kept.dna = stream.read(block.length)
        else:
            stream.skip(block.length)
    return kept


def _scene_of_render(data: bytes, header: BlendHeader) -> BlendScene:
    """A scene as its REND block has it: start, end, name."""
    if len(data) < 8:
        return BlendScene("")
    start, end = struct.unpack_from(f"{header.order}ii", data)
    return BlendScene(data[8:].split(b"\0", 1)[0].decode("utf-8", "replace"), start, end)


def _scenes_by_dna(kept: _Kept, header: BlendHeader) -> list[BlendScene]:
    if kept.dna is None:
        return []
    try:
        dna = Dna(kept.dna, header.order, header.pointer)
    except DamagedDna:
        return []
    current = None
    if kept.globals:
        block, data = kept.globals
        current = dna.number(data, dna.name(block.struct) or "FileGlobal", "curscene")
    ordered = sorted(kept.scenes, key=lambda item: item[0].address != current)
    return [_scene(dna, data) for block, data in ordered if dna.name(block.struct) == "Scene"]


def _scene(dna: Dna, data: bytes) -> BlendScene:
    def number(path: str, fits: Callable[[int], bool] = lambda _: True) -> int | None:
        value = dna.number(data, "Scene", path)
        return value if value is not None and fits(value) else None

    format_number = number("r.im_format.imtype")
    scale = number("r.size", lambda value: 1 <= value <= 32767)
    width, height = number("r.xsch"), number("r.ysch")
    return BlendScene(
        # The first two letters of an ID's name are its kind.
        name=(dna.text(data, "Scene", "id.name") or "SC")[2:],
        start=number("r.sfra"),
        end=number("r.efra"),
        step=number("r.frame_step", lambda value: value >= 1),
        output=dna.text(data, "Scene", "r.pic"),
        format=None if format_number is None else FORMATS.get(format_number & 0xFF),
        engine=dna.text(data, "Scene", "r.engine") or None,
        width=_scaled(width, scale),
        height=_scaled(height, scale),
        suffix=_suffix(number("r.scemode"), number("r.im_format.views_format"), number("r.views_format")),
    )


def _suffix(mode: int | None, in_files: int | None, kind: int | None) -> str | None:
    if not (mode or 0) & _MULTIVIEW or in_files != 0:
        # One view, or all of them in one file.
        return ""
    return "_L" if kind == 0 else None


def _scaled(pixels: int | None, percent: int | None) -> int | None:
    return None if pixels is None or percent is None else pixels * percent // 100
