"""Edits the farm's texts of notices: a subject and a text for each outcome of a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from farmgui.domain.notices import PLACES, TEMPLATES, check_template
from farmgui.domain.requirements import Outcome
from farmgui.ui.dialogs.parts import plain_label

_WORDS: Final = {
    Outcome.SUCCESS: "A job is done",
    Outcome.FAILURE: "A job failed",
    Outcome.DELETION: "A job was deleted",
}


class NoticeTexts(QWidget):
    """The texts by the names of TEMPLATES; a job type's own go before them."""

    def __init__(self, chosen: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts = {**TEMPLATES, **chosen}
        self.outcome = QComboBox()
        for outcome, words in _WORDS.items():
            self.outcome.addItem(words, outcome.value)
        self.subject = QLineEdit()
        self.subject.setAccessibleName("Subject")
        self.body = QPlainTextEdit()
        self.body.setAccessibleName("Text")
        self.body.setTabChangesFocus(True)
        self.body.setMinimumHeight(self.body.fontMetrics().lineSpacing() * 6)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.addRow("Text for", self.outcome)
        form.addRow("Subject", self.subject)
        form.addRow("Text", self.body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        layout.addWidget(plain_label(f"Filled in: {', '.join(f'${place}' for place in PLACES)}", dim=True))
        self._shown = ""
        self._show()
        self.outcome.currentIndexChanged.connect(self._show)

    def chosen(self) -> dict[str, str]:
        """Those that differ from the program's. Raises InvalidValue where one can't be filled in."""
        self._keep()
        return {
            name: check_template(name, text)
            for name, text in self._texts.items()
            if text.strip() and text != TEMPLATES[name]
        }

    def _keep(self) -> None:
        if self._shown:
            self._texts[f"{self._shown}_subject"] = self.subject.text()
            self._texts[f"{self._shown}_body"] = self.body.toPlainText()

    def _show(self) -> None:
        self._keep()
        self._shown = self.outcome.currentData()
        self.subject.setText(self._texts[f"{self._shown}_subject"])
        self.body.setPlainText(self._texts[f"{self._shown}_body"])
