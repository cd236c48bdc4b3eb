"""A field for a file or for where frames go, with a button that chooses it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget


class PathField(QWidget):
    """A path that can be typed or chosen. With `for_output` a folder is chosen and the file's name kept."""

    edited = Signal()
    settled = Signal(str)
    """Another path was chosen, or typed and left."""

    def __init__(self, label: str, *, for_output: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label, self._for_output = label, for_output
        self._settled = ""
        self.line = QLineEdit(self)
        self.line.setAccessibleName(label)
        self.button = QPushButton("…", self)
        self.button.setAutoDefault(False)
        self.button.setFixedWidth(34)
        what = "the folder that frames go to" if for_output else "the file"
        self.button.setToolTip(f"Choose {what}")
        self.button.setAccessibleName(f"Choose {what}: {label}")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.button)
        self.setFocusProxy(self.line)
        self.line.textEdited.connect(self.edited)
        self.line.editingFinished.connect(self._settle)
        self.button.clicked.connect(self._choose)

    def text(self) -> str:
        """The path in the field."""
        return self.line.text().strip()

    def show_text(self, text: str) -> None:
        """Show `text`; the end of a path is what tells it from others."""
        self._settled = text
        if text != self.line.text():
            self.line.setText(text)

    def _settle(self) -> None:
        if self.text() != self._settled:
            self._settled = self.text()
            self.settled.emit(self._settled)

    def _choose(self) -> None:
        dialog = QFileDialog(self, f"{self._label}: choose", str(_nearest_folder(self.text())))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if self._for_output:
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        else:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._chosen)
        dialog.open()

    def _chosen(self, path: str) -> None:
        name = Path(self.text()).name if self._for_output else ""
        self.line.setText(str(Path(path) / (name or "####")) if self._for_output else path)
        self.edited.emit()
        self._settle()


def _nearest_folder(text: str) -> Path:
    for folder in Path(text).parents if text else ():
        if folder.is_dir():
            return folder
    return Path.cwd()
