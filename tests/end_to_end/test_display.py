"""A real screen: a file is dragged from another program onto the window, and rendered."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.end_to_end.program import PATIENCE, end_agent, job, read, wait_until
from tests.end_to_end.test_main_job import SCENE

pytestmark = pytest.mark.display

FILE_MANAGER = """
import sys
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QApplication, QLabel

class Icon(QLabel):
    def mouseMoveEvent(self, event):
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(sys.argv[1])])
        drag = QDrag(self)
        drag.setMimeData(mime)
        drag.exec(Qt.DropAction.CopyAction)

app = QApplication([])
icon = Icon("file")
icon.setWindowFlags(Qt.WindowType.X11BypassWindowManagerHint | Qt.WindowType.WindowStaysOnTopHint)
icon.setGeometry(1150, 20, 80, 80)
icon.show()
app.exec()
"""


@pytest.fixture
def screen() -> Iterator[str]:
    """A virtual screen; its name, like ":99"."""
    reader, writer = os.pipe()
    # Without -noreset the server starts anew whenever its last client leaves, as xdotool does at each look,
    # and refuses a program that connects at that moment.
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[writer],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    with os.fdopen(reader) as answer:
        name = f":{answer.readline().strip()}"
    yield name
    server.terminate()
    server.wait(PATIENCE)


@contextmanager
def shown(screen: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Python program with a window on the screen; what it says of errors is the test's own output."""
    environ = {name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"}
    program = subprocess.Popen(
        [sys.executable, *words],
        env={**environ, "DISPLAY": screen},
        stdin=subprocess.DEVNULL,
    )
    try:
        yield program
    finally:
        program.terminate()
        program.wait(PATIENCE)


def xdotool(screen: str, *words: str | int) -> str:
    """Move the mouse and press keys, or find a window."""
    done = subprocess.run(
        ["xdotool", *map(str, words)],
        env={**os.environ, "DISPLAY": screen},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.stdout.strip()


def test_a_file_is_dragged_from_another_program(screen: str, home: Path, tmp_path: Path) -> None:
    scene = tmp_path / "four.py"
    scene.write_text(SCENE, encoding="utf-8")
    with shown(screen, "-m", "farmgui") as window_program:
        window = ("search", "--onlyvisible", "--name", "^farmgui")
        wait_until(lambda: xdotool(screen, *window) or window_program.poll() is not None, "the window")
        assert window_program.poll() is None, "the program ended instead of showing its window"
        with shown(screen, "-c", FILE_MANAGER, str(scene)):
            time.sleep(1.5)
            xdotool(screen, "mousemove", 1190, 60, "mousedown", 1)
            for step in range(1, 11):
                xdotool(screen, "mousemove", 1190 - 80 * step, 60 + 25 * step)
                time.sleep(0.05)
            time.sleep(0.3)
            xdotool(screen, "mouseup", 1)
            form = ("search", "--onlyvisible", "--name", "^Submit")
            wait_until(lambda: xdotool(screen, *form), "the form", 20)
        dialog = xdotool(screen, *form).splitlines()[-1]
        time.sleep(1)
        xdotool(screen, "windowfocus", dialog, "key", "Return")
        wait_until(lambda: read("jobs"), "the job", 20)
        (row,) = read("jobs")
        assert row["title"] == "Four frames"
        wait_until(lambda: job(row["id"])["state"] == "done", "the frames")
    end_agent(home)
    assert len(list((tmp_path / "four_frames").iterdir())) == 4
