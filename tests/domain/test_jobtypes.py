"""The command of a batch, made from a job type's template."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from farmgui.domain.jobtypes import (
    BadCommand,
    BadJobType,
    BatchFrame,
    JobWords,
    batch_command,
    fill,
    parse_definition,
    task_outputs,
)
from farmgui.domain.output_names import hashes


def batch(*frames: str, tile: int | None = None) -> list[BatchFrame]:
    return [BatchFrame(Decimal(frame), tile) for frame in frames]


@pytest.mark.parametrize(
    ("arguments", "values", "frames", "expected"),
    [
        pytest.param(["{program}", "-f", "{frames}"], {"program": "/b"}, "1 2 3", "/b -f 1,2,3", id="frames"),
        pytest.param(["x", ["-t", "{cpus}"]], {"cpus": 4}, "1", "x -t 4", id="optional group"),
        pytest.param(["x", ["-t", "{cpus}"]], {"cpus": ""}, "1", "x", id="optional group left out"),
        pytest.param(["{*command}"], {"command": ["a", "{frame:04d}"]}, "7", "a 0007", id="splat"),
        pytest.param(["{start}-{end}"], {}, "2 3 4", "2-4", id="start and end"),
        pytest.param(["{frame}"], {}, "1.5", "1.5", id="fractional frame"),
        pytest.param(["{{frame}}"], {}, "1", "{frame}", id="braces"),
    ],
)
def test_commands(arguments: list[Any], values: dict[str, Any], frames: str, expected: str) -> None:
    definition = parse_definition({"name": "t", "arguments": arguments})
    assert " ".join(batch_command(definition, values, batch(*frames.split()))) == expected
    assert " ".join(JobWords(definition, values).command(batch(*frames.split()))) == expected


def test_each_batch_of_a_job_gets_its_own_words() -> None:
    arguments = [
        "{program}",
        ["-t", "{cpus}"],
        "{*command}",
        ["-x", "{tile_left}", "{frame}"],
        "{frame}-{cpus}",
    ]
    definition = parse_definition({"name": "t", "arguments": arguments, "outputs": ["{output_file}"]})
    values = {"program": "/b", "cpus": 4, "command": ["a", "{frames}"], "output": "/f_##", "num_tiles": 2}
    words = JobWords(definition, values)
    assert words.of_task(batch("7", tile=1)[0]) == (
        ("/b", "-t", "4", "a", "7", "-x", "0.5", "7", "7-4"),
        ("/f_tile1_07",),
    )
    assert words.command(batch("8", "9")) == ("/b", "-t", "4", "a", "8,9", "8-4")
    assert words.outputs(batch("9")[0]) == ("/f_09",)


def test_what_is_wrong_with_an_argument_is_told_where_it_is_needed() -> None:
    arguments = ["{frame}", ["{tile}", "{cpus:04q}"]]
    words = JobWords(parse_definition({"name": "t", "arguments": arguments}), {"cpus": 4})
    assert words.command(batch("7")) == ("7",)
    with pytest.raises(BadCommand, match="can't be filled in"):
        words.command(batch("7", tile=1))
    with pytest.raises(BadCommand, match="no placeholder"):
        JobWords(parse_definition({"name": "t", "arguments": ["{unknown}"]}), {}).command(batch("7"))


@pytest.mark.parametrize(
    ("template", "words"),
    [
        pytest.param("{unknown}", "no placeholder", id="unknown"),
        pytest.param("{frame.__class__}", "no placeholder", id="attribute"),
        pytest.param("{frame[0]}", "no placeholder", id="index"),
        pytest.param("{frame!r}", "no placeholder", id="conversion"),
        pytest.param("{", "can't be read", id="open brace"),
        pytest.param("{frame:04q}", "can't be filled in", id="format"),
    ],
)
def test_bad_templates_are_refused_in_words(template: str, words: str) -> None:
    with pytest.raises(BadCommand, match=words):
        fill(template, {"frame": 1})


@pytest.mark.parametrize(
    ("path", "frame", "expected"),
    [
        ("/a/f_####", "7", "/a/f_0007"),
        ("/a/f_##.x", "123", "/a/f_123.x"),
        ("/a#/f_###", "7", "/a#/f_007"),
        ("/a/f", "7", "/a/f"),
        ("/a/f_####", "-3", "/a/f_-0003"),
        ("/a/f_####", "1.5", "/a/f_0001.5"),
    ],
)
def test_hashes(path: str, frame: str, expected: str) -> None:
    assert hashes(path, Decimal(frame)) == expected


def test_outputs_of_a_frame() -> None:
    definition = parse_definition({"name": "t", "arguments": ["x"], "outputs": ["{output_file}"]})
    values = {"output": "/a/f_####", "extension": ".png"}
    assert task_outputs(definition, values, batch("7")[0]) == ("/a/f_0007.png",)
    assert task_outputs(definition, {}, batch("7")[0]) == ()


GOOD: dict[str, Any] = {"name": "t", "arguments": ["cmd"]}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param({}, "name is missing", id="no name"),
        pytest.param({"name": "t", "colour": "red"}, "colour is not known", id="unknown field"),
        pytest.param({"name": "t", "mode": "twice"}, "twice", id="unknown mode"),
        pytest.param({"name": "t", "program": {"path": "x"}}, "path", id="unknown field of the program"),
        pytest.param({"name": "t", "arguments": "cmd"}, "arguments must be a list", id="a text for a list"),
        pytest.param({**GOOD, "outputs": "x.png"}, "outputs must be a list", id="a text for a list of texts"),
        pytest.param({**GOOD, "files": [1]}, "files must be a list of texts", id="a number in a list"),
        pytest.param({**GOOD, "environ": "A=1"}, "environ must be a table", id="a text for a table"),
        pytest.param({**GOOD, "environ": {"A": 1}}, "environ must be a table", id="a number in a table"),
        pytest.param({**GOOD, "notices": "x"}, "notices must be a table", id="a text for the notices"),
        pytest.param({**GOOD, "program": "blender"}, "program must be a table", id="a text for the program"),
        pytest.param({**GOOD, "parameters": ["x"]}, "parameters must be a table", id="a text in parameters"),
        pytest.param({**GOOD, "patterns": "x"}, "patterns must be a table", id="a text for the patterns"),
        pytest.param({**GOOD, "cpus": "4"}, "cpus must be a whole number", id="a text for a number"),
        pytest.param({**GOOD, "timeout": True}, "timeout must be a whole number", id="yes for a number"),
        pytest.param({**GOOD, "whole_frames": 1}, "whole_frames must be true", id="a number for yes"),
        pytest.param(
            {**GOOD, "program": {"version_pattern": "("}}, "no regular expression", id="version pattern"
        ),
        pytest.param(
            {**GOOD, "program": {"version_pattern": "v(.*)"}},
            "version>",
            id="version without a group",
        ),
    ],
)
def test_bad_files_are_refused_with_their_place(data: dict[str, Any], words: str) -> None:
    with pytest.raises(BadJobType, match=words) as refused:
        parse_definition(data, "types/t.toml")
    assert str(refused.value).startswith("types/t.toml")
