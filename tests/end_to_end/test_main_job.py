"""The main job in the real window with real events: drop, submit, render; a frame fails and is rerun."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from farmgui.app import make_lead, open_farm, sample_draft
from farmgui.config import read_config, read_settings
from farmgui.domain.states import JobState, TaskState
from farmgui.ui.dialogs.submission import SubmissionDialog
from farmgui.ui.program import Program
from farmgui.ui.style import apply_style
from farmgui.ui.views.table import TableView
from farmgui.ui.window import MonitorWindow

PATIENCE = 60_000
"""Milliseconds."""

SCENE = '''# /// farmgui
# title = "Four frames"
# frames = "1-4"
# output = "four_frames/four_####.txt"
# ///
"""A scene of the sample's own type: a Python script that draws a frame."""
import pathlib, sys, time
frame, output = sys.argv[1], pathlib.Path(sys.argv[2])
print(f"frame {frame}: 50%", flush=True)
time.sleep(0.2)
broken = pathlib.Path(__file__).parent / "texture is missing"
if frame == "3" and broken.exists():
    print("Error: texture.png can't be read", flush=True)
    sys.exit(1)
output.parent.mkdir(parents=True, exist_ok=True)
output.write_text(frame)
'''


@pytest.fixture
def program(qtbot: QtBot, qapp: QApplication) -> Iterator[Program]:
    config = read_config()
    settings = read_settings(config.settings_file)
    apply_style(qapp, "dark")
    farm = open_farm(config, settings)
    program = Program(config, settings, farm, make_lead, sample_draft, lambda _finish: None)
    program.start(sample=False)
    qtbot.waitExposed(program.window)
    try:
        yield program
    finally:
        settings.on_close = "stop"
        program.window.close()
        program.end()
        program.window.deleteLater()


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


def choose(qtbot: QtBot, window: MonitorWindow, table: TableView, row: int, words: str) -> None:  # type: ignore[type-arg]
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


def test_a_dropped_scene_is_rendered_and_a_failed_frame_rerun(
    program: Program, qtbot: QtBot, tmp_path: Path
) -> None:
    window = program.window
    scene = tmp_path / "four.py"
    scene.write_text(SCENE, encoding="utf-8")
    broken = tmp_path / "texture is missing"
    broken.touch()

    assert drop(window, scene)
    form = submission_form(qtbot, window)
    press_submit(qtbot, form)
    qtbot.waitUntil(lambda: len(window.jobs.model.rows()) == 1, timeout=PATIENCE)
    (job,) = window.jobs.model.rows()
    assert job.title == "Four frames"
    program._farm.jobs.change([job.id], {"requeue": 0})

    def state() -> JobState:
        return window.jobs.model.rows()[0].state

    qtbot.waitUntil(lambda: state() is JobState.FAILED, timeout=PATIENCE)
    frames = tmp_path / "four_frames"
    qtbot.waitUntil(
        lambda: [task.state for task in window.tasks.rows_model().rows()].count(TaskState.DONE) == 3,
        timeout=PATIENCE,
    )
    failed = next(task for task in window.tasks.rows_model().rows() if task.state is TaskState.FAILED)
    assert str(failed.frame) == "3"
    assert failed.last_error == "Error: texture.png can't be read"
    assert sorted(file.name for file in frames.iterdir()) == [
        "four_0001.txt",
        "four_0002.txt",
        "four_0004.txt",
    ]

    broken.unlink()
    place = window.tasks.rows_model().place_of(failed.id)
    assert place is not None
    choose(qtbot, window, window.tasks, place, "Rerun…")
    qtbot.waitUntil(lambda: state() is JobState.DONE, timeout=PATIENCE)
    assert (frames / "four_0003.txt").read_text() == "3"
    assert len(list(frames.iterdir())) == 4


def test_what_cannot_be_submitted_is_refused_while_dragging(program: Program, tmp_path: Path) -> None:
    letter = tmp_path / "letter.odt"
    letter.write_text("Dear wrangler")
    assert not drop(program.window, letter)
    assert not program.window.findChildren(SubmissionDialog)
