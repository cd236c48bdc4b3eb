"""What was typed for other jobs and not applied yet: kept until it is applied or thrown away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from farmgui.ui.editors.field_note import FieldNote
from farmgui.ui.texts import many, one_line

Ids = tuple[int, ...]
_MOST = 50


@dataclass(frozen=True, slots=True)
class Kept:
    """The texts that were typed, by attribute, and whose they are in words."""

    name: str
    texts: Mapping[str, str]


class KeptEdits(QWidget):
    """A line that says which jobs have changes that aren't applied; hidden while there are none."""

    show_asked = Signal(object)
    """The ids of jobs (tuple of int) that are to be shown."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._kept: dict[Ids, Kept] = {}
        self.note = FieldNote(self)
        self.go = _button("Show", "Select the jobs whose changes are not applied", self)
        self.drop = _button("Discard", "Throw these changes away", self)
        self.go.clicked.connect(lambda: self.show_asked.emit(next(reversed(self._kept))))
        self.drop.clicked.connect(self._discard)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 4, 6, 0)
        layout.addWidget(self.note, 1)
        layout.addWidget(self.go)
        layout.addWidget(self.drop)
        self._tell()

    def keep(self, ids: Ids, name: str, texts: Mapping[str, str]) -> None:
        """Keep what was typed for these jobs."""
        if texts:
            self._kept.pop(ids, None)
            self._kept[ids] = Kept(name, dict(texts))
            for old in list(self._kept)[:-_MOST]:
                del self._kept[old]
        self._tell()

    def take(self, ids: Ids) -> Mapping[str, str]:
        """Give back what was typed for these jobs; it is kept no more."""
        kept = self._kept.pop(ids, None)
        self._tell()
        return kept.texts if kept is not None else {}

    def _discard(self) -> None:
        self._kept.popitem()
        self._tell()

    def _tell(self) -> None:
        self.setVisible(bool(self._kept))
        if self._kept:
            last = self._kept[next(reversed(self._kept))]
            text = f"{one_line(last.name, 40)}: {many(len(last.texts), 'change')} not applied"
            more = len(self._kept) - 1
            self.note.say(f"{text}, and {more:,} more" if more else text, "missing")


def _button(text: str, tip: str, parent: QWidget) -> QToolButton:
    button = QToolButton(parent)
    button.setObjectName("text_button")
    button.setText(text)
    button.setToolTip(tip)
    button.setAutoRaise(True)
    return button
