"""Names the program that will render, with its version, or says that there is none and lets one choose."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QWidget

from farmgui.domain.jobtypes import Program
from farmgui.submission import programs
from farmgui.ui.background import Background, Outcome
from farmgui.ui.dialogs.alive import if_alive
from farmgui.ui.editors.elided_label import ElidedLabel


class ProgramLine(QWidget):
    """The version is asked in the background: a first start can take seconds."""

    chosen = Signal(str)
    """The path of another program."""

    def __init__(self, program: Program, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._program, self._background = program, background
        self._path: Path | None = None
        self._said = ElidedLabel(cut=Qt.TextElideMode.ElideMiddle)
        self.button = QPushButton("Choose…")
        self.button.setAutoDefault(False)
        self.button.setAccessibleName(f"Choose the program: {program.title}")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._said, 1)
        layout.addWidget(self.button)
        self.setFocusProxy(self.button)
        self.button.clicked.connect(self._choose)

    def show_program(self, path: Path | None) -> None:
        """Say which program will be used; None: there is none."""
        self._path = path
        title = self._program.title or (self._program.names[0] if self._program.names else "program")
        if path is None:
            self._said.say(f"No {title} yet")
            return
        self._said.say(f"{title} – {path}")
        self._background.run(
            lambda: programs.version(self._program, path),
            if_alive(self, lambda outcome: self._show_version(title, path, outcome)),
            label="asking for the program's version",
        )

    def text(self) -> str:
        """What is said."""
        return self._said.text()

    def _show_version(self, title: str, path: Path, outcome: Outcome[str | None]) -> None:
        if outcome.value and path == self._path:
            self._said.say(f"{title} {outcome.value} – {path}")

    def _choose(self) -> None:
        dialog = QFileDialog(self, "Choose the program", str(self._path or ""))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.chosen)
        dialog.open()
