from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog
from pytestqt.qtbot import QtBot

from farmgui.config import Settings, read_settings
from farmgui.domain.jobtypes import JobTypeDefinition, Program
from farmgui.submission import programs
from farmgui.ui.background import Background
from farmgui.ui.dialogs.settings import SettingsDialog

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A renderer that tells its version."""
    path = tmp_path / "bin" / "tracer"
    path.parent.mkdir()
    path.write_text("#!/bin/sh\necho Tracer 7.5.1\n")
    path.chmod(0o755)
    return path


def definition(program: Path, name: str = "tracer") -> JobTypeDefinition:
    found = Program(
        (str(program.name),), (str(program),), ("--version",), r"Tracer (?P<version>\S+)", "Tracer"
    )
    return JobTypeDefinition(name, program=found, arguments=("{program}",))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "settings" / "settings.json")


@pytest.fixture
def dialog(
    qtbot: QtBot, settings: Settings, program: Path, background: Background
) -> Iterator[SettingsDialog]:
    types = [definition(program), JobTypeDefinition("command-line", arguments=("{*command}",))]
    made = SettingsDialog(settings, types, programs, None, background)
    qtbot.addWidget(made)
    made.show()
    yield made
    # A dialog without a parent belongs to Python: no other thread may be there to collect it as garbage.
    background.close()


def button(dialog: SettingsDialog, which: QDialogButtonBox.StandardButton):
    return dialog.findChild(QDialogButtonBox).button(which)


def test_programs_are_named_with_their_version(qtbot: QtBot, dialog: SettingsDialog, program: Path) -> None:
    assert [row.name for row in dialog.rows] == ["tracer"], "a type without a program has nothing to choose"
    qtbot.waitUntil(lambda: "version 7.5.1" in dialog.rows[0].words())
    assert str(program) in dialog.rows[0].words()
    assert "found automatically" in dialog.rows[0].words()
    assert not dialog.rows[0].automatic_button.isEnabled()


def test_another_program_is_chosen_and_taken_back(
    qtbot: QtBot, dialog: SettingsDialog, settings: Settings, program: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\necho Tracer 8.0\n")
    other.chmod(0o755)
    row = dialog.rows[0]
    qtbot.mouseClick(row.choose_button, LEFT)
    chooser = row.findChild(QFileDialog)
    chooser.selectFile(str(other))
    chooser.accept()
    qtbot.waitUntil(lambda: row.chosen == str(other))
    qtbot.waitUntil(lambda: "version 8.0" in row.words())
    qtbot.mouseClick(row.automatic_button, LEFT)
    assert row.chosen == ""
    row.set_chosen(str(other))
    qtbot.mouseClick(button(dialog, QDialogButtonBox.StandardButton.Ok), LEFT)
    assert read_settings(settings.file).chosen_programs == {"tracer": str(other)}


def test_a_chosen_program_that_is_gone_is_told(qtbot: QtBot, dialog: SettingsDialog) -> None:
    dialog.rows[0].set_chosen("/nowhere/tracer")
    assert "no program is there" in dialog.rows[0].words()


def test_ok_saves_everything(qtbot: QtBot, dialog: SettingsDialog, settings: Settings) -> None:
    qtbot.keyClick(dialog.keep_awake, Qt.Key.Key_Space)
    qtbot.keyClick(dialog.on_close, Qt.Key.Key_Down)
    qtbot.keyClick(dialog.appearance, Qt.Key.Key_Down)
    with qtbot.waitSignal(dialog.accepted):
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    stored = read_settings(settings.file)
    assert (stored.keep_awake, stored.on_close, stored.appearance) == (False, "background", "light")


def test_cancel_changes_nothing(qtbot: QtBot, dialog: SettingsDialog, settings: Settings) -> None:
    qtbot.keyClick(dialog.keep_awake, Qt.Key.Key_Space)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert settings.keep_awake is True
    assert not settings.file.exists()


def test_what_cannot_be_saved_is_told_and_keeps_the_dialog(
    qtbot: QtBot, dialog: SettingsDialog, settings: Settings
) -> None:
    settings.file.parent.write_text("a file where the folder should be")
    qtbot.mouseClick(button(dialog, QDialogButtonBox.StandardButton.Ok), LEFT)
    assert "can't be saved" in dialog.note.text()
    assert dialog.isVisible()
