"""The clock by which tasks are timed: it stands still while the machine sleeps."""

from __future__ import annotations

import sys
import time

if sys.platform == "win32":

    def awake_time() -> float:
        """Seconds that the machine was awake, from any beginning; never goes back."""
        import ctypes

        ticks = ctypes.c_ulonglong()
        ctypes.windll.kernel32.QueryUnbiasedInterruptTime(ctypes.byref(ticks))
        return ticks.value / 10_000_000
else:

    def awake_time() -> float:
        """Seconds that the machine was awake, from any beginning; never goes back."""
        # Linux and macOS leave sleep out of this clock; Windows counts it, and has another one.
        return time.monotonic()
