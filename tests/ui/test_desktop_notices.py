"""What the person at the desktop is shown, once, and what a click on it does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot
from sqlalchemy import func, insert, select

from farmgui.domain.requirements import Channel, Outcome
from farmgui.models import Event, Notice
from farmgui.services.database import open_database
from farmgui.services.farm import Farm, make_farm
from farmgui.services.notices import GIVEN_UP
from farmgui.ui.background import Background
from farmgui.ui.desktop_notices import DesktopNotices
from farmgui.ui.palette import colours_named
from farmgui.ui.tray import Tray
from farmgui.ui.views.message_bar import Level, MessageBar


class ADesktop(QObject):
    """A desktop that keeps what it was shown."""

    clicked = Signal()

    def __init__(self, *, there: bool = True) -> None:
        super().__init__()
        self.there = there
        self.shown: list[tuple[str, str]] = []
        self.closed = False

    def is_there(self) -> bool:
        return self.there

    def show_message(self, title: str, text: str) -> None:
        self.shown.append((title, text))

    def close(self) -> None:
        self.closed = True


class Desk:
    """A farm, and the person who sits before it."""

    def __init__(self, folder: Path, qtbot: QtBot) -> None:
        self.farm: Farm = make_farm(open_database(f"sqlite:///{folder / 'farm.db'}"), [])
        self.background = Background()
        self.bar = MessageBar(colours_named("dark"))
        qtbot.addWidget(self.bar)
        self.opened: list[tuple[int, ...]] = []
        self.desktop = ADesktop()
        self.notices = self.sit_down()

    def sit_down(self) -> DesktopNotices:
        return DesktopNotices(
            self.farm,
            self.background,
            self.bar,
            self.desktop,
            lambda jobs: self.opened.append(tuple(jobs)),
            "ana",
        )

    def tell(self, *jobs: int, user: str = "ana", outcome: Outcome = Outcome.SUCCESS) -> None:
        time = datetime.now(UTC)
        with self.farm.database.sessions.begin() as session:
            for job in jobs:
                session.execute(
                    insert(Notice).values(
                        job_id=job,
                        outcome=outcome,
                        channel=Channel.DESKTOP,
                        recipient=user,
                        message_id=f"<{user}{job}>",
                        subject=f"job {job}",
                        body="3 of 3 frames done",
                        time_created=time,
                        not_before=time,
                    )
                )

    def give_up(self, text: str) -> None:
        with self.farm.database.sessions.begin() as session:
            session.add(Event(time=datetime.now(UTC), kind=GIVEN_UP, text=text))

    def open_notices(self) -> int:
        with self.farm.database.reading() as session:
            chosen = select(func.count()).select_from(Notice).where(Notice.time_closed.is_(None))
            return session.scalar(chosen) or 0

    def close(self) -> None:
        self.notices.close()
        self.background.close()
        self.farm.close()


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, qtbot)
    yield made
    made.close()


def test_what_was_left_is_shown_once_and_a_click_opens_the_job(qtbot: QtBot, desk: Desk) -> None:
    desk.tell(7)
    desk.tell(8, user="ben")
    desk.notices.start()
    qtbot.waitUntil(lambda: desk.desktop.shown == [("job 7", "3 of 3 frames done")])
    qtbot.waitUntil(lambda: desk.open_notices() == 1)
    desk.desktop.clicked.emit()
    assert desk.opened == [(7,)]


def test_what_ends_later_is_shown_soon(qtbot: QtBot, desk: Desk) -> None:
    desk.notices.start()
    desk.tell(7)
    qtbot.waitUntil(lambda: bool(desk.desktop.shown), timeout=8000)
    qtbot.waitUntil(lambda: desk.open_notices() == 0)


def test_many_come_as_one(qtbot: QtBot, desk: Desk) -> None:
    desk.tell(1, 2, 3, 4, 5)
    desk.notices.start()
    qtbot.waitUntil(lambda: bool(desk.desktop.shown))
    assert desk.desktop.shown == [("5 jobs ended", "job 1\njob 2\njob 3\n… and 2 more")]
    desk.desktop.clicked.emit()
    assert desk.opened == [(1, 2, 3, 4, 5)]


@pytest.mark.parametrize(
    ("outcome", "level"), [(Outcome.SUCCESS, Level.NOTE), (Outcome.FAILURE, Level.WARNING)]
)
def test_without_a_place_for_it_the_message_bar_tells(
    qtbot: QtBot, desk: Desk, outcome: Outcome, level: Level
) -> None:
    desk.desktop.there = False
    desk.tell(7, 8, outcome=outcome)
    desk.notices.start()
    qtbot.waitUntil(lambda: "2 jobs ended" in desk.bar.text())
    assert desk.bar.level() is level
    assert desk.desktop.shown == []
    desk.bar._button.click()
    assert desk.opened == [(7, 8)]


def test_a_job_that_is_gone_cant_be_opened(qtbot: QtBot, desk: Desk) -> None:
    desk.tell(7, outcome=Outcome.DELETION)
    desk.notices.start()
    qtbot.waitUntil(lambda: bool(desk.desktop.shown))
    desk.desktop.clicked.emit()
    assert desk.opened == [()]


def test_what_nobody_could_be_told_is_said_once(qtbot: QtBot, desk: Desk) -> None:
    desk.give_up("long ago")
    desk.tell(7)
    desk.notices.start()
    qtbot.waitUntil(lambda: bool(desk.desktop.shown))
    assert desk.bar.text() == ""
    desk.give_up("ben@example.org wasn't told")
    qtbot.waitUntil(lambda: desk.bar.text() == "ben@example.org wasn't told", timeout=8000)
    assert desk.bar.level() is Level.WARNING


def test_closing_takes_the_icon_away(desk: Desk) -> None:
    desk.notices.start()
    desk.notices.close()
    assert desk.desktop.closed


def test_a_screen_without_a_desktop_has_no_place(qtbot: QtBot) -> None:
    tray = Tray()
    assert not tray.is_there()
    tray.close()
