"""The bytes of a .blend, plain or unpacked from gzip or zstd, read once from front to back."""

from __future__ import annotations

import gzip
import os
import zlib
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self, cast

import zstandard

from farmgui.submission.scene_error import UnreadableScene

_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_SKIPPABLE: Final = range(0x184D2A50, 0x184D2A60)
_PIECE: Final = 1 << 20


class BlendStream:
    """A .blend opened for reading; what is not wanted is skipped, by a seek where the file is plain.

    Raises UnreadableScene when it opens or where the bytes can't be read.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.position = 0
        """Bytes read or skipped so far, unpacked."""
        self._closing = ExitStack()
        try:
            file = self._open(path)
            self._size = os.fstat(file.fileno()).st_size
            if not self._size:
                raise UnreadableScene(f"{self.name} is empty.")
            start = file.read(4)
            file.seek(0)
            self.packed = True
            self._source: IO[bytes]
            if start.startswith(_GZIP):
                unzipped = self._closing.enter_context(gzip.GzipFile(fileobj=file))
                self._source = cast(IO[bytes], unzipped)
            elif start == _ZSTD or int.from_bytes(start, "little") in _SKIPPABLE:
                unpacker = zstandard.ZstdDecompressor()
                self._source = self._closing.enter_context(
                    unpacker.stream_reader(file, read_across_frames=True, closefd=False)
                )
            else:
                self.packed = False
                self._source = file
        except BaseException:
            self._closing.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def read(self, size: int) -> bytes:
        """The next `size` bytes, all of them."""
        data = self.read_up_to(size)
        if len(data) < size:
            raise self.cut_off()
        return data

    def read_up_to(self, size: int) -> bytes:
        """The next `size` bytes, or those that are left."""
        pieces: list[bytes] = []
        missing = size
        while missing and (piece := self._read_some(min(missing, _PIECE))):
            pieces.append(piece)
            missing -= len(piece)
        self.position += size - missing
        return b"".join(pieces)

    def skip(self, size: int) -> None:
        """Leave out the next `size` bytes."""
        if self.packed:
            missing = size
            while missing:
                piece = self._read_some(min(missing, _PIECE))
                if not piece:
                    raise self.cut_off()
                missing -= len(piece)
        else:
            if self.position + size > self._size:
                raise self.cut_off()
            self._source.seek(size, os.SEEK_CUR)
        self.position += size

    def cut_off(self) -> UnreadableScene:
        """The error for a file that ends too early."""
        return UnreadableScene(
            f"{self.name} is cut off: it ends before the scene does. Save it once more, or copy it anew."
        )

    def _open(self, path: Path) -> IO[bytes]:
        if path.is_dir():
            raise UnreadableScene(f"{self.name} is a folder, not a scene.")
        try:
            return self._closing.enter_context(path.open("rb"))
        except FileNotFoundError as error:
            raise UnreadableScene(f"There is no file {path}.") from error
        except OSError as error:
            raise UnreadableScene(f"{self.name} can't be opened: {error.strerror or error}.") from error

    def _read_some(self, size: int) -> bytes:
        try:
            return self._source.read(size)
        except EOFError as error:
            raise self.cut_off() from error
        except (zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
            raise UnreadableScene(
                f"{self.name} can't be unpacked: its compressed data is damaged."
            ) from error
        except OSError as error:
            raise UnreadableScene(f"{self.name} can't be read: {error.strerror or error}.") from error
