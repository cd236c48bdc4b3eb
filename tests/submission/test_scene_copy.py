"""A copy of the scene lies beside it, whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from farmgui.domain.errors import FarmError
from farmgui.submission import scene_copy
from farmgui.submission.scene_copy import Cancelled
from farmgui.submission.scene_error import UnreadableScene

resource = pytest.importorskip("resource", reason="limits and modes of Unix")


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    """Nine MB, which are copied in three pieces."""
    path = tmp_path / "shot.blend"
    path.write_bytes(os.urandom(9 << 20))
    return path


def test_a_copy_beside_the_scene(scene: Path) -> None:
    seen: list[tuple[int, int]] = []
    copied = scene_copy.copy(scene, lambda done, total: seen.append((done, total)))
    assert copied.path.parent == scene.parent
    assert copied.path.name.startswith(".shot.farmgui-")
    assert copied.path.suffix == ".blend"
    assert copied.path.read_bytes() == scene.read_bytes()
    assert copied.stamp == scene_copy.stamp(scene)
    assert [done >> 20 for done, _ in seen] == [4, 8, 9]
    scene_copy.remove(copied.path)
    scene_copy.remove(copied.path)
    assert list(scene.parent.iterdir()) == [scene]


@pytest.mark.parametrize(
    "name", ["shot.blend", "shot", "a.b.pov", ".hidden.pov", "shot.", "a\nb.pov", "é.blend"]
)
def test_a_copy_is_known_by_its_name(name: str, tmp_path: Path) -> None:
    copied = scene_copy.copy_path(tmp_path / name)
    assert scene_copy.is_copy(copied)
    assert scene_copy.is_copy(scene_copy.copy_path(copied))
    assert not scene_copy.is_copy(tmp_path / name)
    assert not scene_copy.is_copy(copied / name)


def test_called_off_nothing_is_left(scene: Path) -> None:
    answers = iter([False, True])
    with pytest.raises(Cancelled):
        scene_copy.copy(scene, cancel=lambda: next(answers))
    assert list(scene.parent.iterdir()) == [scene]


def test_a_scene_that_changes_meanwhile_is_not_taken(scene: Path) -> None:
    def change(_done: int, _total: int) -> None:
        os.utime(scene, (1, 1))

    with pytest.raises(FarmError, match="was changed while it was copied"):
        scene_copy.copy(scene, change)
    assert list(scene.parent.iterdir()) == [scene]


def test_a_scene_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(UnreadableScene, match="can't be read"):
        scene_copy.copy(tmp_path / "gone.blend")


def test_a_copy_that_does_not_fit_leaves_nothing(scene: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5 << 20, hard))
    try:
        with pytest.raises(FarmError, match=r"shot\.blend can't be copied: File too large"):
            scene_copy.copy(scene)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(scene.parent.iterdir()) == [scene]


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "There is no room for a copy"), (errno.EROFS, "nothing may be written into")],
)
def test_the_sentence_says_to_switch_the_copy_off(number: int, words: str, scene: Path) -> None:
    text = str(scene_copy._failed(scene, OSError(number, os.strerror(number))))
    assert words in text
    assert 'Switch off "Render the scene as it is now"' in text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_into(scene: Path) -> None:
    scene.parent.chmod(0o500)
    try:
        with pytest.raises(FarmError, match="nothing may be written into"):
            scene_copy.copy(scene)
    finally:
        scene.parent.chmod(0o700)


def test_a_stamp_changes_with_the_scene(scene: Path) -> None:
    before = scene_copy.stamp(scene)
    os.utime(scene, (1, 1))
    assert scene_copy.stamp(scene) != before
