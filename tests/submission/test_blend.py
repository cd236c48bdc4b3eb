"""A .blend is read in every form that Blender writes, and what can't be read is refused in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farmgui.submission import blend
from farmgui.submission.blend import BlendScene, read_blend
from farmgui.submission.scene_error import UnreadableScene
from tests.submission.blends import (
    FIXTURE,
    Layout,
    as_blender_5,
    gzipped,
    plain_bytes,
    synthetic,
    zstandardised,
)

PLAIN = plain_bytes()
SHOT = BlendScene("Shot", 1, 6, 1, "//frames/shot_", "PNG", "CYCLES", 64, 36)
CLOSE_UP = BlendScene("Close up", 10, 40, 5, "/tmp/", "FFMPEG", "BLENDER_EEVEE", 64, 36)


def identical(data: bytes) -> bytes:
    """The plain form."""
    return data


FORMS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "plain": (identical, "3.4"),
    "gzip": (gzipped, "3.4"),
    "zstd": (zstandardised, "3.4"),
    "Blender 5": (as_blender_5, "5.0"),
    "Blender 5, zstd": (lambda data: zstandardised(as_blender_5(data)), "5.0"),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_tells_the_same_scenes(form: str, tmp_path: Path) -> None:
    change, version = FORMS[form]
    path = tmp_path / "shot.blend"
    path.write_bytes(change(PLAIN))
    found = read_blend(path)
    assert found.scenes == (SHOT, CLOSE_UP)
    assert found.version == version


def test_the_file_that_blender_packed_itself() -> None:
    assert read_blend(FIXTURE).scenes == (SHOT, CLOSE_UP)


LAYOUTS = {
    "64 bit": Layout(),
    "32 bit": Layout(pointer=4),
    "64 bit, big-endian": Layout(">"),
    "32 bit, big-endian": Layout(">", 4),
    "large": Layout(large=True),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_fields_are_found_by_the_files_own_dna(layout: Layout, tmp_path: Path) -> None:
    path = tmp_path / "old.blend"
    path.write_bytes(synthetic(layout))
    found = read_blend(path)
    assert [scene.name for scene in found.scenes] == ["Second", "First"], "the one it opens with comes first"
    assert found.scenes[0] == BlendScene("Second", 5, 9, 2, "//out/a_", "PNG", "CYCLES", 960, 540)
    assert found.version == ("5.1" if layout.large else "2.79")


def test_without_dna_names_and_frames_are_known_and_the_rest_is_not(tmp_path: Path) -> None:
    path = tmp_path / "shot.blend"
    path.write_bytes(synthetic(Layout()).replace(b"SDNA", b"XXXX"))
    assert read_blend(path).scenes == (BlendScene("Second", 5, 9),)


def test_a_packed_file_is_not_unpacked_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blend, "MAX_UNPACKED", 3000)
    path = tmp_path / "bomb.blend"
    path.write_bytes(gzipped(synthetic(Layout())))
    assert read_blend(path).scenes == (BlendScene("Second", 5, 9),)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"hello", "is no Blender file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "is no Blender file"),
        (b"BLENDER", "is cut off"),
        (b"BLENDER17-02v0700" + bytes(50), "not known here"),
        (b"BLENDER-v304" + b"\xff" * 64, "is damaged"),
        (b"BLENDER-v304" + Layout().block(b"ENDB", b""), "holds no scene"),
        (gzipped(b"hello hello hello"), "is no Blender file"),
        (gzipped(PLAIN)[:10] + b"\xff" * 60, "can't be unpacked"),
        (zstandardised(PLAIN)[:8] + b"\xff" * 60, "can't be unpacked"),
    ],
    ids=["empty", "text", "picture", "start", "future", "noise", "no scene", "gzip", "bad gzip", "bad zstd"],
)
def test_what_is_no_scene_is_refused_in_a_sentence(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "shot.blend"
    path.write_bytes(content)
    with pytest.raises(UnreadableScene, match=words):
        read_blend(path)


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableScene, match="is a folder"):
        read_blend(tmp_path)
    with pytest.raises(UnreadableScene, match="There is no file"):
        read_blend(tmp_path / "gone.blend")


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=40, deadline=None)
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_file_that_is_cut_off_anywhere_is_refused(
    form: str, share: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = FORMS[form][0](PLAIN)
    # Behind the end mark only the seek table of zstd may be missing.
    length = int((len(whole) - 60) * share)
    path = tmp_path_factory.mktemp("cut") / "shot.blend"
    path.write_bytes(whole[:length])
    with pytest.raises(UnreadableScene):
        read_blend(path)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_bytes_never_raise_anything_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    layout = data.draw(st.sampled_from(list(LAYOUTS.values())))
    content = bytearray(synthetic(layout))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / "shot.blend"
    path.write_bytes(content)
    try:
        read_blend(path)
    except UnreadableScene as error:
        assert str(error).endswith(".")
