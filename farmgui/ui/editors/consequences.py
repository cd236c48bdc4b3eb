"""What would follow from what was typed: who would get more, who less, and when it would be done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from farmgui.domain.explanations import Effect
from farmgui.ui.dialogs.parts import plain_label
from farmgui.ui.item_models.expected_column import soon
from farmgui.ui.texts import many, one_line

_MOST: Final = 4
"""Other jobs that are named; the rest is counted."""


class Consequences(QWidget):
    """A heading and a line for each job that it would touch; hidden while there is nothing to say."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._head = QLabel("If you apply this", self)
        self._head.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._said = plain_label(parent=self)
        self._said.setAccessibleName("What would follow")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 6, 10, 0)
        layout.setSpacing(2)
        layout.addWidget(self._head)
        layout.addWidget(self._said)
        self.hide()

    def say(self, lines: Sequence[str]) -> None:
        """Show these lines."""
        self._said.setText("\n".join(lines))
        self.setVisible(bool(lines))

    def text(self) -> str:
        """The lines that are shown."""
        return self._said.text()

    def clear(self) -> None:
        """Nothing is known to follow."""
        self._said.setText("")
        self.hide()


def effect_lines(ids: Collection[int], effects: Sequence[Effect]) -> list[str]:
    """What would change, in words: first for the jobs `ids` themselves, then for those that it touches."""
    own = [effect for effect in effects if effect.job_id in ids]
    others = [effect for effect in effects if effect.job_id not in ids and _differs(effect)]
    lines = [_line(effect, named=len(own) > 1) for effect in own if _differs(effect)]
    if not lines and not others:
        return ["Nothing would change right now."]
    others.sort(key=lambda effect: abs(effect.cpus_after - effect.cpus_before), reverse=True)
    lines += [_line(effect, named=True) for effect in others[:_MOST]]
    if len(others) > _MOST:
        lines.append(f"… and {many(len(others) - _MOST, 'more job')}")
    return lines


def _differs(effect: Effect) -> bool:
    return effect.cpus_before != effect.cpus_after or soon(effect.finish_before) != soon(effect.finish_after)


def _line(effect: Effect, *, named: bool) -> str:
    parts = []
    if effect.cpus_before != effect.cpus_after:
        parts.append(f"{effect.cpus_after:,} instead of {many(effect.cpus_before, 'cpu')}")
    before, after = soon(effect.finish_before), soon(effect.finish_after)
    if before != after:
        parts.append(
            f"done {after or 'nobody knows when'} instead of {before}" if before else f"done {after}"
        )
    text = ", ".join(parts)
    return f"{one_line(effect.title, 40)}: {text}" if named else f"{text[:1].upper()}{text[1:]}"
