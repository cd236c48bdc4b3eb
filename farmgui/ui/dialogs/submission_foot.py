"""The lower part of the submission form: what follows, what went wrong, progress, Submit and Cancel."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from farmgui.ui.dialogs.parts import plain_label
from farmgui.ui.editors.field_note import FieldNote


class SubmissionFoot(QWidget):
    """Shows how far a submission is; the dialog decides what its buttons do."""

    def __init__(self, parent: QDialog) -> None:
        super().__init__(parent)
        self.words = plain_label()
        self.words.setAccessibleName("What follows")
        self.note = FieldNote()
        self.progress = QProgressBar()
        self.progress.setAccessibleName("Progress of the submission")
        self.progress.hide()
        # Inside the dialog from the start, or the default button would be forgotten with the focus.
        self.submit = QPushButton("&Submit", self)
        self.submit.setDefault(True)
        self.cancel = QPushButton("Cancel")
        self.cancel.setAutoDefault(False)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.progress, 1)
        buttons.addStretch(0)
        buttons.addWidget(self.submit)
        buttons.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 8, 0)
        layout.setSpacing(8)
        layout.addWidget(self.words)
        layout.addWidget(self.note)
        layout.addLayout(buttons)

    def show_running(self, *, running: bool, left: int, done: int) -> None:
        """Show that a submission runs or not; `left` jobs wait to be submitted, `done` are."""
        self.submit.setEnabled(not running)
        self.submit.setText(f"&Submit {left} jobs" if left > 1 else "&Submit")
        self.cancel.setEnabled(True)
        self.cancel.setText("Close" if done and not running else "Cancel")
        self.progress.setVisible(running)
        self.progress.setRange(0, 0)
        self.progress.setFormat("Submitting…")

    def show_copied(self, name: str, percent: int) -> None:
        """Show how much of the scene `name` is copied."""
        self.progress.setRange(0, 100)
        self.progress.setValue(percent)
        if self.cancel.isEnabled():
            self.progress.setFormat(f"Copying {name}: %p %")

    def show_cancelling(self) -> None:
        """Show that Cancel was heard."""
        self.cancel.setEnabled(False)
        self.progress.setFormat("Cancelling…")
