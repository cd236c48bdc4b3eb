"""The panel that shows and edits the values of one job or of several at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from farmgui.domain.errors import InvalidValue
from farmgui.domain.snapshots import JobRow
from farmgui.ui.editors.conflicts import conflicts
from farmgui.ui.editors.consequences import Consequences
from farmgui.ui.editors.elided_label import ElidedLabel
from farmgui.ui.editors.job_fields import JobFields
from farmgui.ui.editors.kept_edits import KeptEdits
from farmgui.ui.editors.value_editors import ValueEdit
from farmgui.ui.texts import many

CONSIDERED: Final = frozenset(
    {"priority", "weight", "minimum_agents", "maximum_agents", "cpus", "limits", "queue"}
)
"""Values whose change is worth a look at what would follow."""

_ENTER: Final = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})
_ESCAPE: Final = Qt.Key.Key_Escape


class JobPanel(QWidget):
    """Edits what `set_jobs` was given; nothing is changed before Apply, and then only what was touched.

    What the table's rows don't hold is read by whoever hears `values_wanted`, and handed to `set_values`.
    What was typed for other jobs stays until it is applied or thrown away.
    """

    change_asked = Signal(object, object)
    """The ids of the jobs (tuple of int), and the new values by name of the attribute."""
    values_wanted = Signal(object)
    """The ids of the jobs (tuple of int) that are shown now."""
    considered = Signal(object, object)
    """The ids of the jobs, and values that would change what runs; empty where there are none."""
    jobs_asked = Signal(object)
    """The ids of jobs (tuple of int) that are to be selected."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs: tuple[JobRow, ...] = ()
        self._considered: Mapping[str, object] = {}
        self._title = ElidedLabel(parent=self, bold=True)
        self._title.setObjectName("panelTitle")
        self._summary = ElidedLabel(parent=self)
        self._summary.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.kept = KeptEdits(self)
        self.consequences = Consequences(self)
        self._apply = QPushButton("Apply", self)
        self._apply.setToolTip("Change the job (Enter)")
        self._revert = QPushButton("Revert", self)
        self._revert.setToolTip("Show the stored values again")
        self.fields = JobFields(self)
        self._edits: dict[str, ValueEdit] = self.fields.edits
        self._layout = QStackedLayout()
        self._layout.addWidget(_nothing_selected())
        self._layout.addWidget(self._page())
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.kept)
        whole.addLayout(self._layout, 1)
        self._apply.clicked.connect(self.apply)
        self._revert.clicked.connect(self.revert)
        self.fields.edited.connect(self._check)
        self.kept.show_asked.connect(self.jobs_asked)
        self._check()

    def set_jobs(self, jobs: Sequence[JobRow]) -> None:
        """Show `jobs`; what was typed stays as long as they are the same jobs or some of them."""
        before, now = self.job_ids(), tuple(job.id for job in jobs)
        others = not now or not set(now) <= set(before)
        if others and before:
            self.kept.keep(before, self._title.text(), self.fields.typed())
        self._jobs = tuple(jobs)
        if others:
            self.fields.revert()
            self.consequences.clear()
        self._layout.setCurrentIndex(1 if jobs else 0)
        if jobs:
            self._title.say(many(len(jobs), "job") if len(jobs) > 1 else jobs[0].title)
            self.fields.show_rows(self._jobs, unread=set(now) != set(before))
            if others:
                self.fields.type_texts(self.kept.take(now))
            self.values_wanted.emit(now)
        self._check()

    def set_values(self, ids: Sequence[int], values: Sequence[Mapping[str, object]]) -> None:
        """Show the stored values of these jobs, if they are still those that are shown."""
        if tuple(ids) == self.job_ids() and values:
            self.fields.show_values(values)
            self._check()

    def job_ids(self) -> tuple[int, ...]:
        """The jobs that are shown."""
        return tuple(job.id for job in self._jobs)

    def changed_values(self) -> dict[str, object]:
        """The new values by name of the attribute, of the fields that were touched and are valid."""
        return {
            name: edit.value()
            for name, edit in self._edits.items()
            if edit.is_changed() and edit.problem() is None
        }

    def apply(self) -> None:
        """Ask for the changes; where a value is refused, go to its field instead."""
        problems = self._problems()
        for name, problem in problems.items():
            if problem:
                self.fields.go_to(name)
                return
        values = self.changed_values()
        if values:
            for name in values:
                self._edits[name].note_applied()
            self.change_asked.emit(self.job_ids(), values)

    def revert(self) -> None:
        """Show the stored values again."""
        self.fields.revert()
        self._check()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter applies, Escape takes back the field that has the focus."""
        if event.key() in _ENTER and self._apply.isEnabled():
            self.apply()
            return
        if event.key() == _ESCAPE and self._take_back_focused():
            return
        super().keyPressEvent(event)

    def _problems(self) -> dict[str, str]:
        """What is wrong with each field that was touched, and with two that don't go together."""
        found = {name: edit.problem() or "" for name, edit in self._edits.items()}
        for name, sentence in conflicts(self._whole_values()).items():
            if not found[name] and self._edits[name].is_changed():
                found[name] = sentence
        return found

    def _whole_values(self) -> dict[str, object]:
        values: dict[str, object] = {}
        for name, edit in self._edits.items():
            try:
                values[name] = edit.value() if edit.is_changed() else edit.stored()
            except InvalidValue:
                continue
        return values

    def _check(self) -> None:
        problems = self._problems()
        changed = {name for name, edit in self._edits.items() if edit.is_changed()}
        self.fields.tell(problems, changed)
        changes = len(changed)
        self._apply.setEnabled(bool(changes))
        self._revert.setEnabled(bool(changes))
        jobs = f" to {many(len(self._jobs), 'job')}" if len(self._jobs) > 1 else ""
        self._summary.say(f"{many(changes, 'change')}{jobs}" if changes else "")
        self._consider(changed if not any(problems.values()) else set())

    def _consider(self, changed: set[str]) -> None:
        values = {
            name: value for name, value in self.changed_values().items() if name in changed & CONSIDERED
        }
        if values != self._considered:
            self._considered = values
            self.consequences.clear()
            self.considered.emit(self.job_ids(), values)

    def _take_back_focused(self) -> bool:
        focused = QApplication.focusWidget()
        for edit in self._edits.values():
            if edit.widget is focused and edit.is_changed():
                edit.revert()
                return True
        return False

    def _page(self) -> QWidget:
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self.fields)
        page = QWidget(self)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(10, 8, 10, 0)
        head.addWidget(self._title)
        layout.addLayout(head)
        layout.addWidget(area, 1)
        layout.addWidget(self.consequences)
        layout.addLayout(self._buttons())
        return page

    def _buttons(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setContentsMargins(10, 6, 10, 8)
        foot.addWidget(self._summary, 1)
        foot.addWidget(self._revert)
        foot.addWidget(self._apply)
        return foot


def _nothing_selected() -> QLabel:
    label = QLabel("Select one job or several to see and change their values here.")
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setWordWrap(True)
    label.setMargin(24)
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    return label
