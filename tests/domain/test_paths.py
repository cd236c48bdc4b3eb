"""Paths are told to each agent in the words of its system."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmgui.domain.catalogue import PathMapRow
from farmgui.domain.orders import BatchMode, BatchOrder, TaskOrder
from farmgui.domain.paths import map_order, map_path

SHOTS = PathMapRow(1, "/mnt/shots", "S:\\", "/Volumes/shots")
FILM = PathMapRow(2, "/mnt/shots/film", r"\\server\film", "/Volumes/film")
FAST = PathMapRow(3, "/mnt", "F:/all", "/Volumes/fast", "fast")
ALL = (SHOTS, FILM, FAST)


@pytest.mark.parametrize(
    ("text", "os_class", "expected"),
    [
        ("/mnt/shots/a/b.exr", "windows", r"S:\a\b.exr"),
        ("/mnt/shots/a/b.exr", "mac", "/Volumes/shots/a/b.exr"),
        ("/mnt/shots/a/b.exr", "linux", "/mnt/shots/a/b.exr"),
        (r"S:\a\b.exr", "linux", "/mnt/shots/a/b.exr"),
        ("s:/a/b.exr", "linux", "/mnt/shots/a/b.exr"),
        ("s:/a/b.exr", "windows", "S:/a/b.exr"),
        ("/Volumes/shots/a", "bsd", "/mnt/shots/a"),
        ("/mnt/shots", "windows", "S:\\"),
        ("/mnt/shots/", "windows", "S:\\"),
        ("/mnt/shots2/a", "windows", "/mnt/shots2/a"),
        ("/other/mnt/shots/a", "windows", "/other/mnt/shots/a"),
        ("mnt/shots/a", "windows", "mnt/shots/a"),
        ("S:a", "linux", "S:a"),
        # The longest name wins.
        ("/mnt/shots/film/a", "windows", r"\\server\film\a"),
        ("//SERVER/Film/a\\b", "linux", "/mnt/shots/film/a/b"),
        # Inside of an argument.
        ("--out=/mnt/shots/a", "windows", r"--out=S:\a"),
        ('+I"/mnt/shots/a b.pov"', "mac", '+I"/Volumes/shots/a b.pov"'),
        ('+I"/mnt/shots"', "mac", '+I"/Volumes/shots"'),
        ("x=1 y=/mnt/shots/a", "mac", "x=1 y=/Volumes/shots/a"),
        ("--frame=7", "windows", "--frame=7"),
        ("", "windows", ""),
        ("-y", "windows", "-y"),
        # A backslash is a letter like others in a name on Linux.
        ("/mnt/shots/a\\b", "linux", "/mnt/shots/a\\b"),
    ],
)
def test_paths(text: str, os_class: str, expected: str) -> None:
    assert map_path(text, ALL, os_class, frozenset()) == expected


def test_maps_with_a_tag_go_first_and_only_for_agents_with_it() -> None:
    assert map_path("/mnt/shots/film/a", ALL, "windows", {"fast"}) == "F:/all/shots/film/a"
    assert map_path("/mnt/x", ALL, "windows", {"slow"}) == "/mnt/x"
    two = (PathMapRow(1, "/a", "A:\\", "/A"), PathMapRow(2, "/a", "B:\\", "/B"))
    assert map_path("/a/x", two, "mac", ()) == "/A/x"


def test_the_whole_of_a_disk() -> None:
    maps = (PathMapRow(1, "/", "Z:\\", "/Volumes/root"),)
    assert map_path("/a/b", maps, "windows", ()) == r"Z:\a\b"
    assert map_path(r"Z:\a\b", maps, "linux", ()) == "/a/b"
    assert map_path("Z:\\", maps, "linux", ()) == "/"
    assert map_path("a/b", maps, "windows", ()) == "a/b"


@given(st.text(), st.sampled_from(["linux", "windows", "mac", "other"]))
def test_without_maps_nothing_changes(text: str, os_class: str) -> None:
    assert map_path(text, (), os_class, ()) == text
    assert map_path(text, (FAST,), os_class, ()) == text


@given(
    st.lists(st.from_regex(r"[a-z0-9 ._-]{1,8}", fullmatch=True), min_size=1, max_size=4),
    st.sampled_from(ALL[:2]),
)
def test_there_and_back(parts: list[str], names: PathMapRow) -> None:
    path = "/".join((names.linux, *parts))
    there = map_path(path, (names,), "windows", ())
    assert there.startswith(names.windows.rstrip("\\"))
    assert "/" not in there
    assert map_path(there, (names,), "linux", ()) == path


def test_an_order_is_told_whole() -> None:
    task = TaskOrder("b.1", "1", None, "/mnt/shots/log", ("/opt/x", "/mnt/shots/a"), ("/mnt/shots/o.exr",))
    order = BatchOrder(
        "b",
        1,
        "/mnt/shots",
        BatchMode.EACH,
        (task,),
        argv=("--scene=/mnt/shots/a",),
        cwd="/mnt/shots",
        environ={"/mnt/shots": "/mnt/shots/lib", "N": "7"},
        watched="/mnt/shots/a",
    )
    told = map_order(order, (SHOTS,), "mac", ())
    assert told.tasks == (
        TaskOrder(
            "b.1",
            "1",
            None,
            "/Volumes/shots/log",
            ("/opt/x", "/Volumes/shots/a"),
            ("/Volumes/shots/o.exr",),
        ),
    )
    assert told.argv == ("--scene=/Volumes/shots/a",)
    assert (told.cwd, told.watched, told.title) == ("/Volumes/shots", "/Volumes/shots/a", "/mnt/shots")
    assert told.environ == {"/mnt/shots": "/Volumes/shots/lib", "N": "7"}
    assert map_order(order, (), "mac", ()) is order
