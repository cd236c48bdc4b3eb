from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

import farmgui
from farmgui.ui.dialogs.about import AboutDialog
from farmgui.ui.dialogs.crash import CrashDialog, show_crash

LEFT = Qt.MouseButton.LeftButton


def failure(text: str) -> Exception:
    try:
        raise RuntimeError(text)
    except RuntimeError as error:
        return error


def test_a_defect_is_told_and_copied(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    dialog = show_crash(window, failure("<b>odd</b>"), Path("/logs/farmgui.log"))
    said = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "defect of farmgui" in said
    assert "/logs/farmgui.log" in said
    assert not dialog.isModal(), "the window can still be used"
    qtbot.mouseClick(dialog.copy_button, LEFT)
    copied = QGuiApplication.clipboard().text()
    assert "RuntimeError: <b>odd</b>" in copied
    assert farmgui.__version__ in copied


def test_further_defects_join_the_open_dialog(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    first = show_crash(window, failure("one"), None)
    assert show_crash(window, failure("two"), None) is first
    assert len(window.findChildren(CrashDialog)) == 1
    text = first.details.toPlainText()
    assert "one" in text
    assert "two" in text
    with qtbot.waitSignal(first.destroyed):
        first.close()
    assert window.isVisible()
    again = show_crash(window, failure("three"), None)
    assert "RuntimeError: one" not in again.details.toPlainText()


def test_escape_closes_the_crash_dialog(qtbot: QtBot) -> None:
    dialog = show_crash(None, failure("one"), None)
    with qtbot.waitSignal(dialog.destroyed):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)


def test_about_copies_what_a_report_needs(qtbot: QtBot) -> None:
    dialog = AboutDialog(None, [("Database", "/data/farm.sqlite")])
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.mouseClick(dialog.copy_button, LEFT)
    copied = QGuiApplication.clipboard().text()
    assert f"Version: {farmgui.__version__}" in copied
    assert "Database: /data/farm.sqlite" in copied
