"""The field for a frame range, which counts the frames while one types."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from farmgui.domain.errors import InvalidValue
from farmgui.domain.frames import count_frames


class FramesEdit(QLineEdit):
    """A frame range like "1-10,20-40x2"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText("1-250 or 1-10,20-40x2")
        self.setToolTip("Frames: single ones, ranges, and ranges with a step, separated by commas")
        self.setAccessibleName("Frames")

    def problem(self) -> str | None:
        """Why the range is refused, in words; None where it is not."""
        try:
            count_frames(self.text())
        except InvalidValue as error:
            return str(error)
        return None

    def words(self) -> str:
        """How many frames the range makes: "250 frames"; empty where it is refused."""
        try:
            return frames_in_words(count_frames(self.text()))
        except InvalidValue:
            return ""


def frames_in_words(count: int) -> str:
    """A number of frames: "1 frame", "1,200 frames"."""
    return f"{count:,} frame{'' if count == 1 else 's'}"
