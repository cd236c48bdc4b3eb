"""The DNA1 block of a .blend: which fields the file's own structs have, and where in them.

The block lists names ("*next", "pic[1024]"), types, their sizes, and for each struct its type and the type
and name of each field. Offsets follow from the sizes, in the order of the fields.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from math import prod
from typing import Final

_NUMBERS: Final = {
    "char": "b",
    "uchar": "B",
    "int8_t": "b",
    "short": "h",
    "ushort": "H",
    "int": "i",
    "int64_t": "q",
    "uint64_t": "Q",
}
_MOST: Final = 1_000_000
"""More names, types or structs than any Blender has: the block is damaged."""


class DamagedDna(Exception):
    """The block doesn't hold what it must."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a struct: its type, where it begins, and how many bytes and values it has."""

    type: str
    offset: int
    size: int
    count: int
    pointer: bool


class Dna:
    """The structs of one file. Raises DamagedDna where the block can't be read."""

    def __init__(self, data: bytes, order: str, pointer: int) -> None:
        self._order = order
        self._pointer = pointer
        try:
            self._parse(data)
        except (struct.error, IndexError, ValueError) as error:
            raise DamagedDna from error

    def name(self, number: int) -> str | None:
        """The name of the struct with this number."""
        return self._types[self._structs[number][0]] if 0 <= number < len(self._structs) else None

    def field(self, name: str, path: str) -> Field | None:
        """A field of the struct `name`, like "r.im_format.imtype", with its offset from the start."""
        offset = 0
        found: Field | None = None
        for part in path.split("."):
            found = self._fields(found.type if found else name).get(part)
            if found is None:
                return None
            offset += found.offset
        return found and Field(found.type, offset, found.size, found.count, found.pointer)

    def number(self, data: bytes, name: str, path: str) -> int | None:
        """The whole number in a field of the struct that `data` holds; None where there is none to read."""
        field = self.field(name, path)
        if field is None or field.offset + field.size > len(data):
            return None
        pointer = "Q" if self._pointer == 8 else "I"
        letter = pointer if field.pointer else _NUMBERS.get(field.type, "")
        if not letter or field.count != 1:
            return None
        value: int = struct.unpack_from(f"{self._order}{letter}", data, field.offset)[0]
        return value

    def text(self, data: bytes, name: str, path: str) -> str | None:
        """The text in a field; bytes that are no UTF-8 are kept for os.fsencode. None as above."""
        field = self.field(name, path)
        if field is None or field.type not in ("char", "uchar") or field.offset + field.size > len(data):
            return None
        value = data[field.offset : field.offset + field.size]
        return value.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")

    def _fields(self, name: str) -> dict[str, Field]:
        number = self._number_of.get(name)
        if number is None:
            return {}
        fields: dict[str, Field] = {}
        offset = 0
        for kind, label in self._structs[number][1]:
            written = self._names[label]
            count = prod(int(length) for length in re.findall(r"\[(\d+)\]", written))
            pointer = written.startswith(("*", "("))
            size = count * (self._pointer if pointer else self._sizes[kind])
            bare = re.sub(r"\[\d+\]|[()*]", "", written)
            fields[bare] = Field(self._types[kind], offset, size, count, pointer)
            offset += size
        return fields

    def _parse(self, data: bytes) -> None:
        if data[:4] != b"SDNA":
            raise ValueError("no SDNA")
        self._names, at = self._strings(data, 4, b"NAME")
        self._types, at = self._strings(data, at, b"TYPE")
        self._expect(data, at, b"TLEN")
        form = struct.Struct(f"{self._order}{len(self._types)}H")
        self._sizes = form.unpack_from(data, at + 4)
        at = _aligned(at + 4 + form.size)
        self._expect(data, at, b"STRC")
        total = self._count(data, at + 4)
        at += 8
        self._structs: list[tuple[int, list[tuple[int, int]]]] = []
        pair = struct.Struct(f"{self._order}HH")
        for _ in range(total):
            kind, fields = pair.unpack_from(data, at)
            end = at + 4 + 4 * fields
            pairs = list(pair.iter_unpack(data[at + 4 : end]))
            if len(pairs) != fields or any(a >= len(self._types) or b >= len(self._names) for a, b in pairs):
                raise ValueError("a field without type or name")
            self._structs.append((kind, pairs))
            at = end
        self._number_of = {self._types[kind]: number for number, (kind, _) in enumerate(self._structs)}

    def _strings(self, data: bytes, at: int, mark: bytes) -> tuple[list[str], int]:
        self._expect(data, at, mark)
        total = self._count(data, at + 4)
        at += 8
        found: list[str] = []
        for _ in range(total):
            end = data.index(b"\0", at)
            found.append(data[at:end].decode("ascii"))
            at = end + 1
        return found, _aligned(at)

    def _count(self, data: bytes, at: int) -> int:
        value: int = struct.unpack_from(f"{self._order}i", data, at)[0]
        if not 0 <= value <= _MOST:
            raise ValueError("a count out of range")
        return value

    def _expect(self, data: bytes, at: int, mark: bytes) -> None:
        if data[at : at + 4] != mark:
            raise ValueError("a part is missing")


def _aligned(position: int) -> int:
    return (position + 3) & ~3
