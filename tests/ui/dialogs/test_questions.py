from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QListView
from pytestqt.qtbot import QtBot

from farmgui.ui.dialogs.closing import ClosingAnswer, ClosingDialog, ask_closing
from farmgui.ui.dialogs.confirm import ROWS_SHOWN, Confirmation, ConfirmDialog, confirm

LEFT = Qt.MouseButton.LeftButton


def when_open(act: Callable[[QDialog], None]) -> None:
    """Do `act` with the question as soon as it is shown: it blocks whoever asks it."""

    def run() -> None:
        dialog = QApplication.activeModalWidget()
        if dialog is None or QApplication.focusWidget() is None:
            QTimer.singleShot(10, run)
        else:
            act(dialog)

    QTimer.singleShot(0, run)


def ask(act: Callable[[ConfirmDialog], None], **values: object) -> Confirmation | None:
    asked = {
        "title": "Delete 3 jobs?",
        "text": "Logs go too.",
        "items": ["a", "b", "c"],
        "verb": "Delete 3 jobs",
    }
    when_open(act)
    return confirm(None, **{**asked, **values})


def press(qtbot: QtBot, key: Qt.Key) -> Callable[[QDialog], None]:
    return lambda _dialog: qtbot.keyClick(QApplication.focusWidget(), key)


@pytest.mark.parametrize(
    "key", [Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_Escape], ids=["enter", "space", "esc"]
)
def test_keys_pressed_without_reading_mean_no(qtbot: QtBot, key: Qt.Key) -> None:
    assert ask(press(qtbot, key)) is None


def test_the_verb_is_on_the_button_and_means_yes(qtbot: QtBot) -> None:
    def act(dialog: ConfirmDialog) -> None:
        assert dialog.yes.text() == "Delete 3 jobs"
        assert dialog.cancel.hasFocus()
        qtbot.mouseClick(dialog.yes, LEFT)

    assert ask(act) == Confirmation(option=False)


@pytest.mark.parametrize("on", [False, True], ids=["off at first", "on at first"])
def test_the_option_is_answered(qtbot: QtBot, on: bool) -> None:
    def act(dialog: ConfirmDialog) -> None:
        assert dialog.option.isChecked() is on
        qtbot.keyClick(dialog.option, Qt.Key.Key_Space)
        qtbot.mouseClick(dialog.yes, LEFT)

    answer = ask(act, option_text="Rerun the 3 jobs that depend on it too", option_on=on)
    assert answer == Confirmation(option=not on)


def test_long_lists_scroll_and_are_never_markup(qtbot: QtBot) -> None:
    heights = []

    def act(dialog: ConfirmDialog) -> None:
        view = dialog.findChild(QListView)
        heights.append(view.height())
        assert view.model().index(0, 0).data() == "<b>job</b> one line"
        dialog.reject()

    for count in (ROWS_SHOWN, 500):
        ask(act, items=["<b>job</b>\none line"] * count)
    assert heights[0] == heights[1] < 400


def test_an_ampersand_in_a_verb_is_no_mnemonic(qtbot: QtBot) -> None:
    def act(dialog: ConfirmDialog) -> None:
        assert dialog.yes.text() == "Delete this && that"
        dialog.reject()

    ask(act, verb="Delete this & that")


def closing(act: Callable[[ClosingDialog], None], running: int = 7) -> ClosingAnswer | None:
    when_open(act)
    return ask_closing(None, running)


def test_enter_goes_on_in_the_background(qtbot: QtBot) -> None:
    assert closing(press(qtbot, Qt.Key.Key_Return)) == ClosingAnswer("background", remember=False)


def test_escape_keeps_the_window_open(qtbot: QtBot) -> None:
    assert closing(press(qtbot, Qt.Key.Key_Escape)) is None


@pytest.mark.parametrize("choice", ["background", "finish", "stop"])
def test_each_way_can_be_chosen_and_remembered(qtbot: QtBot, choice: str) -> None:
    def act(dialog: ClosingDialog) -> None:
        dialog.radios[choice].click()
        qtbot.keyClick(dialog.remember, Qt.Key.Key_Space)
        qtbot.mouseClick(dialog.close_button, LEFT)

    assert closing(act) == ClosingAnswer(choice, remember=True)


@pytest.mark.parametrize(
    ("running", "words"), [(1, "One frame is"), (1200, "1,200 frames are"), (0, "are queued")]
)
def test_says_how_many_frames_run(qtbot: QtBot, running: int, words: str) -> None:
    def act(dialog: ClosingDialog) -> None:
        said = [label.text() for label in dialog.findChildren(type(dialog.layout().itemAt(0).widget()))]
        assert any(words in text for text in said)
        dialog.reject()

    closing(act, running)
