"""The program with its window, in the test's own process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from farmgui.app import make_lead, open_farm, sample_draft
from farmgui.config import read_config, read_settings
from farmgui.ui.program import Program
from farmgui.ui.style import apply_style


@pytest.fixture
def program(qtbot: QtBot, qapp: QApplication) -> Iterator[Program]:
    config = read_config()
    settings = read_settings(config.settings_file)
    apply_style(qapp, "dark")
    farm = open_farm(config, settings)
    program = Program(config, settings, farm, make_lead, sample_draft, lambda _finish: None)
    program.start(sample=False)
    qtbot.waitExposed(program.window)
    try:
        yield program
    finally:
        settings.on_close = "stop"
        program.window.close()
        program.end()
        program.window.deleteLater()
