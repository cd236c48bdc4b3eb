"""The question when the window closes while frames run: go on, finish what runs, or stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from farmgui.ui.dialogs.parts import heading, plain_label

Choice = Literal["background", "finish", "stop"]

CHOICES: Final[tuple[tuple[Choice, str, str], ...]] = (
    (
        "background",
        "&Go on in the background",
        "Everything that is queued is rendered without a window. The next start brings it back.",
    ),
    (
        "finish",
        "&Finish the running frames, then stop",
        "What runs comes to its end; nothing new starts before the next start.",
    ),
    (
        "stop",
        "&Stop now",
        "Running frames end at once and queue again; what they had rendered of a frame is lost.",
    ),
)
"""Each choice, its words and what follows from it."""


@dataclass(frozen=True, slots=True)
class ClosingAnswer:
    """What to do with the running frames; with `remember` the question isn't asked again."""

    choice: Choice
    remember: bool = False


class ClosingDialog(QDialog):
    """Offers the three ways; going on in the background, which loses nothing, is chosen at first."""

    def __init__(self, parent: QWidget | None, running: int) -> None:
        super().__init__(parent)
        self.setWindowTitle("Close the window")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(4)
        layout.addWidget(heading(_words(running)))
        layout.addSpacing(8)
        self.radios: dict[Choice, QRadioButton] = {}
        group = QButtonGroup(self)
        for choice, words, follows in CHOICES:
            radio = QRadioButton(words)
            radio.setAccessibleDescription(follows)
            group.addButton(radio)
            layout.addWidget(radio)
            said = plain_label(follows, dim=True)
            said.setContentsMargins(24, 0, 0, 6)
            said.setMinimumWidth(420)
            layout.addWidget(said)
            self.radios[choice] = radio
        self.radios["background"].setChecked(True)
        layout.addSpacing(4)
        self.remember = QCheckBox("&Don't ask again (Settings can bring the question back)")
        layout.addWidget(self.remember)
        layout.addSpacing(8)
        # With the dialog as parent, or the default button would be forgotten with the focus.
        buttons = QDialogButtonBox(self)
        self.close_button = buttons.addButton("&Close the window", QDialogButtonBox.ButtonRole.AcceptRole)
        self.cancel = buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self.close_button.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        self.radios["background"].setFocus()

    def answer(self) -> ClosingAnswer:
        """What is chosen now."""
        chosen = next(choice for choice, radio in self.radios.items() if radio.isChecked())
        return ClosingAnswer(chosen, remember=self.remember.isChecked())


def ask_closing(parent: QWidget | None, running: int) -> ClosingAnswer | None:
    """Ask what becomes of `running` frames, and wait for the answer; None: the window stays open."""
    dialog = ClosingDialog(parent, running)
    try:
        if dialog.exec() != QDialog.DialogCode.Accepted:
            return None
        return dialog.answer()
    finally:
        dialog.deleteLater()


def _words(running: int) -> str:
    if running == 1:
        return "One frame is being rendered. What should become of it?"
    if running:
        return f"{running:,} frames are being rendered. What should become of them?"
    return "Frames are queued. What should become of them?"
