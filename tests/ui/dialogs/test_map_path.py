"""Mapping a path in place: the map that is meant is made or changed, over the real services."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QWidget
from pytestqt.qtbot import QtBot

from farmgui.domain.catalogue import PathMapRow
from farmgui.domain.errors import InvalidValue
from farmgui.domain.paths import map_path
from farmgui.domain.sights import Question
from farmgui.domain.snapshots import SightRow
from farmgui.models import Agent
from farmgui.services.database import open_database
from farmgui.services.farm import Farm, make_farm
from farmgui.ui.background import Background
from farmgui.ui.dialogs import mapping
from farmgui.ui.dialogs.map_path import MapPathDialog, open_map_path
from farmgui.ui.dialogs.mapping import Known, Target, folder_in, known_names, names_of, targets
from farmgui.ui.sight_feed import Seeing
from tests.ui.fakes import blind

HERE = "/home/ann/film"
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(autouse=True)
def on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine of the person is one with Linux, whatever these tests run on."""
    monkeypatch.setattr(mapping.sys, "platform", "linux")


def as_map(names: dict[str, str], tag: str | None = None) -> PathMapRow:
    return PathMapRow(1, names["linux"], names["windows"], names["mac"], tag)


@pytest.mark.parametrize(
    ("here", "there", "system", "tag"),
    [
        (HERE, "S:\\film", "windows", None),
        (HERE, "/Volumes/film", "mac", None),
        (HERE, "/mnt/film", "linux", "farm03"),
        (HERE, "/Volumes/film", "mac", "farm03"),
        ("S:\\film", "/mnt/film", "linux", None),
        ("\\\\server\\film", "/Volumes/film", "mac", "farm03"),
    ],
)
def test_agents_are_told_the_name_that_was_given(here: str, there: str, system: str, tag: str | None) -> None:
    target = Target("", system, tag)
    names = names_of(here, there, target)
    end = "\\a.blend" if here[0] != "/" else "/a.blend"
    told = map_path(here + end, [as_map(names, tag)], system, {tag} if tag else ())
    assert told == there + ("\\a.blend" if system == "windows" else "/a.blend")
    assert map_path(here + end, [as_map(names, tag)], mapping.own_system(here), ()) == here + end
    assert known_names([as_map(names, tag)], here + end, target) == (here, there)


def test_two_names_on_windows_are_no_map() -> None:
    with pytest.raises(InvalidValue, match="one name for Windows"):
        names_of("S:\\film", "T:\\film", Target("", "windows", "farm03"))


def test_a_name_that_nobody_gave_is_not_offered() -> None:
    names = names_of(HERE, "/mnt/film", Target("", "linux", "farm03"))
    assert names["windows"] == "\\\\nowhere\\film"
    assert known_names([as_map(names)], HERE, Target("", "windows")) == (HERE, "")


@pytest.mark.parametrize(
    ("rows", "folder"),
    [
        ([blind("a", "/mnt/film/shot.blend")], "/show/film"),
        ([blind("a", "/mnt/frames")], "/show/frames"),
        ([blind("a", "S:\\film\\shot.blend", "windows"), blind("b", "/mnt/frames")], "/show/film"),
    ],
    ids=["the scene", "the frames", "both"],
)
def test_the_folder_is_the_one_that_is_missing(rows: list[SightRow], folder: str) -> None:
    assert folder_in(Seeing(Question("/show/film/shot.blend", "/show/frames"), rows)) == folder


def test_who_a_map_may_be_for() -> None:
    rows = [blind("farm03"), blind("farm04"), blind("win 1", os_class="windows")]
    found = targets(rows, HERE, Known(tags=["rented"]))
    assert [(target.words, target.tag) for target in found] == [
        ("All agents on Windows", None),
        ("The 2 agents on Linux that can't see it", "map-film"),
        ("farm03 only", "farm03"),
        ("farm04 only", "farm04"),
        ("win 1 only", "win-1"),
        ("Agents with the tag rented", "rented"),
    ]
    assert found[0].about() == "The map counts on all agents on Windows."
    assert found[2].about() == 'farm03 gets the tag "farm03"; the map counts on agents with it only.'
    assert found[5].about() == 'The map counts on agents with the tag "rented" only.'


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    """A farm with one machine that joined."""
    database = open_database(f"sqlite:///{tmp_path / 'farm.sqlite'}")
    with database.sessions.begin() as session:
        session.add(
            Agent(
                id="id-farm03",
                hostname="farm03",
                incarnation="1",
                cpus=4,
                ram=1000,
                os_class="linux",
                joined=True,
            )
        )
    made = make_farm(database, [])
    yield made
    made.close()


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


SEEING = Seeing(Question(f"{HERE}/shot.blend", f"{HERE}/frames"), [blind("farm03", f"{HERE}/shot.blend")])


def opened(
    qtbot: QtBot, farm: Farm, background: Background, window: QWidget, seeing: Seeing = SEEING
) -> tuple[MapPathDialog, list[bool]]:
    """The dialog, and a list that is filled when the map is stored."""
    saved: list[bool] = []
    open_map_path(farm, background, seeing, window, lambda: saved.append(True))
    qtbot.waitUntil(lambda: any(found.isVisible() for found in window.findChildren(MapPathDialog)))
    return next(found for found in window.findChildren(MapPathDialog) if found.isVisible()), saved


