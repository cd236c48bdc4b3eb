"""The page of the settings for what the program does from time to time."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from farmgui.config import MOST_DAYS, Settings
from farmgui.domain.periods import PERIODS, Period, periods
from farmgui.ui.dialogs.parts import plain_label, section

_MINUTE: Final = 60


class PeriodBox(QSpinBox):
    """A period in seconds where it may be that short, else in minutes."""

    def __init__(self, period: Period, seconds: float) -> None:
        super().__init__()
        self._unit = _MINUTE if period.least >= _MINUTE else 1
        self.setRange(round(period.least / self._unit), round(period.most / self._unit))
        self.setSuffix(" min" if self._unit == _MINUTE else " s")
        self.setValue(round(seconds / self._unit))

    def seconds(self) -> float:
        """The chosen period."""
        return float(self.value() * self._unit)


class UpkeepPage(QWidget):
    """How often the lead does what keeps the farm in order, and what becomes of old logs."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        chosen = periods(settings.periods)
        self.boxes = {period.name: PeriodBox(period, chosen[period.name]) for period in PERIODS}
        self.days = QSpinBox()
        self.days.setRange(0, MOST_DAYS)
        self.days.setSpecialValueText("never")
        self.days.setSuffix(" days")
        self.days.setValue(settings.compress_logs_after)
        layout = QVBoxLayout(self)
        layout.addWidget(section("How often"))
        layout.addWidget(
            plain_label("Done by the program that schedules the farm, beside its other work.", dim=True)
        )
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        for period in PERIODS:
            _add(form, period.title, self.boxes[period.name])
        layout.addLayout(form)
        layout.addWidget(section("Logs"))
        logs = QFormLayout()
        logs.setHorizontalSpacing(16)
        _add(logs, "Compress logs that are older than", self.days)
        layout.addLayout(logs)
        layout.addStretch(1)

    def put_into(self, settings: Settings) -> None:
        """Take what is chosen over into `settings`; usual periods aren't kept: they follow the program."""
        settings.periods = {
            period.name: self.boxes[period.name].seconds()
            for period in PERIODS
            if self.boxes[period.name].seconds() != period.seconds
        }
        settings.compress_logs_after = self.days.value()


def _add(form: QFormLayout, text: str, box: QSpinBox) -> None:
    label = QLabel(text)
    label.setBuddy(box)
    box.setAccessibleName(text)
    form.addRow(label, box)
