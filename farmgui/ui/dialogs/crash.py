"""What is said when the program itself has a defect: plain words, where the log is, details to copy."""

from __future__ import annotations

import platform
import traceback
from pathlib import Path

from PySide6 import __version__ as pyside_version
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

import farmgui
from farmgui.ui.dialogs.parts import heading, plain_label


class CrashDialog(QDialog):
    """Stands beside the window without blocking it; a further defect is added to the open one."""

    def __init__(self, parent: QWidget | None, log: Path | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Something went wrong inside the program")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(False)
        self._count = 0
        self._said = plain_label()
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setAccessibleName("Details")
        self.details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.details.setMaximumBlockCount(2000)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(heading("Something went wrong inside the program"))
        layout.addWidget(self._said)
        layout.addWidget(self.details, 1)
        if log is not None:
            where = plain_label(f"It is also in the log: {log}", dim=True)
            where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            layout.addWidget(where)
        layout.addWidget(self._buttons())
        self.resize(680, 420)

    def add(self, error: BaseException) -> None:
        """Say that `error` happened."""
        self._count += 1
        times = (
            "" if self._count == 1 else f" This has happened {self._count} times since this window opened."
        )
        self._said.setText(
            "This is a defect of farmgui, not of your jobs: frames that run go on running, and what is stored"
            f" is safe. You can go on working.{times} To report it, copy the details below."
        )
        if self._count == 1:
            self.details.setPlainText(_about_this_program())
        story = "".join(traceback.format_exception(error))
        self.details.appendPlainText(f"\n{story.rstrip()}")

    def copy(self) -> None:
        """Put the details onto the clipboard."""
        QGuiApplication.clipboard().setText(self.details.toPlainText())
        self.copy_button.setText("Copied")

    def _buttons(self) -> QDialogButtonBox:
        # With the dialog as parent, or the default button would be forgotten with the focus.
        buttons = QDialogButtonBox(self)
        self.copy_button: QPushButton = buttons.addButton(
            "&Copy details", QDialogButtonBox.ButtonRole.ActionRole
        )
        self.copy_button.setAutoDefault(False)
        self.copy_button.clicked.connect(self.copy)
        close = buttons.addButton(QDialogButtonBox.StandardButton.Close)
        close.setDefault(True)
        close.setFocus()
        buttons.rejected.connect(self.close)
        return buttons


def show_crash(parent: QWidget | None, error: BaseException, log: Path | None = None) -> CrashDialog:
    """Show `error` in the open crash dialog of `parent`, or in a new one; returns at once."""
    dialog = parent.findChild(CrashDialog) if parent is not None else None
    if dialog is None or not dialog.isVisible():
        dialog = CrashDialog(parent, log)
    dialog.add(error)
    dialog.show()
    return dialog


def _about_this_program() -> str:
    return (
        f"farmgui {farmgui.__version__}, Python {platform.python_version()}, PySide6 {pyside_version},"
        f" {platform.platform()}"
    )