def test_a_map_for_one_machine_gives_it_a_tag(
    qtbot: QtBot, farm: Farm, background: Background, window: QWidget
) -> None:
    farm.agents.change(["id-farm03"], {"tags": ["gpu"]})
    dialog, saved = opened(qtbot, farm, background, window)
    assert dialog.line("here").text() == HERE
    assert dialog.line("there").text() == ""
    assert not dialog.ok.isEnabled()
    qtbot.keyClicks(dialog.line("there"), "/mnt/film")
    assert 'gets the tag "farm03"' in dialog.fields["whom"].note.text()
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(saved))
    (told,) = farm.agents.values(["id-farm03"])
    assert told["tags"] == ("farm03", "gpu")
    maps = farm.path_maps.rows()
    assert map_path(f"{HERE}/a.blend", maps, "linux", told["tags"]) == "/mnt/film/a.blend"
    assert map_path(f"{HERE}/a.blend", maps, "linux", ()) == f"{HERE}/a.blend", "this machine keeps its name"


def test_the_map_that_counts_is_changed(
    qtbot: QtBot, farm: Farm, background: Background, window: QWidget
) -> None:
    number = farm.path_maps.create("/home/ann", "S:\\ann", "/home/ann")
    with farm.database.sessions.begin() as session:
        session.add(Agent(id="id-win1", hostname="win1", incarnation="1", cpus=4, ram=1000, joined=True))
    seeing = Seeing(SEEING.question, [blind("win1", "S:\\ann\\film\\shot.blend", "windows")])
    dialog, saved = opened(qtbot, farm, background, window, seeing)
    assert (dialog.line("here").text(), dialog.line("there").text()) == ("/home/ann", "S:\\ann")
    dialog.line("there").setText("T:\\ann")
    qtbot.mouseClick(dialog.ok, LEFT)
    qtbot.waitUntil(lambda: bool(saved))
    assert farm.path_maps.rows() == [PathMapRow(number, "/home/ann", "T:\\ann", "/home/ann")]


def test_a_map_with_a_tag_that_counts_is_changed_before_another_is_made(
    qtbot: QtBot, farm: Farm, background: Background, window: QWidget
) -> None:
    farm.agents.change(["id-farm03"], {"tags": ["remote"]})
    number = farm.path_maps.create("/gone", "S:\\show", HERE, tag="remote")
    dialog, saved = opened(qtbot, farm, background, window)
    assert dialog.target().tag == "remote"
    assert (dialog.line("here").text(), dialog.line("there").text()) == (HERE, "/gone")
    dialog.line("there").setText("/mnt/film")
    qtbot.mouseClick(dialog.ok, LEFT)
    qtbot.waitUntil(lambda: bool(saved))
    assert farm.path_maps.rows() == [PathMapRow(number, "/mnt/film", "S:\\show", HERE, "remote")]
    assert farm.agents.values(["id-farm03"])[0]["tags"] == ("remote",)


def test_another_choice_shows_its_own_map_unless_something_was_typed(
    qtbot: QtBot, farm: Farm, background: Background, window: QWidget
) -> None:
    farm.path_maps.create("/home/ann", "S:\\ann", "/home/ann")
    seeing = Seeing(SEEING.question, [blind("win1", "S:\\ann\\film\\shot.blend", "windows"), blind("farm03")])
    dialog, _saved = opened(qtbot, farm, background, window, seeing)
    whom = dialog.fields["whom"].widget
    assert isinstance(whom, QComboBox)
    qtbot.keyClick(whom, Qt.Key.Key_End)
    whom.activated.emit(whom.currentIndex())
    assert dialog.target().words == "farm03 only"
    assert (dialog.line("here").text(), dialog.line("there").text()) == (HERE, "")
    assert dialog.line("there").placeholderText() == "/mnt/show"
    dialog.line("there").setText("/mnt/x")
    whom.setCurrentIndex(0)
    whom.activated.emit(0)
    assert dialog.line("there").text() == "/mnt/x"


def test_a_name_that_cannot_be_is_told_and_nothing_is_stored(
    qtbot: QtBot, farm: Farm, background: Background, window: QWidget
) -> None:
    dialog, saved = opened(qtbot, farm, background, window)
    dialog.line("there").setText("film")
    qtbot.mouseClick(dialog.ok, LEFT)
    qtbot.waitUntil(lambda: "no whole path on Linux" in dialog.note.text())
    assert farm.path_maps.rows() == []
    assert farm.agents.values(["id-farm03"])[0]["tags"] == ()
    assert saved == []


def test_the_fields_are_reached_by_tab_and_have_names(
    qtbot: QtBot, farm: Farm, background: Background, window: QWidget
) -> None:
    dialog, _saved = opened(qtbot, farm, background, window)
    qtbot.waitUntil(dialog.line("there").hasFocus)
    names = [dialog.fields[name].widget.accessibleName() for name in ("here", "whom", "there")]
    assert names == ["Folder here", "For", "Folder there"]
    qtbot.keyClick(dialog.line("there"), Qt.Key.Key_Tab, Qt.KeyboardModifier.ShiftModifier)
    assert dialog.fields["whom"].widget.hasFocus()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
