"""Completion of what is typed: of the whole line, or of the last word where words stand in a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QStringListModel, Qt
from PySide6.QtWidgets import QCompleter, QLineEdit

MEANING: Final = "  ·  "
"""Parts a word from what it means, which is shown and looked in, but not taken over."""


class WordCompleter(QCompleter):
    """Completes what stands after the last of the signs `between`; a "-" before it (without) stays."""

    def __init__(self, line: QLineEdit, between: str) -> None:
        super().__init__([], line)
        self._line = line
        self._between = between
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setMaxVisibleItems(8)

    def offer(self, words: Sequence[str]) -> None:
        """Offer these words."""
        model = self.model()
        if isinstance(model, QStringListModel) and model.stringList() != list(words):
            model.setStringList(list(words))

    def splitPath(self, path: str) -> list[str]:
        """What is looked for: the last word."""
        return [split_last(path, self._between)[1]]

    def pathFromIndex(self, index: QModelIndex | QPersistentModelIndex) -> str:
        """The line with the last word completed."""
        word = str(index.data()).partition(MEANING)[0]
        return split_last(self._line.text(), self._between)[0] + word


def split_last(text: str, between: str = ", ") -> tuple[str, str]:
    """What stands before the last word, a "-" included, and the word: ("gpu -", "slo")."""
    if not between:
        return "", text
    start = max(text.rfind(sign) for sign in between) + 1
    while start < len(text) and text[start] in " -":
        start += 1
    return text[:start], text[start:]


def complete_words(line: QLineEdit, words: Sequence[str], between: str = ", ") -> None:
    """Offer `words` while one types in `line`; between several of them stands one of the signs `between`."""
    completer = line.completer()
    if not isinstance(completer, WordCompleter):
        completer = WordCompleter(line, between)
        line.setCompleter(completer)
    completer.offer(words)
