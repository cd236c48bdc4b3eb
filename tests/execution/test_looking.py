"""What a machine sees of a job's files, tried as a user without rights; and shares that hang."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from farmgui.domain.sights import Blindness, Sight
from farmgui.execution import wire
from farmgui.execution.looking import Looking, look
from tests.execution.leading import Lead, until

UNSEEN, UNREADABLE, UNWRITABLE = Blindness.UNSEEN, Blindness.UNREADABLE, Blindness.UNWRITABLE
_NOBODY = 65_534


@contextmanager
def without_rights() -> Iterator[None]:
    """As a user who may not everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def share() -> Iterator[Path]:
    """A folder that everybody may read and nobody but us write into."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    (folder / "shot.blend").write_text("scene")
    (folder / "shot.blend").chmod(0o644)
    (folder / "secret.blend").write_text("scene")
    (folder / "secret.blend").chmod(0o000)
    (folder / "closed").mkdir(mode=0o500)
    (folder / "closed").chmod(0o500 if os.geteuid() != 0 else 0o700)
    (folder / "open").mkdir()
    (folder / "open").chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        pytest.param("shot.blend", None, id="a file"),
        pytest.param("open", None, id="a folder"),
        pytest.param("other.blend", UNSEEN, id="none"),
        pytest.param("shot.blend/other", UNSEEN, id="below a file"),
        pytest.param("secret.blend", UNREADABLE, id="without a right"),
        pytest.param("x" * 300, UNSEEN, id="a name that is too long"),
        pytest.param("null\0byte", UNSEEN, id="a name that is none"),
    ],
)
def test_files(share: Path, name: str, problem: Blindness | None) -> None:
    path = f"{share}/{name}"
    with without_rights():
        assert look([path], []) == (Sight(problem, path) if problem else Sight())


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a folder of another user")
def test_a_file_in_a_folder_that_is_closed_to_us(share: Path) -> None:
    path = str(share / "closed" / "shot.blend")
    with without_rights():
        assert look([path], []) == Sight(UNREADABLE, path)
        assert look([], [path]) == Sight(UNWRITABLE, path)


@pytest.mark.parametrize("path", ["shot.blend", "", "P:\\show\\shot.blend", "\\\\server\\show\\shot.blend"])
def test_a_path_of_another_kind_of_system_is_not_looked_for_here(path: str) -> None:
    assert look([path], []) == Sight(UNSEEN, path)
    assert look([], [path]) == Sight(UNSEEN, path)


def test_a_pipe_is_not_waited_for(share: Path) -> None:
    os.mkfifo(share / "pipe")
    assert look([str(share / "pipe")], []) == Sight()


def test_a_folder_to_write_into(share: Path) -> None:
    with without_rights():
        assert look([], [str(share / "open")]) == Sight()
        assert look([], [str(share / "open") + "/"]) == Sight()
        assert look([], [str(share / "closed")]) == Sight(UNWRITABLE, str(share / "closed"))
    assert not list((share / "open").iterdir())


def test_a_folder_that_isnt_made_yet(share: Path) -> None:
    with without_rights():
        assert look([], [str(share / "open" / "shot" / "v001" / "frames")]) == Sight()
    assert not list((share / "open").iterdir())


def test_a_share_that_isnt_mounted() -> None:
    assert look([], ["/no-such-share/show/frames"]) == Sight(UNSEEN, "/no-such-share/show/frames")


def test_a_share_that_isnt_mounted_below_a_folder_of_the_system(share: Path) -> None:
    """As /mnt is: the folder would have to be made on the system's own disk, and may not be."""
    if share.stat().st_dev != Path("/").stat().st_dev:
        pytest.skip("the folder of temporary files is a disk of its own here")
    path = str(share / "studio" / "frames")
    with without_rights():
        assert look([], [path]) == Sight(UNSEEN, path)


def test_a_folder_that_may_not_be_made_on_a_share() -> None:
    assert look([], ["/proc/frames/v001"]) == Sight(UNWRITABLE, "/proc")


def test_the_first_thing_that_is_wrong_is_told(share: Path) -> None:
    good, bad = str(share / "shot.blend"), str(share / "other.blend")
    assert look([good, bad, "/none"], ["/none/frames"]) == Sight(UNSEEN, bad)
    assert look([good], [str(share / "open"), "/none/frames"]) == Sight(UNSEEN, "/none/frames")


class Shares:
    """Of which one hangs until it is let go."""

    def __init__(self) -> None:
        self.back = threading.Event()
        self.seen: list[wire.Seen] = []

    def look(self, reads: Sequence[str], writes: Sequence[str]) -> Sight:  # noqa: ARG002
        if reads[0].startswith("/hangs"):
            self.back.wait()
        return Sight()

    def numbers(self) -> set[int]:
        return {seen.number for seen in self.seen}


def test_a_share_that_hangs_holds_up_nothing_else() -> None:
    shares = Shares()
    looking = Looking(shares.seen.append, shares.look)
    threads = threading.active_count()
    for number in range(7):
        looking.ask(wire.Look(number, (f"/hangs/{number}",), ()))
    looking.ask(wire.Look(20, ("/good",), ()))
    until(lambda: shares.numbers() == {20})
    # Asked again, it isn't looked for twice at one time.
    for number in range(100, 200):
        looking.ask(wire.Look(number, ("/hangs/0",), ()))
    for number in range(200, 300):
        looking.ask(wire.Look(number, (f"/hangs/{number}",), ()))
    assert threading.active_count() <= threads + 8
    shares.back.set()
    until(lambda: shares.numbers() == {*range(1, 7), 20, 199, *range(200, 300)})


def test_an_agent_that_looks(lead: Lead, share: Path) -> None:
    agent_id = lead.agent_id
    assert lead.runner.look(agent_id, 3, [str(share / "shot.blend")], [str(share / "open" / "frames")])
    assert lead.runner.look(agent_id, 4, [str(share / "other.blend")], [])
    lead.wait(lambda: len(lead.sights) == 2)
    assert lead.sights == {3: Sight(), 4: Sight(UNSEEN, str(share / "other.blend"))}
    assert not list((share / "open").iterdir())
