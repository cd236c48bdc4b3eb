"""Python's garbage collection on the GUI thread alone.

Python collects on whichever thread happens to allocate; a widget caught in a reference cycle would then be
destroyed off the GUI thread, which Qt answers with a crash.
"""

from __future__ import annotations

import gc
import time
from typing import Final

from PySide6.QtCore import QObject, QTimer

LOOK_MS: Final = 50
BUSY_LOOK_MS: Final = 5
"""While much is made: a busy lead makes in half a second what takes 30 ms to look at."""
MIDDLE: Final = 3
"""Collections of the youngest after which the next generation is due: after ten, as usual, it takes 30 ms."""
LOADED_MS: Final = 5000
"""By then all that a farm of any size has is loaded."""
LONG_SECONDS: Final = 0.006
"""A collection that takes longer would be felt if it came often."""
SHARE: Final = 0.001
"""The share of the time that full collections may take."""


class GarbageOnGuiThread(QObject):
    """Collects when as much was made as Python itself would wait for; `close` gives it back to Python.

    What outlived a long collection is left out of those that follow: 10,000 jobs that are shown, and what the
    lead knows of them, go when nobody refers to them any more, without being looked at twice a second.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        youngest, _, oldest = gc.get_threshold()
        self._due = (youngest, MIDDLE, oldest)
        self._next_full = 0.0
        gc.disable()
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def settle(self) -> None:
        """Leave out of all collections what is there now, once the window is made: modules, classes, widgets.

        What of it is garbage isn't worth the tenth of a second that looking at everything takes. The farm's
        rows are left out, too, as soon as they are loaded.
        """
        gc.freeze()
        self._next_full = time.monotonic() + 2 * LOADED_MS / 1000
        QTimer.singleShot(LOADED_MS, self, gc.freeze)

    def look(self) -> None:
        """Collect the oldest generation that is due, and with it the younger ones."""
        counts = gc.get_count()
        self._timer.setInterval(BUSY_LOOK_MS if counts[0] > self._due[0] else LOOK_MS)
        full = time.monotonic() >= self._next_full
        for generation in (2, 1, 0) if full else (1, 0):
            if counts[generation] > self._due[generation]:
                self._collect(generation)
                return

    def close(self) -> None:
        """Let Python collect by itself again."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def _collect(self, generation: int) -> None:
        began = time.perf_counter()
        gc.collect(generation)
        took = time.perf_counter() - began
        if generation == 2:
            self._next_full = time.monotonic() + took / SHARE
        if took > LONG_SECONDS:
            gc.freeze()
