"""Edits one value in a table's cell and says beside the cell why a value is refused."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from farmgui.ui.editors.value_editors import ValueEdit, edit_of
from farmgui.ui.roles import EDIT

_COMMITS: Final = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab, Qt.Key.Key_Backtab})
_KEY_PRESS: Final = QEvent.Type.KeyPress
_LEAST_WIDTH: Final = 120
_LINES_HEIGHT: Final = 90


class ValueDelegate(QStyledItemDelegate):
    """Edits the column `name` of a job; the model's EditRole holds the plain value.

    A value out of range is not committed: the editor stays open, with the range in words under the cell.
    """

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.name = name

    def createEditor(
        self,
        parent: QWidget,
        option: QStyleOptionViewItem,  # noqa: ARG002 - Qt's signature.
        index: QModelIndex | QPersistentModelIndex,  # noqa: ARG002 - Qt's signature.
    ) -> QWidget:
        """The editor of the column, with the label that tells what is wrong."""
        edit = ValueEdit(self.name, parent)
        edit.widget.setAutoFillBackground(True)
        bubble = Refusal(parent, edit)
        edit.edited.connect(bubble.tell)
        edit.widget.destroyed.connect(bubble.deleteLater)
        return edit.widget

    def setEditorData(self, editor: QWidget, index: QModelIndex | QPersistentModelIndex) -> None:
        """Show the stored value; what was typed meanwhile stays."""
        edit = edit_of(editor)
        edit.show_value(index.data(EDIT))
        if not edit.is_changed():
            edit.select_all()

    def setModelData(
        self, editor: QWidget, model: QAbstractItemModel, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Hand a changed, valid value to the model."""
        edit = edit_of(editor)
        if edit.problem() is None and edit.is_changed():
            model.setData(index, edit.value(), EDIT)

    def updateEditorGeometry(
        self,
        editor: QWidget,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,  # noqa: ARG002 - Qt's signature.
    ) -> None:
        """Over the cell, and wide enough for the values in words."""
        rect = QRect(option.rect)
        rect.setWidth(max(rect.width(), editor.minimumSizeHint().width(), _LEAST_WIDTH))
        if isinstance(editor, QPlainTextEdit):
            rect.setHeight(max(rect.height(), _LINES_HEIGHT))
        editor.setGeometry(rect)

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        """Keep the editor open when Enter or Tab would commit what is refused."""
        if event.type() == _KEY_PRESS and isinstance(event, QKeyEvent) and event.key() in _COMMITS:
            edit = edit_of(editor) if isinstance(editor, QWidget) else None
            if edit is not None and edit.problem() is not None:
                edit.edited.emit()
                return True
        return super().eventFilter(editor, event)


class Refusal(QLabel):
    """Says under an editor why its value is refused, or above it where there is no room."""

    def __init__(self, parent: QWidget, edit: ValueEdit) -> None:
        super().__init__(parent)
        self._edit = edit
        self.setObjectName("refusal")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.ToolTipBase)
        self.setForegroundRole(QPalette.ColorRole.ToolTipText)
        self.setMargin(6)
        self.setFrameShape(QLabel.Shape.StyledPanel)
        self.hide()

    def tell(self) -> None:
        """Show the problem of the editor, or nothing where there is none."""
        problem = self._edit.problem()
        if problem is None:
            self.hide()
            return
        self.setText(problem)
        self.setAccessibleName(problem)
        parent, editor = self.parentWidget(), self._edit.widget.geometry()
        if parent is None:
            return
        width = min(360, parent.width())
        self.resize(width, self.heightForWidth(width))
        below = editor.bottom() + 2
        y = below if below + self.height() <= parent.height() else editor.top() - 2 - self.height()
        self.move(min(editor.left(), max(0, parent.width() - width)), max(0, y))
        self.show()
        self.raise_()
