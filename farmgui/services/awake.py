"""Keeping this machine from sleeping while there is work; the screen may go dark."""

from __future__ import annotations

from wakepy import Mode, keep


class KeepAwake:
    """Asks the system not to sleep, where it can be asked. To be used on one thread (D-Bus wants it so)."""

    def __init__(self, *, wanted: bool = True) -> None:
        self.wanted = wanted
        self._mode: Mode | None = None

    @property
    def active(self) -> bool:
        """Whether the system agreed to stay awake."""
        return self._mode is not None and bool(self._mode.active)

    def update(self, *, busy: bool) -> None:
        """Ask for it while `busy`, let go otherwise."""
        if busy and self.wanted and self._mode is None:
            mode = keep.running(on_fail="pass")
            self._mode = mode.__enter__()
        elif self._mode is not None and not (busy and self.wanted):
            self._mode.__exit__(None, None, None)
            self._mode = None
