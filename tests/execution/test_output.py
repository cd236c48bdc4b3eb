"""Lines and what patterns read in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmgui.domain.orders import Patterns
from farmgui.execution.output import LineReader, LineSplitter, frame_name


@given(st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b"long words"])), st.data())
def test_lines_dont_depend_on_how_bytes_come(parts: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(parts)
    splitter, lines, rest = LineSplitter(), [], whole
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        lines += splitter.feed(rest[:size])
        rest = rest[size:]
    lines += splitter.rest()
    assert b"".join(lines) == whole
    assert (
        lines
        == whole.replace(b"\r\n", b"\x00")
        .replace(b"\r", b"\r\xff")
        .replace(b"\n", b"\n\xff")
        .replace(b"\x00", b"\r\n\xff")
        .rstrip(b"\xff")
        .split(b"\xff")[: len(lines)]
    )


def test_a_line_without_end_is_not_kept_for_ever() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"x" * 1000) == []
    assert len(b"".join(splitter.feed(b"x" * 100_000))) == 101_000


@pytest.mark.parametrize(
    ("pattern", "line", "progress"),
    [
        (r"(?P<percent>[\d.]+)%", b"at 12.5% now\n", 0.125),
        (r"(?P<fraction>[\d.]+)", b"0.5", 0.5),
        (r"(?P<part>\d+)/(?P<whole>\d+)", b"3/4\r", 0.75),
        (r"(?P<part>\d+)/(?P<whole>\d+)", b"3/0", None),
        (r"(?P<percent>[\d.]+)%", b"250%", 1.0),
        (r"(?P<percent>[\d.]+)%", b"1.2.3%", None),
        (r"x", b"x", None),
    ],
)
def test_progress(pattern: str, line: bytes, progress: float | None) -> None:
    assert LineReader(Patterns(progress=pattern)).read(line).progress == progress


def test_a_long_line_is_read_only_at_its_start() -> None:
    reader = LineReader(Patterns(error="late"))
    assert not reader.read(b"x" * 100_000 + b"late").is_error
    assert reader.read(b"late" + b"x" * 100_000).is_error


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("0007", "7"),
        ("7.0", "7"),
        ("1.50", "1.5"),
        ("-3", "-3"),
        ("", ""),
        (None, ""),
        ("A7", "A7"),
        ("nan", "nan"),
    ],
)
def test_frame_names(text: str | None, name: str) -> None:
    assert frame_name(text) == name
