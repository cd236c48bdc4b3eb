"""Garbage is collected on the GUI thread alone."""

from __future__ import annotations

import gc
import threading
import weakref

from pytestqt.qtbot import QtBot

from farmgui.ui.garbage import GarbageOnGuiThread


class Knot:
    """Something in a reference cycle."""

    def __init__(self) -> None:
        self.me = self


def test_a_cycle_is_left_by_other_threads_and_collected_on_the_gui_thread(qtbot: QtBot) -> None:
    garbage = GarbageOnGuiThread()
    collected_on: list[str] = []
    knot = Knot()
    weakref.finalize(knot, lambda: collected_on.append(threading.current_thread().name))
    del knot
    worker = threading.Thread(target=lambda: [[] for _ in range(200_000)])
    worker.start()
    worker.join()
    assert collected_on == []
    some = [[] for _ in range(5000)]
    qtbot.waitUntil(lambda: bool(collected_on), timeout=5000)
    assert collected_on == [threading.main_thread().name]
    garbage.close()
    assert gc.isenabled()
    assert some
