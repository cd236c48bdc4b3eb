"""Job types are files; what is wrong in one is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from farmgui.domain.errors import NotFound
from farmgui.domain.jobtypes import BadJobType, JobTypeDefinition
from farmgui.domain.orders import BatchMode
from farmgui.submission.filling import draft_for
from farmgui.submission.jobtype_files import by_name, load


def test_the_types_that_come_with_the_program(types: dict[str, JobTypeDefinition]) -> None:
    assert set(types) == {"blender", "command-line", "ffmpeg", "pov-ray", "python-script"}
    assert types["blender"].mode is BatchMode.ONE_PROCESS
    assert {name: item.cpus for name, item in types.items()} == {
        "blender": -1,
        "command-line": 1,
        "ffmpeg": -1,
        "pov-ray": -1,
        "python-script": 1,
    }


def test_a_new_type_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text(
        'name = "my"\nfiles = [".my"]\narguments = ["cat", "{scene}"]\noutputs = ["{output_file}"]\n'
        '[[parameters]]\nname = "scene"\nlabel = "Scene"\nkind = "file"\n'
        '[[parameters]]\nname = "output"\nlabel = "Output"\nkind = "output"\n'
    )
    definitions = [definition for definition, _ in load(tmp_path)]
    scene = tmp_path / "a.my"
    scene.write_text("x")
    draft = draft_for(scene, definitions)
    assert (draft.job_type, draft.title, draft.frames) == ("my", "a", "")
    assert draft.value("output") == str(tmp_path / "a_frames" / "a_####")
    assert [note.field for note in draft.notes] == ["frames"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = ", r"bad\.toml is no TOML file"),
        ("", "a name is missing"),
        ('name = "x"', "the arguments of the command are missing"),
        ('name = "x"\ncolour = "red"', "colour is not known here"),
        ('name = "x"\narguments = ["{frame"]', "can't be read"),
        ('name = "x"\narguments = ["a"]\nmode = "twice"', "twice"),
        ('name = "x"\narguments = ["a"]\nassemble = ["{frame"]\nsupports_tiling = true', "can't be read"),
        ('name = "x"\narguments = ["a"]\nassemble = ["a"]', "doesn't support tiling"),
        ('name = "x"\narguments = ["a"]\ntimeout = 0', "0 is no time limit"),
        ('name = "x"\narguments = ["a"]\nsilence_timeout = "1h"', "silence_timeout must be a whole number"),
        ('name = "x"\narguments = ["a"]\nreader = "maya"', 'no reader "maya"'),
        ('name = "x"\narguments = ["a"]\n[patterns]\nerror = "("', "can't be read"),
        ('name = "x"\narguments = ["a"]\n[patterns]\nfailure = "x"', "failure"),
        (
            'name = "x"\narguments = ["a"]\n[[parameters]]\nname = "a"\nlabel = "A"\nkind = "b"',
            "unknown kind",
        ),
    ],
)
def test_what_is_wrong_in_a_file_is_told(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(BadJobType, match=words):
        load(tmp_path)


def test_two_files_of_one_name(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text('name = "x"\narguments = ["a"]\n')
    with pytest.raises(BadJobType, match=r'b\.toml: there is another job type named "x"'):
        load(tmp_path)


def test_an_unknown_type_is_named_with_those_that_there_are(definitions: list[JobTypeDefinition]) -> None:
    with pytest.raises(NotFound, match=r'There is no job type "maya". There are: blender, command-line'):
        by_name(definitions, "maya")
