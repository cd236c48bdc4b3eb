"""Compressed logs that can be read from any place: gzip files of many members, each telling its length.

Any program that knows gzip reads it whole. To find a place, only the heads of the members are looked at: that
a log of a gigabyte is compressed doesn't hold up who scrolls through it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

BLOCK: Final = 1 << 20
"""Bytes of a log in one member."""
_HEAD: Final = struct.Struct("<4sIBBH2sHI")
"""Magic, method and flags; time, extra flags, system; length of the extra field: its name, length, value."""
_MAGIC: Final = b"\x1f\x8b\x08\x04"
_NAME: Final = b"fg"
_TAIL: Final = struct.Struct("<II")
"""Check sum and length of what was compressed."""


class BadLog(ValueError):
    """The file isn't one that `compress` wrote, or is cut off."""


@dataclass(frozen=True, slots=True)
class _Member:
    place: int
    """Where its compressed data begin."""
    stored: int
    """Their length."""
    length: int
    """The length of what they hold."""


def compress(source: IO[bytes], target: IO[bytes]) -> None:
    """Write what `source` holds to `target`."""
    while block := source.read(BLOCK):
        packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        data = packer.compress(block) + packer.flush()
        target.write(_HEAD.pack(_MAGIC, 0, 0, 255, 8, _NAME, 4, len(data)))
        target.write(data)
        target.write(_TAIL.pack(zlib.crc32(block), len(block)))


def size(file: IO[bytes]) -> int:
    """The length of the log that `file` holds. Raises BadLog."""
    return sum(member.length for member in _members(file))


def read(file: IO[bytes], offset: int, limit: int) -> bytes:
    """Up to `limit` bytes of the log from `offset` on. Raises BadLog."""
    parts: list[bytes] = []
    start = 0
    for member in _members(file):
        end = start + member.length
        if end > offset:
            block = _unpacked(file, member)[max(0, offset - start) : offset + limit - start]
            parts.append(block)
        if end >= offset + limit:
            break
        start = end
    return b"".join(parts)


def _members(file: IO[bytes]) -> Iterator[_Member]:
    place = 0
    while True:
        file.seek(place)
        head = file.read(_HEAD.size)
        if not head:
            return
        if len(head) < _HEAD.size:
            raise BadLog("it is cut off")
        magic, _, _, _, extra, name, length, stored = _HEAD.unpack(head)
        if (magic, extra, name, length) != (_MAGIC, 8, _NAME, 4):
            raise BadLog("it isn't a log that was compressed here")
        data = place + _HEAD.size
        file.seek(data + stored)
        tail = file.read(_TAIL.size)
        if len(tail) < _TAIL.size:
            raise BadLog("it is cut off")
        yield _Member(data, stored, _TAIL.unpack(tail)[1])
        place = data + stored + _TAIL.size


def _unpacked(file: IO[bytes], member: _Member) -> bytes:
    file.seek(member.place)
    try:
        return zlib.decompress(file.read(member.stored), -zlib.MAX_WBITS, member.length)
    except zlib.error as error:
        raise BadLog(f"it is damaged ({error})") from error
