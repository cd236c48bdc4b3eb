"""The error for scenes that can't be read."""

from __future__ import annotations

from farmgui.domain.errors import FarmError


class UnreadableScene(FarmError):
    """A scene is missing, empty, cut off, damaged or of another kind; the text says which, and what to do."""
