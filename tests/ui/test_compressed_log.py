"""The window shows a log that was compressed as it was before, and other programs get it unpacked."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from farmgui.services.compression import compress_logs
from farmgui.ui.background import Background
from farmgui.ui.palette import DARK
from farmgui.ui.views.log_view import LogView
from tests.factories import FarmInMemory

TEXT = "".join(f"Fra:{number} rendered\n" for number in range(1000))


class Opened(QObject):
    """Takes what the desktop would be asked to open."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[Path] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.files.append(Path(url.toLocalFile()))


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[FarmInMemory]:
    made = FarmInMemory(tmp_path)
    yield made
    made.close()


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[Background]:
    made = Background()
    yield made
    made.close()


def test_it_is_shown_and_opened(qtbot: QtBot, farm: FarmInMemory, background: Background) -> None:
    job = farm.submit("1")
    farm.run_to_end()
    (task,) = farm.tasks(job)
    (attempt,) = farm.farm.queries.attempts(task.id)
    log = Path(attempt.log)
    log.parent.mkdir(parents=True)
    log.write_text(TEXT)
    old = time.time() - 30 * 86_400
    os.utime(log, (old, old))
    assert compress_logs(farm.database, farm.log_folder, 7) == 1
    view = LogView(farm.farm, background, DARK)
    qtbot.addWidget(view)
    view.show()
    view.show_task(task)
    qtbot.waitUntil(lambda: view.edit.toPlainText() == TEXT)
    opened = Opened()
    QDesktopServices.setUrlHandler("file", opened, "open")
    try:
        qtbot.mouseClick(view.outside, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: bool(opened.files))
    finally:
        QDesktopServices.unsetUrlHandler("file")
    assert opened.files[0].read_text() == TEXT
    opened.files[0].unlink()
