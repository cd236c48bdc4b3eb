"""The settings: programs and this machine, how people are told, what is done from time to time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QFrame,
    QLabel,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from farmgui.config import APPEARANCES, Settings
from farmgui.domain.errors import FarmError, InvalidValue
from farmgui.domain.jobtypes import JobTypeDefinition
from farmgui.ui.background import Background
from farmgui.ui.dialogs.notification_page import NotificationPage
from farmgui.ui.dialogs.parts import plain_label, section
from farmgui.ui.dialogs.program_row import ProgramRow, Programs
from farmgui.ui.dialogs.upkeep_page import UpkeepPage
from farmgui.ui.editors.field_note import FieldNote

ON_CLOSE_WORDS: Final = {
    "ask": "Ask what becomes of them",
    "background": "Go on in the background",
    "finish": "Finish the running frames, then stop",
    "stop": "Stop now",
}
APPEARANCE_WORDS: Final = {"dark": "Dark", "light": "Light", "system": "As the system"}


class SettingsDialog(QDialog):
    """Changes `settings` and saves them on OK; `accepted` tells the window to take them on.

    `background` is asked for the versions of programs, which can take seconds; without it none are shown.
    """

    def __init__(
        self,
        settings: Settings,
        job_types: Iterable[JobTypeDefinition],
        programs: Programs,
        parent: QWidget | None = None,
        background: Background | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self._settings = settings
        self.rows = [
            ProgramRow(item, item.program, settings.chosen_programs.get(item.name, ""), programs, background)
            for item in job_types
            if item.program is not None
        ]
        self.keep_awake = QCheckBox("Keep this &machine awake while work is queued or running")
        self.keep_awake.setChecked(settings.keep_awake)
        self.on_close = _combo(ON_CLOSE_WORDS, settings.on_close)
        self.appearance = _combo({name: APPEARANCE_WORDS[name] for name in APPEARANCES}, settings.appearance)
        self.notifications = NotificationPage(settings, background)
        self.upkeep = UpkeepPage(settings)
        self.pages = QTabWidget()
        self.note = FieldNote()
        self._lay_out()
        self.resize(720, min(620, self.sizeHint().height()))

    def accept(self) -> None:
        """Save, and close only when that went well."""
        try:
            self.notifications.put_into(self._settings)
        except InvalidValue as error:
            self.pages.setCurrentWidget(self.notifications)
            self.note.say(str(error), "error")
            return
        self.upkeep.put_into(self._settings)
        self._settings.chosen_programs = {
            **self._settings.chosen_programs,
            **{row.name: row.chosen for row in self.rows},
        }
        self._settings.chosen_programs = {
            name: path for name, path in self._settings.chosen_programs.items() if path
        }
        self._settings.keep_awake = self.keep_awake.isChecked()
        self._settings.on_close = self.on_close.currentData()
        self._settings.appearance = self.appearance.currentData()
        try:
            self._settings.save()
        except FarmError as error:
            self.note.say(str(error), "error")
            return
        super().accept()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(10)
        for page, title in (
            (self._general(), "&General"),
            (self.notifications, "&Notifications"),
            (self.upkeep, "Up&keep"),
        ):
            self.pages.addTab(page, title)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.note)
        # With the dialog as parent, or the default button would be forgotten with the focus.
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        buttons.button(QDialogButtonBox.StandardButton.Ok).setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)

    def _general(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setSpacing(10)
        layout.addWidget(section("Programs"))
        layout.addWidget(plain_label("What renders each type of job on this machine.", dim=True))
        layout.addWidget(self._programs(), 1)
        layout.addWidget(section("This machine"))
        layout.addWidget(self.keep_awake)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        for text, combo in (
            ("&When the window closes while frames run", self.on_close),
            ("&Appearance", self.appearance),
        ):
            label = QLabel(text)
            label.setBuddy(combo)
            form.addRow(label, combo)
        layout.addLayout(form)
        return page

    def _programs(self) -> QWidget:
        inner = QWidget()
        form = QFormLayout(inner)
        form.setContentsMargins(0, 4, 8, 0)
        form.setHorizontalSpacing(16)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        for row in self.rows:
            label = plain_label(row.title)
            label.setBuddy(row.choose_button)
            form.addRow(label, row)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(inner)
        return area


def _combo(words: dict[str, str], current: str) -> QComboBox:
    combo = QComboBox()
    for value, text in words.items():
        combo.addItem(text, value)
    combo.setCurrentIndex(max(0, combo.findData(current)))
    return combo
