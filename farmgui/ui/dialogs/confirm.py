"""The question before something that can't be undone: what it will hit, and a button with its verb."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QListView,
    QVBoxLayout,
    QWidget,
)

from farmgui.ui.dialogs.parts import heading, plain_label

ROWS_SHOWN: Final = 12
"""More items than these scroll."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The wrangler said yes; `option` tells whether the check box was on."""

    option: bool = False


class ConfirmDialog(QDialog):
    """Says what will be hit. Cancel has the focus: what can't be undone needs a deliberate key or click."""

    def __init__(
        self,
        parent: QWidget | None,
        title: str,
        text: str,
        items: Sequence[str],
        verb: str,
        option_text: str | None = None,
        *,
        option_on: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(420)
        self.option: QCheckBox | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(heading(title))
        if text:
            layout.addWidget(plain_label(text))
        if items:
            layout.addWidget(_list(items))
        if option_text is not None:
            self.option = QCheckBox(option_text.replace("&", "&&"))
            self.option.setChecked(option_on)
            layout.addWidget(self.option)
        layout.addSpacing(4)
        # With the dialog as parent, or the default button would be forgotten with the focus.
        buttons = QDialogButtonBox(self)
        self.yes = buttons.addButton(verb.replace("&", "&&"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.cancel = buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self.yes.setAutoDefault(False)
        self.cancel.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        self.cancel.setFocus()


def confirm(
    parent: QWidget | None,
    title: str,
    text: str,
    items: Sequence[str],
    verb: str,
    option_text: str | None = None,
    option_on: bool = False,
) -> Confirmation | None:
    """Ask, and wait for the answer; None means no.

    `items` are named one a line; `verb` is what the button says, like "Delete 3 jobs"; `option_text` adds a
    check box.
    """
    dialog = ConfirmDialog(parent, title, text, items, verb, option_text, option_on=option_on)
    try:
        if dialog.exec() != QDialog.DialogCode.Accepted:
            return None
        return Confirmation(option=dialog.option is not None and dialog.option.isChecked())
    finally:
        dialog.deleteLater()


def _list(items: Sequence[str]) -> QListView:
    view = QListView()
    view.setAccessibleName("What it will hit")
    view.setModel(QStringListModel([" ".join(item.split()) for item in items], view))
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    view.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
    view.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    view.setUniformItemSizes(True)
    view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    rows = min(len(items), ROWS_SHOWN)
    view.setFixedHeight(rows * max(view.sizeHintForRow(0), 18) + 2 * view.frameWidth() + 2)
    return view
