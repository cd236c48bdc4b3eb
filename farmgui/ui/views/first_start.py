"""What the jobs' place says on a farm that never had a job: what to do next."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from farmgui.ui.icons import icon, pixmap
from farmgui.ui.palette import Colours

_TEXT_WIDTH: Final = 480


class FirstStart(QWidget):
    """A few words and two buttons: submit something, or render the sample."""

    submit_asked = Signal()
    sample_asked = Signal()

    def __init__(self, colours: Colours, parent: QWidget | None = None, *, sample: bool = True) -> None:
        super().__init__(parent)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self._mark = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        title = QLabel("Drop a scene here to render it", alignment=Qt.AlignmentFlag.AlignCenter)
        font = QFont(title.font())
        font.setPointSizeF(font.pointSizeF() * 1.6)
        title.setFont(font)
        says = QLabel(
            "Blender, POV-Ray and Python scenes and picture sequences for a film are recognised by the file. "
            "A form opens, filled in with what the scene says: frames, output and resources. "
            "Nothing is rendered before you have confirmed it.",
            alignment=Qt.AlignmentFlag.AlignCenter,
            wordWrap=True,
        )
        says.setFixedWidth(_TEXT_WIDTH)
        says.setMinimumHeight(says.heightForWidth(_TEXT_WIDTH))
        says.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.submit = QPushButton("&Submit…")
        self.submit.clicked.connect(self.submit_asked)
        self.sample = QPushButton("Render the sam&ple")
        self.sample.setToolTip("A short animation that needs nothing else installed, about a frame a second")
        self.sample.clicked.connect(self.sample_asked)
        self.sample.setVisible(sample)
        self._lay_out(title, says)
        self.set_colours(colours)

    def set_colours(self, colours: Colours) -> None:
        """Paint in another appearance."""
        self._mark.setPixmap(pixmap("drop", colours.dim, 56, self.devicePixelRatioF()))
        self.submit.setIcon(icon("submit", colours))
        self.sample.setIcon(icon("sample", colours))

    def _lay_out(self, title: QLabel, says: QLabel) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addStretch()
        for button in (self.submit, self.sample):
            button.setMinimumHeight(32)
            button.setMinimumWidth(150)
            buttons.addWidget(button)
        buttons.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(32, 24, 32, 24)
        layout.setSpacing(12)
        layout.addStretch(2)
        layout.addWidget(self._mark)
        layout.addWidget(title)
        layout.addWidget(says, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(8)
        layout.addLayout(buttons)
        layout.addStretch(3)
