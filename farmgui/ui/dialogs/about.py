"""What the program is, which version, and where its things lie."""

from __future__ import annotations

import platform
from collections.abc import Sequence

from PySide6 import __version__ as pyside_version
from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLabel, QVBoxLayout, QWidget

import farmgui
from farmgui.ui.dialogs.parts import heading, plain_label


class AboutDialog(QDialog):
    """Versions and places, to be copied into a report.

    `places` are further lines of name and value, like ("Database", "/home/me/…/farm.sqlite").
    """

    def __init__(self, parent: QWidget | None = None, places: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(parent)
        self.setWindowTitle("About farmgui")
        self._lines = [
            ("Version", farmgui.__version__),
            ("Python", platform.python_version()),
            ("Qt", f"{qVersion()} (PySide6 {pyside_version})"),
            ("System", platform.platform()),
            *places,
        ]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(heading("farmgui"))
        layout.addWidget(plain_label("A desktop render farm monitor with the scheduler inside."))
        layout.addLayout(self._form())
        layout.addWidget(plain_label("Free software under the Apache License 2.0.", dim=True))
        # With the dialog as parent, or the default button would be forgotten with the focus.
        buttons = QDialogButtonBox(self)
        self.copy_button = buttons.addButton("&Copy", QDialogButtonBox.ButtonRole.ActionRole)
        self.copy_button.setAutoDefault(False)
        self.copy_button.clicked.connect(self.copy)
        close = buttons.addButton(QDialogButtonBox.StandardButton.Close)
        close.setDefault(True)
        close.setFocus()
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)

    def copy(self) -> None:
        """Put the lines onto the clipboard."""
        text = "\n".join(f"{name}: {value}" for name, value in self._lines)
        QGuiApplication.clipboard().setText(f"farmgui\n{text}")
        self.copy_button.setText("Copied")

    def _form(self) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        for name, value in self._lines:
            said = plain_label(value)
            said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            said.setMinimumWidth(360)
            form.addRow(QLabel(name), said)
        return form
