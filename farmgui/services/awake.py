"""Keeping this machine from sleeping while there is work; the screen may go dark."""

from __future__ import annotations

from collections.abc import Callable

from wakepy import Mode, keep


class KeepAwake:
    """Asks the system not to sleep, where it can be asked and as long as `wanted` says so.

    To be used on one thread: D-Bus wants it so.
    """

    def __init__(self, wanted: Callable[[], bool] = lambda: True) -> None:
        self._wanted = wanted
        self._mode: Mode | None = None

    @property
    def active(self) -> bool:
        """Whether the system agreed to stay awake."""
        return self._mode is not None and bool(self._mode.active)

    def update(self, *, busy: bool) -> None:
        """Ask for it while `busy`, let go otherwise."""
        wanted = busy and self._wanted()
        if wanted and self._mode is None:
            mode = keep.running(on_fail="pass")
            self._mode = mode.__enter__()
        elif self._mode is not None and not wanted:
            self._mode.__exit__(None, None, None)
            self._mode = None
