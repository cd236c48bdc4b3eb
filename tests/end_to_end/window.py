"""The window driven as a person does: drops, buttons, context menus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from farmgui.domain.snapshots import JobRow, TaskRow
from farmgui.domain.states import TaskState
from farmgui.ui.dialogs.submission import SubmissionDialog
from farmgui.ui.views.table import TableView
from farmgui.ui.window import MonitorWindow

PATIENCE = 60_000
"""Milliseconds."""


def drop(window: MonitorWindow, *files: Path) -> bool:
    """Drag files onto the window and let go, as a file manager does; whether they were taken."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    place = QPoint(300, 300)
    arguments = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window, QDragEnterEvent(place, *arguments))
    move = QDragMoveEvent(place, *arguments)
    QApplication.sendEvent(window, move)
    if not move.isAccepted():
        return False
    dropped = QDropEvent(QPointF(place), *arguments)
    QApplication.sendEvent(window, dropped)
    return dropped.isAccepted()


def submission_form(qtbot: QtBot, window: MonitorWindow) -> SubmissionDialog:
    """The form that opens after a drop."""
    qtbot.waitUntil(lambda: bool(window.findChildren(SubmissionDialog)), timeout=PATIENCE)
    form = window.findChildren(SubmissionDialog)[0]
    qtbot.waitUntil(form.isVisible, timeout=PATIENCE)
    return form


def press_submit(qtbot: QtBot, form: SubmissionDialog) -> None:
    """Press the form's Submit button once it may be pressed."""
    (button,) = (item for item in form.findChildren(QPushButton) if item.isDefault())
    qtbot.waitUntil(button.isEnabled, timeout=PATIENCE)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def choose(qtbot: QtBot, window: MonitorWindow, table: TableView[Any], row: int, words: str) -> None:
    """Right click on a row and choose an entry of the menu by its words."""
    place = table.visualRect(table.model().index(row, table.first_column())).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    table.customContextMenuRequested.emit(place)
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu), timeout=5000)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    (entry,) = (item for item in menu.actions() if item.text().replace("&", "") == words)
    assert entry.isEnabled()
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(entry).center())


def jobs(window: MonitorWindow) -> list[JobRow]:
    """The jobs that the window shows."""
    return list(window.jobs.model.rows())


def tasks(window: MonitorWindow, state: TaskState | None = None) -> list[TaskRow]:
    """The tasks that the window shows, of one state where one is given."""
    return [task for task in window.tasks.rows_model().rows() if state in (None, task.state)]


def rerun_by_menu(qtbot: QtBot, window: MonitorWindow, task: TaskRow) -> None:
    """Right click on the task and choose to rerun it."""
    place = window.tasks.rows_model().place_of(task.id)
    assert place is not None
    choose(qtbot, window, window.tasks, place, "Rerun…")
