"""Says which machines can't see the files of a job, and lets a person map the path in place."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from farmgui.domain.sights import Question
from farmgui.domain.snapshots import SightRow
from farmgui.ui.background import Background
from farmgui.ui.dialogs.map_path import open_map_path
from farmgui.ui.editors.elided_label import plain_tip
from farmgui.ui.editors.field_note import FieldNote
from farmgui.ui.sight_feed import Seeing, SightFeed
from farmgui.ui.texts import listed, many

if TYPE_CHECKING:
    from farmgui.services.farm import Farm

MOST: Final = 3
"""Machines that are told one by one."""
_MOST_NAMED: Final = 40
_ASK_AFTER: Final = 400
"""Milliseconds."""
AGAIN_AFTER: Final = 61_000
"""Milliseconds; machines are asked the same once a minute at most."""
MAP: Final = "Map the path…"


class SightLine(QWidget):
    """Takes no room where no machine has joined the farm, or nothing is known."""

    map_asked = Signal(object)
    """The Seeing that is shown: a path in it is to be mapped."""
    changed = Signal()
    """It says something else, and may take more room."""

    def __init__(self, parent: QWidget | None = None, button: str = MAP) -> None:
        super().__init__(parent)
        self._seeing = Seeing()
        self.notes = [FieldNote(self) for _ in range(MOST)]
        self.rest = FieldNote(self)
        self.button = QPushButton(button, self)
        self.button.setAutoDefault(False)
        self.button.setToolTip(
            plain_tip("Say where these machines find the folder, if they name it differently")
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for note in (*self.notes, self.rest):
            layout.addWidget(note)
        layout.addSpacing(2)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self.button.clicked.connect(lambda: self.map_asked.emit(self._seeing))
        self.show_seeing(self._seeing)

    def show_seeing(self, seeing: Seeing) -> None:
        """Say what is known."""
        self._seeing = seeing
        blind = seeing.blind()
        for place, note in enumerate(self.notes):
            note.say(f"{blind[place].words}." if place < len(blind) else "", "warning")
        more = blind[MOST:]
        self.rest.say(*_rest(seeing, blind, more))
        self.rest.setToolTip(
            plain_tip(listed((row.hostname for row in more or seeing.silent()), _MOST_NAMED))
        )
        self.button.setVisible(bool(blind))
        self.setVisible(bool(blind or self.rest.text()))
        self.changed.emit()

    def seeing(self) -> Seeing:
        """What is shown."""
        return self._seeing

    def text(self) -> str:
        """All that is said, a line for each sentence."""
        return "\n".join(note.text() for note in (*self.notes, self.rest) if note.text())


class FarmSights(SightLine):
    """The line for the files of one job after the other: it asks the farm, and opens the dialog of a map.

    It asks the same again now and then, until it is told that there is nothing to be asked about.
    """

    def __init__(
        self, farm: Farm, background: Background, parent: QWidget | None = None, button: str = MAP
    ) -> None:
        super().__init__(parent, button)
        self._about: Hashable | None = None
        self._feed = SightFeed(farm, background, self)
        self._feed.told.connect(self.show_seeing)
        # Not while somebody types a path, or goes through a list of jobs.
        self._soon = QTimer(self, singleShot=True, interval=_ASK_AFTER)
        self._soon.timeout.connect(lambda: self._feed.ask())
        # A share is mounted, or a machine joins, while somebody looks.
        self._now_and_then = QTimer(self, interval=AGAIN_AFTER)
        self._now_and_then.timeout.connect(lambda: self._feed.ask(quietly=True))
        self._now_and_then.start()
        self.map_asked.connect(
            lambda seeing: open_map_path(farm, background, seeing, self.window(), self.ask_again)
        )

    def ask(self, about: Hashable | None, find: Callable[[], Question | None]) -> None:
        """Ask what `find` gives, off the GUI thread; nothing is done where `about` is the same as before.

        None: there is nothing to be asked about.
        """
        if about == self._about:
            return
        self._about = about
        self._feed.choose(None if about is None else find)
        self.show_seeing(Seeing())
        self._soon.start()

    def ask_again(self) -> None:
        """Ask the same once more, as after a path map was changed."""
        self._feed.ask()


def _rest(seeing: Seeing, blind: Sequence[SightRow], more: Sequence[SightRow]) -> tuple[str, str]:
    """The last line and its level: how many more can't see, or that all do, or that some don't answer."""
    silent = seeing.silent()
    if more:
        return f"And {len(more)} more.", "warning"
    if silent and seeing.waiting:
        what = f"Asking {_machines(silent)} whether they see the files…"
        return what if len(silent) > 1 else f"Asking {silent[0].hostname} whether it sees the files…", ""
    if silent:
        have = "hasn't" if len(silent) == 1 else "haven't"
        return f"{_machines(silent)} {have} answered whether the files are seen there.", "info"
    if blind or not seeing.rows:
        return "", ""
    if len(seeing.rows) == 1:
        return f"{seeing.rows[0].hostname} sees the files.", "done"
    return f"All {len(seeing.rows)} machines see the files.", "done"


def _machines(rows: Sequence[SightRow]) -> str:
    return rows[0].hostname if len(rows) == 1 else many(len(rows), "machine")
