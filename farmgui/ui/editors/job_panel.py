"""The panel that shows and edits the values of one job or of several at once."""

from __future__ import annotations

from collections.abc import Sequence
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

from farmgui.domain.snapshots import JobRow
from farmgui.ui.editors.elided_label import ElidedLabel
from farmgui.ui.editors.field_note import FieldNote
from farmgui.ui.editors.form_grid import FormGrid
from farmgui.ui.editors.frames_field import FramesField
from farmgui.ui.editors.value_editors import ValueEdit
from farmgui.ui.editors.value_text import label_of

SECTIONS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("", ("title", "frames", "priority", "weight", "batch", "requeue")),
    ("Resources", ("cpus", "ram", "ram_warning", "ram_max", "minimum_agents", "maximum_agents")),
    ("Keeping", ("autodelete_time", "output_link", "notes")),
)
"""The fields of the panel by section, in order."""

_ENTER: Final = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})
_ESCAPE: Final = Qt.Key.Key_Escape
_NOTES_HEIGHT: Final = 76


class JobPanel(QWidget):
    """Edits what `set_jobs` was given; nothing is changed before Apply, and then only what was touched."""

    change_asked = Signal(object, object)
    """The ids of the jobs (tuple of int), and the new values by name of the column."""
    frames_asked = Signal(int, str)
    """A job's id and its new frame range."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs: tuple[JobRow, ...] = ()
        self._edits: dict[str, ValueEdit] = {}
        self._notes: dict[str, FieldNote] = {}
        self._title = ElidedLabel(parent=self, bold=True)
        self._title.setObjectName("panelTitle")
        self._summary = ElidedLabel(parent=self)
        self._summary.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._frames = FramesField(self)
        self._apply = QPushButton("Apply", self)
        self._apply.setToolTip("Change the job (Enter)")
        self._revert = QPushButton("Revert", self)
        self._revert.setToolTip("Show the stored values again")
        self._layout = QStackedLayout(self)
        self._layout.addWidget(_nothing_selected())
        self._layout.addWidget(self._page())
        self._apply.clicked.connect(self.apply)
        self._revert.clicked.connect(self.revert)
        self._frames.edited.connect(self._check)
        self._check()

    def set_jobs(self, jobs: Sequence[JobRow]) -> None:
        """Show `jobs`; what was typed stays as long as they are the same jobs or some of them."""
        before = {job.id for job in self._jobs}
        now = {job.id for job in jobs}
        self._jobs = tuple(jobs)
        if not now or not now <= before:
            self._forget()
        self._layout.setCurrentIndex(1 if jobs else 0)
        if jobs:
            self._show_values()
        self._check()

    def changed_values(self) -> dict[str, object]:
        """The new values by name of the column, of the fields that were touched and are valid."""
        return {
            name: edit.value()
            for name, edit in self._edits.items()
            if edit.is_changed() and edit.problem() is None
        }

    def apply(self) -> None:
        """Ask for the changes; where a value is refused, go to its field instead."""
        for widget, problem in self._problems():
            if problem is not None:
                widget.setFocus()
                return
        values = self.changed_values()
        if values:
            self.change_asked.emit(tuple(job.id for job in self._jobs), values)
        if self._frames.is_changed():
            self.frames_asked.emit(self._jobs[0].id, self._frames.text())

    def revert(self) -> None:
        """Show the stored values again."""
        self._forget()
        self._check()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter applies, Escape takes back the field that has the focus."""
        if event.key() in _ENTER and self._apply.isEnabled():
            self.apply()
            return
        if event.key() == _ESCAPE and self._take_back_focused():
            return
        super().keyPressEvent(event)

    def _show_values(self) -> None:
        first = self._jobs[0]
        several = len(self._jobs) > 1
        self._title.say(f"{len(self._jobs)} jobs" if several else first.title)
        for name, edit in self._edits.items():
            values = {getattr(job, name) for job in self._jobs}
            if len(values) == 1:
                edit.show_value(values.pop())
            else:
                edit.show_differing()
        if several:
            self._frames.show_several()
        else:
            self._frames.show_value(first.frames)

    def _problems(self) -> list[tuple[QWidget, str | None]]:
        found: list[tuple[QWidget, str | None]] = [
            (edit.widget, edit.problem()) for edit in self._edits.values()
        ]
        found.append((self._frames.line, self._frames.problem()))
        return found

    def _check(self) -> None:
        changes = 0
        for name, edit in self._edits.items():
            problem = edit.problem()
            self._notes[name].say(problem or "", "error")
            changed = edit.is_changed()
            changes += changed
            _mark(self._labels[name], changed)
        _mark(self._labels["frames"], self._frames.is_changed())
        changes += self._frames.is_changed()
        self._apply.setEnabled(bool(changes))
        self._revert.setEnabled(bool(changes))
        jobs = f"{len(self._jobs)} jobs" if len(self._jobs) > 1 else "this job"
        said = "1 change" if changes == 1 else f"{changes} changes"
        self._summary.say(f"{said} to {jobs}" if changes else "")

    def _forget(self) -> None:
        for edit in self._edits.values():
            edit.revert()
        self._frames.revert()

    def _take_back_focused(self) -> bool:
        focused = QApplication.focusWidget()
        for edit in self._edits.values():
            if edit.widget is focused and edit.is_changed():
                edit.revert()
                return True
        if focused is self._frames.line and self._frames.is_changed():
            self._frames.revert()
            return True
        return False

    def _page(self) -> QWidget:
        form = QWidget(self)
        grid = FormGrid(form)
        grid.setContentsMargins(10, 8, 10, 8)
        self._labels: dict[str, QLabel] = {}
        for title, names in SECTIONS:
            if title:
                grid.add_section(title)
            for name in names:
                self._add_field(grid, name)
        grid.setRowStretch(grid.rowCount(), 1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(form)
        page = QWidget(self)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(10, 8, 10, 0)
        head.addWidget(self._title)
        layout.addLayout(head)
        layout.addWidget(area, 1)
        layout.addLayout(self._buttons())
        return page

    def _buttons(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setContentsMargins(10, 6, 10, 8)
        foot.addWidget(self._summary, 1)
        foot.addWidget(self._revert)
        foot.addWidget(self._apply)
        return foot

    def _add_field(self, grid: FormGrid, name: str) -> None:
        if name == "frames":
            label = grid.add_field("Frames", self._frames.line, note=self._frames.note)
        else:
            edit = ValueEdit(name, self)
            edit.edited.connect(self._check)
            if name == "notes":
                edit.widget.setFixedHeight(_NOTES_HEIGHT)
            self._edits[name] = edit
            self._notes[name] = FieldNote(self)
            label = grid.add_field(label_of(name), edit.widget, note=self._notes[name])
        self._labels[name] = label


def _mark(label: QLabel, changed: bool) -> None:
    """A changed value's label is bold and dotted, so that it is seen without colours."""
    text = label.text().removesuffix(" •")
    label.setText(f"{text} •" if changed else text)
    font = label.font()
    if font.bold() != changed:
        font.setBold(changed)
        label.setFont(font)


def _nothing_selected() -> QLabel:
    label = QLabel("Select one job or several to see and change their values here.")
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setWordWrap(True)
    label.setMargin(24)
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    return label
