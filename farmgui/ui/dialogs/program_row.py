"""The program of one job type in the settings: where it is, which version, and how to choose another."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from farmgui.domain.jobtypes import JobTypeDefinition, Program
from farmgui.submission.programs import Found
from farmgui.ui.background import Background, Outcome
from farmgui.ui.dialogs.alive import if_alive
from farmgui.ui.dialogs.parts import plain_label
from farmgui.ui.editors.elided_label import ElidedLabel
from farmgui.ui.editors.field_note import FieldNote


class Programs(Protocol):
    """What the settings ask about programs; the module `farmgui.submission.programs` is one."""

    def find(self, program: Program, chosen: str | None = None) -> Found | None:
        """The program to use, or None."""

    def missing_text(self, program: Program, chosen: str | None = None) -> str:
        """The sentence for one that `find` didn't find."""

    def version(self, program: Program, path: Path) -> str | None:
        """Its version; may take seconds."""


class ProgramRow(QWidget):
    """Path, version and how to choose another; `chosen` is what the wrangler chose, "" for automatic."""

    changed = Signal()

    def __init__(
        self,
        definition: JobTypeDefinition,
        program: Program,
        chosen: str,
        programs: Programs,
        background: Background | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.name = definition.name
        self.title = program.title or definition.name
        self.chosen = chosen
        self._program, self._programs, self._background = program, programs, background
        self._path = ElidedLabel(cut=Qt.TextElideMode.ElideMiddle)
        self._version = plain_label(dim=True)
        self._note = FieldNote()
        self.choose_button = QPushButton("Choose…")
        self.choose_button.setAccessibleName(f"Choose the program for {self.title}")
        self.automatic_button = QPushButton("Back to automatic")
        self.automatic_button.setAccessibleName(f"Find the program for {self.title} automatically")
        for button in (self.choose_button, self.automatic_button):
            # Enter in the dialog means OK, whichever button has the focus.
            button.setAutoDefault(False)
        self._lay_out()
        self.choose_button.clicked.connect(self._choose)
        self.automatic_button.clicked.connect(lambda: self.set_chosen(""))
        self._show()

    def set_chosen(self, path: str) -> None:
        """Use the program at `path`, or with "" the one that is found."""
        self.chosen = path
        self._show()
        self.changed.emit()

    def words(self) -> str:
        """What the row says, for tests and screen readers."""
        return " ".join(filter(None, (self._path.text(), self._version.text(), self._note.text())))

    def _show(self) -> None:
        found = self._programs.find(self._program, self.chosen or None)
        self.automatic_button.setEnabled(bool(self.chosen))
        self._version.setText("")
        if found is None:
            self._path.say(self.chosen or "not found")
            self._note.say(self._programs.missing_text(self._program, self.chosen or None), "missing")
            return
        self._path.say(str(found.path))
        self._note.say("" if self.chosen else "found automatically")
        if self._background is not None and self._program.version_arguments:
            self._version.setText("…")
            self._background.run(
                lambda: self._programs.version(self._program, found.path),
                if_alive(self, lambda outcome: self._show_version(found.path, outcome)),
                label="asking for a version",
            )

    def _show_version(self, path: Path, outcome: Outcome[str | None]) -> None:
        if self._path.text() == str(path):
            self._version.setText(f"version {outcome.value}" if outcome.value else "version unknown")

    def _choose(self) -> None:
        dialog = QFileDialog(self, f"Choose the program for {self.title}", self.chosen)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.set_chosen)
        dialog.open()

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._path, 1)
        line.addWidget(self._version)
        line.addWidget(self.choose_button)
        line.addWidget(self.automatic_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 6)
        layout.setSpacing(2)
        layout.addLayout(line)
        layout.addWidget(self._note)
