"""A copy of a scene is called after it, and told by its name."""

from __future__ import annotations

import pytest

from farmgui.domain.copy_names import copy_name, original_name


@pytest.mark.parametrize(
    ("stem", "suffix"),
    [("shot", ".blend"), ("shot", ""), (".shot", ".py"), ("shot.v2", ".blend"), ("a b", ".x")],
)
def test_there_and_back(stem: str, suffix: str) -> None:
    assert original_name(copy_name(stem, suffix, "1a2b3c4d")) == f"{stem}{suffix}"


@pytest.mark.parametrize(
    "name", ["shot.blend", ".shot.farmgui-1a2b.blend", "shot.farmgui-1a2b3c4d.blend", ""]
)
def test_any_other_name_is_somebodys_own(name: str) -> None:
    assert original_name(name) is None
