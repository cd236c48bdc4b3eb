"""The installed PySide6 keeps its references: some versions abort after a few hundred signals."""

from __future__ import annotations

import subprocess
import sys

EMIT_AND_PAINT = """
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QWidget


class Source(QObject):
    told = Signal(bool)


class Painted(QWidget):
    count = 0

    def paintEvent(self, event):
        Painted.count += 1


application = QApplication([])
source = Source()
heard = []
source.told.connect(heard.append)
for _ in range(5000):
    source.told.emit(True)
widget = Painted()
widget.show()
application.processEvents()
for _ in range(2000):
    widget.repaint()
print(len(heard), Painted.count >= 2000)
"""


def test_5000_signals_and_2000_repaints_leave_the_program_alive() -> None:
    """In a process of its own, since the defect ends the whole interpreter."""
    result = subprocess.run(
        [sys.executable, "-c", EMIT_AND_PAINT], text=True, capture_output=True, check=False, timeout=60
    )
    assert (result.returncode, result.stdout.strip()) == (0, "5000 True"), result.stderr
