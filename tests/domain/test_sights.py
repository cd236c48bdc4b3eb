"""What agents are asked about a job's files, and how an answer is told."""

from __future__ import annotations

from typing import Any

import pytest

from farmgui.domain.sights import Blindness, Question, Sight, file_name, question, sight_words


@pytest.mark.parametrize(
    ("data", "asked"),
    [
        ({"scene": "/show/a.blend", "output": "/show/out/a_####"}, Question("/show/a.blend", "/show/out")),
        ({"scene": "/show/a.blend"}, Question("/show/a.blend", "")),
        ({"output": "S:\\out\\a_####"}, Question("", "S:\\out")),
        ({"scene": "/show/a.blend", "output": "/o/a_#", "unchecked": True}, Question("/show/a.blend", "")),
        ({"output": "frames/a_####"}, None),
        ({}, None),
    ],
)
def test_what_is_asked(data: dict[str, Any], asked: Question | None) -> None:
    assert question(data) == asked


@pytest.mark.parametrize(
    ("sight", "words"),
    [
        (Sight(), ""),
        (
            Sight(Blindness.UNSEEN, "/show/shot.blend"),
            "farm03 can't see shot.blend: put it on the share or map the path",
        ),
        (
            Sight(Blindness.UNREADABLE, "/s/a.blend"),
            "farm03 may not read a.blend: let the user that the agent runs as read it",
        ),
        (
            Sight(Blindness.UNWRITABLE, "S:\\out\\"),
            "farm03 may not write into out: let the user that the agent runs as write there",
        ),
    ],
)
def test_an_answer_in_words(sight: Sight, words: str) -> None:
    assert sight_words("farm03", sight) == words


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/show/.shot_020.farmgui-380bf6cf.blend", "shot_020.blend"),
        ("S:\\show\\shot.blend", "shot.blend"),
        ("/", "/"),
    ],
)
def test_the_name_of_a_file_is_that_of_the_scene(path: str, name: str) -> None:
    assert file_name(path) == name
