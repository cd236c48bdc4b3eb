"""Files dragged over the window: what a drop will do is shown, and what can't be submitted is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from farmgui.ui.submitting import dragged_files, sort_files
from farmgui.ui.views.drop_overlay import DropOverlay

_LEAVE: Final = QEvent.Type.DragLeave


class FileDrops(QObject):
    """Takes the drag events of `window`. `dropped` has the files, those that are refused included.

    `refusal` gives the reason why a file can't be submitted, or None; it is asked while dragging.
    """

    dropped = Signal(object)

    def __init__(self, window: QWidget, refusal: Callable[[Path], str | None]) -> None:
        super().__init__(window)
        self.overlay = DropOverlay(window)
        self._refusal = refusal
        self._taken = False
        # Fields and views would take dragged files as text: all that is dropped is the window's.
        for widget in window.findChildren(QWidget):
            widget.setAcceptDrops(False)
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle what concerns a drag, and nothing else."""
        if isinstance(event, QDragEnterEvent):
            self._enter(event)
        elif isinstance(event, QDragMoveEvent):
            self._move(event)
        elif isinstance(event, QDropEvent):
            self._drop(event)
        elif event.type() == _LEAVE:
            self.overlay.hide()
        else:
            return super().eventFilter(watched, event)
        return True

    def _enter(self, event: QDragEnterEvent) -> None:
        files = dragged_files(event.mimeData())
        if not files:
            event.ignore()
            return
        found = sort_files(files, self._refusal)
        self.overlay.show_files(found.taken, found.refused)
        self._taken = bool(found.taken)
        # Accepted even where nothing is taken: only so its end is told, and the reason can be taken away.
        event.setDropAction(Qt.DropAction.CopyAction if found.taken else Qt.DropAction.IgnoreAction)
        event.accept()

    def _move(self, event: QDragMoveEvent) -> None:
        if self._taken:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
        else:
            event.ignore()

    def _drop(self, event: QDropEvent) -> None:
        self.overlay.hide()
        files = dragged_files(event.mimeData())
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        # The program that drags is blocked until this returns: the form opens after it.
        QTimer.singleShot(0, self, lambda: self.dropped.emit(files))
