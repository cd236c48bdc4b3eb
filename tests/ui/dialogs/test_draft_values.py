from __future__ import annotations

import pytest

from farmgui.domain.jobtypes import JobTypeDefinition
from farmgui.submission.draft import Draft
from farmgui.ui.dialogs.draft_values import value_in, with_shared, with_value
from farmgui.ui.dialogs.mnemonics import Mnemonics

RENDERER = JobTypeDefinition("renderer", cpus=-1, ram=64, scene_copy=True)
COMMAND = JobTypeDefinition("command", cpus=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [("cpus", -1), ("ram", 64), ("batch", 1), ("requeue", 3), ("ram_max", None), ("notes", "")],
)
def test_shows_the_types_own_and_the_defaults(name: str, value: object) -> None:
    assert value_in(Draft(RENDERER), name) == value


@pytest.mark.parametrize(("name", "value"), [("cpus", 4), ("priority", 9), ("ram_max", 512), ("notes", "x")])
def test_a_value_is_kept_and_read_back(name: str, value: object) -> None:
    assert value_in(with_value(Draft(RENDERER), name, value), name) == value


def test_the_value_that_it_has_already_changes_nothing() -> None:
    draft = Draft(RENDERER)
    assert with_value(draft, "cpus", -1) is draft


def test_shared_values_leave_to_each_type_what_was_not_chosen() -> None:
    source = with_value(Draft(RENDERER, priority=7, queue="film", copy_scene=False), "requeue", 0)
    target = with_value(Draft(COMMAND, title="own", frames="3", copy_scene=True), "ram_max", 99)
    shared = with_shared(target, source)
    assert (shared.priority, shared.queue, value_in(shared, "requeue")) == (7, "film", 0)
    assert value_in(shared, "cpus") == 1, "the renderer's -1 is its type's, not chosen"
    assert value_in(shared, "ram_max") is None
    assert (shared.title, shared.frames, shared.copy_scene) == ("own", "3", True)


def test_labels_get_letters_of_their_own() -> None:
    letters = Mnemonics("s")
    assert [letters.give(text) for text in ("Scene", "Cost", "A & B", "Co")] == [
        "S&cene",
        "C&ost",
        "&A && B",
        "Co",
    ]
