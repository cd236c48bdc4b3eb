"""The log: safe text, reading in parts, following, searching beyond what is loaded."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from farmgui.domain.errors import FarmError
from farmgui.domain.states import AttemptState, TaskState
from farmgui.ui.background import Background
from farmgui.ui.palette import DARK
from farmgui.ui.views.log_reader import CHUNK
from farmgui.ui.views.log_text import LineKind, LogDecoder, clean, from_line_start, line_kind
from farmgui.ui.views.log_view import LogView, attempt_text, elsewhere
from tests.ui.fakes import FakeFarm, attempt, task


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("plain\n", "plain\n"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\x1b[31mred\x1b[0m \x1b]0;title\x07x", "red x"),
        ("bell\x07 nul\x00 tab\t", "bell nul tab\t"),
        ("<b>not markup</b>", "<b>not markup</b>"),
        ("x" * 9000, "x" * 4000 + "\n" + "x" * 4000 + "\n" + "x" * 1000),
    ],
    ids=["plain", "line ends", "escapes", "controls", "markup", "long line"],
)
def test_clean(raw: str, text: str) -> None:
    assert clean(raw) == text


def test_what_a_chunk_leaves_unfinished_waits_for_the_next() -> None:
    whole = "größe\r\n\x1b[1mbold\x1b[0m €\n".encode()
    for cut in range(len(whole)):
        decoder = LogDecoder()
        assert decoder.feed(whole[:cut]) + decoder.feed(whole[cut:], final=True) == "größe\nbold €\n"
    assert LogDecoder().feed(b"\xff\n") == "\ufffd\n"


def test_a_part_begins_with_a_whole_line() -> None:
    assert from_line_start(b"rest\nline\n", 7) == (12, b"line\n")
    assert from_line_start(b"line\nline\n", 0) == (0, b"line\nline\n")
    assert from_line_start(b"no end", 5) == (5, b"no end")


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Error: Cannot read file 'a.exr'", LineKind.ERROR),
        ("ValueError: bad", LineKind.ERROR),
        ("Traceback (most recent call last):", LineKind.ERROR),
        ("Fra:1 Mem:12M | 0 errors", LineKind.PLAIN),
        ("Warning: slow", LineKind.WARNING),
        ("Saved: 'frame_0001.png'", LineKind.PLAIN),
    ],
)
def test_line_kinds(line: str, kind: LineKind) -> None:
    assert line_kind(line) is kind


@pytest.fixture
def farm() -> FakeFarm:
    """A task with two attempts; the newest one runs."""
    return FakeFarm(
        attempt_rows=[
            attempt(1, 100_001, state=AttemptState.FAILED, exit_status=1, reason="exit status 1"),
            replace(attempt(2, 100_001, state=AttemptState.RUNNING, time_finished=None), number=2),
        ]
    )


@pytest.fixture
def view(farm: FakeFarm, qtbot: QtBot) -> Iterator[LogView]:
    """A log view that is shown."""
    background = Background()
    made = LogView(farm, background, DARK)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.resize(700, 300)
    made.show()
    yield made
    made.hide()
    background.close()


RUNNING = task(1, state=TaskState.RUNNING, attempts=2, attempt_id=2)


def lines(count: int, word: str = "line") -> bytes:
    return "".join(f"{word} {number}\n" for number in range(count)).encode()


def test_follows_a_growing_log(qtbot: QtBot, farm: FakeFarm, view: LogView) -> None:
    farm.logs_by_attempt[2] = lines(100)
    view.show_task(RUNNING)
    qtbot.waitUntil(lambda: view.edit.toPlainText().endswith("line 99\n"))
    assert view.edit.is_at_end()
    assert view.attempts.currentText().startswith("Attempt 2")
    farm.logs_by_attempt[2] += b"Error: last \xe2\x82"
    qtbot.waitUntil(lambda: view.edit.toPlainText().endswith("Error: last "))
    farm.logs_by_attempt[2] += b"\xac\n"
    qtbot.waitUntil(lambda: view.edit.toPlainText().endswith("Error: last €\n"))
    assert view.edit.is_at_end()


def test_scrolling_back_stops_following(qtbot: QtBot, farm: FakeFarm, view: LogView) -> None:
    farm.logs_by_attempt[2] = lines(500)
    view.show_task(RUNNING)
    qtbot.waitUntil(lambda: view.edit.toPlainText().endswith("line 499\n"))
    bar = view.edit.verticalScrollBar()
    qtbot.keyClick(view.edit, Qt.Key.Key_PageUp)
    qtbot.waitUntil(lambda: not view.follow.isChecked())
    place = bar.value()
    farm.logs_by_attempt[2] += lines(50, "more")
    qtbot.waitUntil(lambda: view.edit.toPlainText().endswith("more 49\n"))
    assert bar.value() == place
    qtbot.mouseClick(view.follow, Qt.MouseButton.LeftButton)
    assert view.edit.is_at_end()


def test_an_earlier_attempt_can_be_chosen_and_stays(qtbot: QtBot, farm: FakeFarm, view: LogView) -> None:
    farm.logs_by_attempt = {1: b"first\n", 2: b"second\n"}
    view.show_task(RUNNING)
    qtbot.waitUntil(lambda: view.edit.toPlainText() == "second\n")
    view.attempts.setCurrentIndex(1)
    view.attempts.activated.emit(1)
    qtbot.waitUntil(lambda: view.edit.toPlainText() == "first\n")
    view.show_task(replace(RUNNING, state=TaskState.DONE))
    qtbot.wait(100)
    assert view.edit.toPlainText() == "first\n"
    assert view.attempts.currentText() == "Attempt 1, failed, 9.0 s"
    assert "exit status 1" in view.attempts.itemData(1, Qt.ItemDataRole.ToolTipRole)


def test_a_huge_log_is_read_from_its_end_and_searched_backwards(
    qtbot: QtBot, farm: FakeFarm, view: LogView
) -> None:
    farm.logs_by_attempt[2] = b"the needle\n" + lines(80_000)
    assert len(farm.logs_by_attempt[2]) > 3 * CHUNK
    view.show_task(RUNNING)
    qtbot.waitUntil(lambda: view.edit.toPlainText().endswith("line 79999\n"))
    assert len(view.edit.toPlainText()) <= CHUNK
    assert view.edit.toPlainText().startswith("line ")
    view.focus_search()
    qtbot.keyClicks(view.search, "needle")
    view.find_previous()
    qtbot.waitUntil(lambda: view.edit.textCursor().selectedText() == "needle", timeout=10_000)
    assert view.edit.toPlainText().encode() == farm.logs_by_attempt[2]


def test_search_goes_round_and_counts(qtbot: QtBot, farm: FakeFarm, view: LogView) -> None:
    farm.logs_by_attempt[2] = b"one needle\ntwo\nneedle three\n"
    view.show_task(RUNNING)
    qtbot.waitUntil(lambda: "three" in view.edit.toPlainText())
    qtbot.keyClicks(view.search, "needle")
    qtbot.waitUntil(lambda: view.found.text() == "2")
    seen = []
    for _ in range(3):
        qtbot.keyClick(view.search, Qt.Key.Key_Return)
        seen.append(view.edit.textCursor().blockNumber())
    assert sorted(set(seen)) == [0, 2]
    assert seen[0] == seen[2]


def test_counts_no_matches_of_a_log_that_is_gone(qtbot: QtBot, farm: FakeFarm, view: LogView) -> None:
    farm.logs_by_attempt[2] = b"one needle\n"
    view.show_task(RUNNING)
    qtbot.waitUntil(lambda: "needle" in view.edit.toPlainText())
    qtbot.keyClicks(view.search, "needle")
    qtbot.waitUntil(lambda: view.found.text() == "1")
    view.show_task(None)
    qtbot.waitUntil(lambda: view.found.text() == "0")


def test_says_what_there_is_not(qtbot: QtBot, farm: FakeFarm, view: LogView) -> None:
    told: list[str] = []
    view.titled.connect(told.append)
    view.show_task(task(9))
    qtbot.waitUntil(lambda: "not been started" in view.edit.placeholderText())
    assert told == ["Log of frame 9 of job 1"]
    view.show_task(None)
    assert "Select a task" in view.edit.placeholderText()
    assert not view.attempts.isEnabled()


def test_a_log_that_cannot_be_read_is_told(qtbot: QtBot, farm: FakeFarm, view: LogView) -> None:
    class Broken:
        def read(self, *_arguments: Any) -> Any:
            raise FarmError("The log can't be read.")

    view.reader._farm = type("Farm", (), {"logs": Broken()})()
    with qtbot.waitSignal(view.failed) as told:
        view.show_task(RUNNING)
    assert told.args == ["The log can't be read."]


def test_attempts_in_words() -> None:
    row = attempt(1, 1, state=AttemptState.FAILED, exit_status=1)
    assert attempt_text(row) == "Attempt 1, failed, exit status 1, 9.0 s"


def test_says_on_which_machine_a_log_lies_that_is_not_here(
    qtbot: QtBot, farm: FakeFarm, view: LogView
) -> None:
    log = "/srv/joined/agent/logs/1/7.log"
    farm.attempt_rows = [attempt(2, 100_001, agent="farm03.film", log=log, joined=True)]
    view.show_task(RUNNING)
    qtbot.waitUntil(lambda: view.edit.placeholderText() == f"This log is on farm03.film: {log}")
    farm.logs_by_attempt[2] = b"by a share\n"
    view.reader.open(2)
    qtbot.waitUntil(lambda: view.edit.toPlainText() == "by a share\n")


def test_a_folder_that_is_closed_here_is_no_error_of_another_machines_log(
    qtbot: QtBot, farm: FakeFarm, view: LogView, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_arguments: object) -> None:
        raise FarmError("The log /root/7.log can't be read: Permission denied.")

    monkeypatch.setattr("tests.ui.fakes.FakeLogs.read", closed)
    farm.attempt_rows = [attempt(2, 100_001, agent="farm03.film", log="/root/7.log", joined=True)]
    told: list[str] = []
    view.failed.connect(told.append)
    view.show_task(RUNNING)
    qtbot.waitUntil(lambda: view.edit.placeholderText() == "This log is on farm03.film: /root/7.log")
    assert told == []


def test_a_log_of_this_machine_that_is_not_there_yet(qtbot: QtBot, farm: FakeFarm, view: LogView) -> None:
    here = attempt(2, 100_001, agent=socket.gethostname(), log="/home/7.log", joined=True)
    assert elsewhere(here) == ""
    assert elsewhere(replace(here, agent="farm03.film", joined=False)) == ""
    farm.attempt_rows = [here]
    view.show_task(RUNNING)
    qtbot.waitUntil(lambda: view.edit.placeholderText() == "Nothing was written to this log yet.")
