"""The status bar: the farm in one sentence, who schedules, and whether the machine is kept awake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QStatusBar, QWidget

from farmgui.domain.snapshots import FarmSummary
from farmgui.ui.texts import many, number

if TYPE_CHECKING:
    from farmgui.services.lead import Leading

_NOBODY: Final = "Nobody schedules: nothing new will start."


class FarmStatusBar(QStatusBar):
    """What `set_farm` and `set_lead` were told last, in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._summary: FarmSummary | None = None
        self._leading: Leading | None = None
        self._farm = _label()
        self._farm.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._awake = _label()
        self._lead = _label()
        self.addWidget(self._farm, 1)
        self.addPermanentWidget(self._awake)
        self.addPermanentWidget(self._lead)

    def sentence(self) -> str:
        """Everything that the bar says now."""
        return " ".join(label.text() for label in (self._farm, self._awake, self._lead) if label.text())

    def set_farm(self, summary: FarmSummary) -> None:
        """Say the farm in one sentence."""
        if summary != self._summary:
            self._summary = summary
            self._farm.setText(farm_sentence(summary))
            self._say_lead()

    def set_lead(self, leading: Leading | None) -> None:
        """Say this program's part; None where the caller knows nothing of it."""
        if leading != self._leading:
            self._leading = leading
            self._say_lead()

    def _say_lead(self) -> None:
        self._lead.setText(lead_sentence(self._summary, self._leading))
        self._lead.setToolTip(_lead_tip(self._summary))
        awake = self._leading is not None and self._leading.keeps_awake
        self._awake.setText("Keeps this machine awake." if awake else "")
        self._awake.setVisible(awake)


def farm_sentence(summary: FarmSummary) -> str:
    """ "3 jobs, 120 frames to go, 2 of 16 cores busy on 1 agent." """
    tasks = summary.tasks
    if not summary.jobs:
        parts = ["No jobs"]
    elif not tasks.unfinished:
        parts = [f"{many(summary.jobs, 'job')}, nothing left to render"]
    else:
        left = many(tasks.unfinished, "frame")
        parts = [many(summary.jobs, "job"), f"{left} to go, {number(tasks.active)} running"]
    if summary.failed_jobs:
        parts.append(f"{many(summary.failed_jobs, 'job')} failed")
    parts.append(_agents(summary))
    return ", ".join(parts) + "."


def _agents(summary: FarmSummary) -> str:
    if not summary.agents_online:
        return "no agent online" if summary.agents else "no agent yet"
    busy = f"{number(summary.cpus_in_use)} of {many(summary.cpus, 'core')} busy"
    if summary.agents == 1:
        return busy
    return f"{busy} on {summary.agents_online} of {many(summary.agents, 'agent')}"


def lead_sentence(summary: FarmSummary | None, leading: Leading | None) -> str:
    """Who schedules, in a sentence."""
    if leading is not None and leading.leads:
        return "Finishing: nothing new starts." if leading.draining else "This window schedules."
    lead = None if summary is None else summary.lead
    if lead is None:
        about_to = leading is not None and not leading.begun
        return "" if summary is None or about_to else _NOBODY
    if lead.is_me:
        return "This window schedules."
    if lead.kind == "window":
        return "Another window leads: this one shows and commands."
    return "A run without a window leads: this window shows and commands."


def _lead_tip(summary: FarmSummary | None) -> str:
    lead = None if summary is None else summary.lead
    return "" if lead is None else f"The lead is process {lead.pid} on {lead.hostname}."


def _label() -> QLabel:
    label = QLabel("Words", textFormat=Qt.TextFormat.PlainText)
    label.setContentsMargins(8, 2, 8, 3)
    # As high as with words: else the first ones would have all tables laid out and painted anew.
    label.setMinimumHeight(label.sizeHint().height())
    label.clear()
    return label
