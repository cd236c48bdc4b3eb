"""What is wrong with a draft is told beside its field, and what it will do in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from farmgui.domain.errors import FarmError
from farmgui.domain.jobtypes import JobTypeDefinition
from farmgui.submission.command_draft import draft_command
from farmgui.submission.describe import age_warning, describe
from farmgui.submission.draft import Draft
from farmgui.submission.filling import draft_for
from farmgui.submission.problems import check, problems

Definitions = list[JobTypeDefinition]
Types = dict[str, JobTypeDefinition]
Change = Callable[[Draft], Draft]


@pytest.fixture
def blender(shot: Path, types: Types) -> Draft:
    """A draft of a scene, with a program whether Blender is installed or not."""
    return replace(draft_for(shot, list(types.values())), program=Path("/usr/bin/blender")).without_notes(
        "program"
    )


WRONG: dict[str, tuple[Change, str, str]] = {
    "no title": (lambda d: replace(d, title=" "), "title", "needs a title"),
    "no frames": (lambda d: replace(d, frames=""), "frames", "No frames are given"),
    "nonsense": (lambda d: replace(d, frames="1-"), "frames", "is no frame range"),
    "too many": (lambda d: replace(d, frames="1-2000000"), "frames", "more than 1,000,000 tasks"),
    "half a frame": (lambda d: replace(d, frames="1.5"), "frames", "Blender renders whole frames only"),
    "negative": (lambda d: replace(d, frames="-5-3"), "frames", "no frames below 0"),
    "no program": (lambda d: replace(d, program=None), "program", "Blender was not found"),
    "no output": (lambda d: d.with_values(output=""), "output", "Output is missing"),
    "no such scene": (lambda d: d.with_values(scene_name="Nope"), "scene_name", 'no scene "Nope"'),
    "no folder": (
        lambda d: d.with_values(output="/etc/hostname/a_"),
        "output",
        "Nothing may be written into",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_scene(name: str, blender: Draft) -> None:
    change, field, words = WRONG[name]
    assert problems(blender) == ()
    (note,) = problems(change(blender))
    assert note.field == field
    assert words in note.text
    with pytest.raises(FarmError, match=words):
        check(change(blender))


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["no-such-program-anywhere", "{frame}"], 'There is no program "no-such-program-anywhere"'),
        (["./not-here"], 'There is no program "./not-here"'),
        (["echo", "{shot}"], r'"{shot}" in "{shot}" is no placeholder'),
        (["echo", "{frame:zz}"], "can't be filled in"),
        (["echo", "{frame"], "Write {{ for a brace"),
        (["echo", "{frame.real}"], "is no placeholder"),
        ([], "Command is missing"),
    ],
)
def test_what_is_wrong_with_a_command(command: list[str], words: str, types: Types) -> None:
    draft = replace(draft_command(types["command-line"], command), title="x")
    assert [words in note.text for note in problems(draft)] == [True]


def test_an_open_quote(types: Types) -> None:
    draft = Draft(types["command-line"], title="x", values={"command": 'echo "'})
    assert [note.text for note in problems(draft)] == ["Command: a quotation mark is open."]


def test_frames_that_would_fall_on_one_file(types: Types, tmp_path: Path) -> None:
    draft = replace(draft_command(types["command-line"], ["echo"]), frames="1-2")
    draft = draft.with_values(output=str(tmp_path / "a.png"))
    assert "write #### in the output" in problems(draft)[0].text
    assert problems(replace(draft, frames="1")) == ()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"first_frame": "1", "last_frame": "1"}, "last_frame"),
        ({"first_frame": "1", "last_frame": "20000"}, "output"),
        ({"width": "wide"}, "width"),
        ({"scene": "/film/käfer.pov"}, "scene"),
    ],
)
def test_what_is_wrong_for_povray(
    values: dict[str, str], field: str, ball: Path, definitions: Definitions
) -> None:
    draft = replace(draft_for(ball, definitions), frames="1", program=Path("/usr/bin/povray"))
    assert problems(draft) == ()
    assert [note.field for note in problems(draft.with_values(**values))] == [field]


@pytest.mark.parametrize(
    ("job_type", "changes", "machine", "words"),
    [
        ("blender", {"frames": "1-250"}, 16, "one frame at a time, on all 16 cores"),
        ("blender", {"frames": "1-250"}, 1, "one frame at a time, on its core"),
        ("blender", {"frames": "7"}, 16, "one frame, on all 16 cores"),
        (
            "blender",
            {"frames": "1-250", "batch": 10},
            16,
            "one chunk at a time, on all 16 cores;"
            " chunks of 10 frames: the scene is loaded once for each chunk",
        ),
        ("blender", {"frames": "1-250", "cpus": 4}, 16, "up to 4 at a time, 4 cores each"),
        ("blender", {"frames": "1-250", "cpus": 9}, 16, "one at a time, 9 cores each"),
        ("command-line", {"frames": "1-250"}, 16, "up to 16 at a time, 1 core each"),
        ("command-line", {"frames": "1-3"}, 16, "up to 3 at a time, 1 core each"),
        ("command-line", {"frames": "1"}, 16, "one frame, on 1 core"),
        (
            "command-line",
            {"frames": "1-100", "batch": 20},
            16,
            "up to 5 at a time, 1 core each; chunks of 20 frames: one after the other on the same machine",
        ),
        (
            "command-line",
            {"frames": "1-9", "cpus": 32},
            16,
            "it will wait: a frame needs 32 cores, and this machine has 16",
        ),
        (
            "command-line",
            {"frames": "1-9", "cpus": 0},
            16,
            "any number of frames at a time, no core is set aside for them",
        ),
        ("command-line", {"frames": "1-9", "ram": -1}, 16, "one frame at a time, on all 16 cores"),
        (
            "pov-ray",
            {"frames": "1-4", "more": {"num_tiles": 6}},
            16,
            "one tile at a time, on all 16 cores; each frame in 6 tiles, put together when all are done",
        ),
        ("command-line", {"frames": "nonsense"}, 16, ""),
    ],
)
def test_what_follows_in_words(
    job_type: str, changes: dict[str, object], machine: int, words: str, types: Types
) -> None:
    draft = Draft(types[job_type], **changes)  # type: ignore[arg-type]
    assert describe(draft, machine) == words


@pytest.mark.parametrize(
    ("saved", "renders", "warned"),
    [
        ("5.0", "3.4.1", True),
        ("3.10", "3.4.1", True),
        ("3.4", "3.4.1", False),
        ("2.79", "3.4.1", False),
        ("", "3.4", False),
        ("3.4", None, False),
    ],
)
def test_a_scene_of_a_newer_program(saved: str, renders: str | None, warned: bool, types: Types) -> None:
    draft = Draft(types["blender"], scene_version=saved)
    assert (age_warning(draft, renders) is not None) is warned
