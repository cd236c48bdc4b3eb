"""The header of a .blend and its blocks, in both forms.

Up to Blender 4.5: "BLENDER", the size of pointers ("_" 4 bytes, "-" 8), the byte order ("v" little, "V"
big), three digits of version; block headers have 32-bit lengths. Since Blender 5.0: "BLENDER17-01v0500", with
the size of the header, the version of the format and of Blender; block headers have 64-bit lengths.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from farmgui.submission.blend_stream import BlendStream
from farmgui.submission.scene_error import UnreadableScene

_MAGIC: Final = b"BLENDER"
_OLD: Final = re.compile(rb"BLENDER([-_])([vV])(\d)(\d\d)")
_NEW: Final = re.compile(rb"BLENDER(\d\d)-(\d\d)v(\d\d)(\d\d)")
_OLD_SIZE: Final = 12
_NEW_SIZE: Final = 17
_CODE: Final = re.compile(rb"[ -~]{2}(?:\0\0|[ -~]\0|[ -~]{2})")


@dataclass(frozen=True, slots=True)
class BlendHeader:
    """How the rest of the file is to be read. `version` is Blender's, like "3.4"."""

    version: str
    order: str
    """The byte order in the words of `struct`: "<" or ">"."""
    pointer: int
    """Bytes of a pointer: 4 or 8."""
    large: bool
    """Whether block headers have 64-bit lengths."""


@dataclass(frozen=True, slots=True)
class Block:
    """The header of one block: what it holds, where it was in memory, and how long its data is in bytes."""

    code: str
    length: int
    address: int
    struct: int
    """The number of its struct in the file's DNA."""
    count: int


def read_header(stream: BlendStream) -> BlendHeader:
    """The header at the start of the file; raises UnreadableScene for what is no .blend."""
    start = stream.read_up_to(_OLD_SIZE)
    if not start.startswith(_MAGIC):
        raise UnreadableScene(f"{stream.name} is no Blender file.")
    if len(start) < _OLD_SIZE:
        raise stream.cut_off()
    old = _OLD.fullmatch(start)
    if old:
        pointer, order, major, minor = old.groups()
        version = f"{int(major)}.{int(minor)}"
        return BlendHeader(version, "<" if order == b"v" else ">", 4 if pointer == b"_" else 8, large=False)
    new = _NEW.fullmatch(start + stream.read(_NEW_SIZE - _OLD_SIZE))
    if not new or int(new[2]) > 1 or int(new[1]) < _NEW_SIZE:
        raise UnreadableScene(f"{stream.name} was saved by a Blender whose files are not known here.")
    stream.skip(int(new[1]) - _NEW_SIZE)
    return BlendHeader(f"{int(new[3])}.{int(new[4])}", "<", 8, large=True)


def read_blocks(stream: BlendStream, header: BlendHeader) -> Iterator[Block]:
    """The headers of all blocks up to the end mark; the caller reads or skips the data of each in between."""
    if header.large:
        # code, struct, address, length, count
        form, places = struct.Struct("<4siQqq"), (0, 3, 2, 1, 4)
    else:
        # code, length, address, struct, count
        letter = "Q" if header.pointer == 8 else "I"
        form, places = struct.Struct(f"{header.order}4si{letter}ii"), (0, 1, 2, 3, 4)
    while True:
        values = form.unpack(stream.read(form.size))
        code, length, address, number, count = (values[place] for place in places)
        if code == b"ENDB":
            return
        if not _CODE.fullmatch(code) or length < 0 or count < 0:
            raise UnreadableScene(f"{stream.name} is damaged: its blocks don't follow one another.")
        yield Block(code.rstrip(b"\0").decode("ascii"), length, address, number, count)
