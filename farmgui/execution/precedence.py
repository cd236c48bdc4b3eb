"""Which threads of the program get a processor first."""

from __future__ import annotations

import os
import sys
import threading
from typing import Final

BEHIND: Final = 5
"""A third of the weight that the window's thread has where both want the same processor."""


def give_way() -> None:
    """Let the calling thread come behind the program's first one, which may have a window to paint.

    It lasts as long as the thread does; threads and processes that it starts inherit it. Only Linux knows
    niceness of single threads; elsewhere nothing happens.
    """
    if sys.platform == "linux":
        first = os.getpriority(os.PRIO_PROCESS, os.getpid())
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), min(19, first + BEHIND))
