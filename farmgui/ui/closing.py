"""What becomes of running frames when the window closes: what is known already, else what a person says."""

from __future__ import annotations

from typing import get_args

from PySide6.QtWidgets import QWidget

from farmgui.config import Settings
from farmgui.domain.counts import TaskCounts
from farmgui.ui.dialogs.closing import Choice, ClosingAnswer, ask_closing


def closing_choice(
    window: QWidget, settings: Settings, tasks: TaskCounts, *, leads: bool
) -> ClosingAnswer | None:
    """The choice, asked for where the settings say so and frames run; None: the window stays open.

    A window that doesn't lead stops nothing by closing, whatever the choice is.
    """
    if not leads or not tasks.unfinished:
        return ClosingAnswer("stop")
    for choice in get_args(Choice):
        if choice == settings.on_close:
            return ClosingAnswer(choice)
    return ask_closing(window, tasks.active) if tasks.active else ClosingAnswer("stop")
