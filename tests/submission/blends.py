"""Makes .blend files of other kinds for the tests: from the fixture, and wholly synthetic ones."""

from __future__ import annotations

import gzip
import io
import struct
from dataclasses import dataclass
from pathlib import Path

import zstandard

FIXTURE = Path(__file__).parent / "fixtures" / "two_scenes.blend"


def plain_bytes() -> bytes:
    """The fixture as Blender saves it without compression."""
    with FIXTURE.open("rb") as file:
        return zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True).read()


def gzipped(data: bytes) -> bytes:
    """As Blender packed its files up to version 2.93."""
    return gzip.compress(data, 1)


def zstandardised(data: bytes, piece: int = 100_000) -> bytes:
    """Several zstd frames and a skippable one at the end, as Blender writes them."""
    packer = zstandard.ZstdCompressor()
    frames = [packer.compress(data[at : at + piece]) for at in range(0, len(data), piece)]
    table = b"seek table"
    return b"".join(frames) + struct.pack("<II", 0x184D2A5E, len(table)) + table


def as_blender_5(data: bytes, version: bytes = b"0500") -> bytes:
    """A plain 64-bit file rewritten with the header and the larger block headers of Blender 5."""
    assert data[:9] == b"BLENDER-v"
    source, result = io.BytesIO(data[12:]), io.BytesIO()
    result.write(b"BLENDER17-01v" + version)
    while head := source.read(24):
        code, length, address, number, count = struct.unpack("<4siQii", head)
        result.write(struct.pack("<4siQqq", code, number, address, length, count))
        result.write(source.read(length))
    return result.getvalue()


@dataclass(frozen=True)
class Layout:
    """A kind of machine and a form of file."""

    order: str = "<"
    pointer: int = 8
    large: bool = False

    @property
    def header(self) -> bytes:
        """The bytes that such a file starts with."""
        if self.large:
            return b"BLENDER17-01v0501"
        return (
            b"BLENDER"
            + (b"-" if self.pointer == 8 else b"_")
            + (b"v" if self.order == "<" else b"V")
            + b"279"
        )

    def pack(self, form: str, *values: object) -> bytes:
        """Values as the machine stores them; P stands for a pointer."""
        return struct.pack(self.order + form.replace("P", "Q" if self.pointer == 8 else "I"), *values)

    def block(self, code: bytes, data: bytes, number: int = 0, address: int = 1) -> bytes:
        """A block with its header."""
        if self.large:
            return self.pack("4siQqq", code, number, address, len(data), 1) + data
        return self.pack("4siPii", code, len(data), address, number, 1) + data


# Structs of their own: types and sizes of fields are not those of any Blender.
STRUCTS: dict[str, list[tuple[str, str]]] = {
    "ID": [("void", "*next"), ("char", "name[24]"), ("int", "us")],
    "ImageFormatData": [("char", "imtype"), ("char", "views_format"), ("short", "_pad[3]")],
    "RenderData": [
        ("void", "*layers[2]"),
        ("void", "(*callback)()"),
        ("int", "sfra"),
        ("int", "efra"),
        ("int", "frame_step"),
        ("short", "size"),
        ("short", "_pad"),
        ("int", "xsch"),
        ("int", "ysch"),
        ("int", "scemode"),
        ("char", "engine[16]"),
        ("ImageFormatData", "im_format"),
        ("char", "pic[32]"),
    ],
    "Scene": [("ID", "id"), ("float", "matrix[4][4]"), ("RenderData", "r")],
    "FileGlobal": [("char", "subvstr[4]"), ("Scene", "*curscene")],
}
BASIC = {"void": 0, "char": 1, "short": 2, "int": 4, "float": 4}


def dna(layout: Layout) -> bytes:
    """The DNA1 block's data for STRUCTS."""
    sizes = dict(BASIC)
    for name, fields in STRUCTS.items():
        sizes[name] = sum(_size(layout, sizes, kind, field) for kind, field in fields)
    types = list(sizes)
    names = list(dict.fromkeys(field for fields in STRUCTS.values() for _, field in fields))
    data = b"SDNA"
    for mark, words in ((b"NAME", names), (b"TYPE", types)):
        data += mark + layout.pack("i", len(words)) + b"".join(word.encode() + b"\0" for word in words)
        data += b"\0" * (-len(data) % 4)
    data += b"TLEN" + b"".join(layout.pack("H", sizes[name]) for name in types)
    data += b"\0" * (-len(data) % 4)
    data += b"STRC" + layout.pack("i", len(STRUCTS))
    for name, fields in STRUCTS.items():
        data += layout.pack("HH", types.index(name), len(fields))
        data += b"".join(layout.pack("HH", types.index(kind), names.index(field)) for kind, field in fields)
    return data


def _size(layout: Layout, sizes: dict[str, int], kind: str, field: str) -> int:
    count = 1
    for part in field.split("[")[1:]:
        count *= int(part.rstrip("]"))
    return count * (layout.pointer if field.startswith(("*", "(")) else sizes[kind])


def scene(
    layout: Layout, name: str, start: int, end: int, output: str = "//out/a_", imtype: int = 17
) -> bytes:
    """The data of an SC block."""
    identity = layout.pack("P24si", 0, b"SC" + name.encode(), 1)
    form = layout.pack("bb6x", imtype, 0)
    render = layout.pack("PPP", 0, 0, 0) + layout.pack("iiihhiii", start, end, 2, 50, 0, 1920, 1080, 0)
    return (
        identity
        + bytes(64)
        + render
        + layout.pack("16s", b"CYCLES")
        + form
        + output.encode().ljust(32, b"\0")
    )


def synthetic(layout: Layout) -> bytes:
    """A file with two scenes, the second of which it opens with."""
    numbers = {name: number for number, name in enumerate(STRUCTS)}
    blocks = [
        layout.block(b"REND", layout.pack("ii", 5, 9) + b"Second\0\0"),
        layout.block(b"GLOB", b"\0\0\0\0" + layout.pack("P", 0x2000), numbers["FileGlobal"]),
        layout.block(b"SC\0\0", scene(layout, "First", 1, 3), numbers["Scene"], 0x1000),
        layout.block(b"DATA", bytes(5000)),
        layout.block(b"SC\0\0", scene(layout, "Second", 5, 9), numbers["Scene"], 0x2000),
        layout.block(b"DNA1", dna(layout)),
        layout.block(b"ENDB", b""),
    ]
    return layout.header + b"".join(blocks)
