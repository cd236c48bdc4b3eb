"""The fields of all values of a job, in sections that fold: the everyday ones open, the rest behind."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QLabel, QScrollArea, QWidget

from farmgui.domain.attributes import JOB_ATTRIBUTES, SUBMISSION_ONLY
from farmgui.domain.snapshots import JobRow
from farmgui.ui.editors.field_note import FieldNote
from farmgui.ui.editors.form_grid import FormGrid
from farmgui.ui.editors.frames_edit import FramesEdit
from farmgui.ui.editors.section import Section
from farmgui.ui.editors.value_editors import ValueEdit
from farmgui.ui.editors.value_text import label_of

UNFOLDED: Final = frozenset({"Job", "Order", "Resources"})
"""The sections that are open at first."""
MOST_READ: Final = 500
"""Of more jobs than these, what rows don't hold isn't read: it is taken to differ."""
_LINES_HEIGHT: Final = 76
_LEAST_WIDTH: Final = 72
_ALONE: Final = "It is changed for one job at a time."


class JobFields(QWidget):
    """One editor for each attribute. What is wrong with them, `tell` is told."""

    edited = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.edits: dict[str, ValueEdit] = {}
        self.notes: dict[str, FieldNote] = {}
        self.sections: dict[str, Section] = {}
        self._labels: dict[str, QLabel] = {}
        self._section_of: dict[str, Section] = {}
        self._grid = FormGrid(self)
        self._grid.setContentsMargins(10, 4, 10, 8)
        for name, attribute in JOB_ATTRIBUTES.items():
            if name not in SUBMISSION_ONLY:
                self._add(name, self._section(attribute.section))
        self._grid.setRowStretch(self._grid.rowCount(), 1)

    def show_rows(self, jobs: Sequence[JobRow], *, unread: bool) -> None:
        """Show what the rows hold; with `unread`, the other values are not known yet."""
        several = len(jobs) > 1
        for name, edit in self.edits.items():
            if hasattr(jobs[0], name) and name in _IN_ROWS:
                _show(edit, [getattr(job, name) for job in jobs])
            elif unread and len(jobs) > MOST_READ:
                edit.show_differing()
            elif unread:
                edit.show_unread()
            alone = several and not JOB_ATTRIBUTES[name].several
            edit.widget.setEnabled(not alone)
            if alone:
                edit.revert()

    def show_values(self, values: Sequence[Mapping[str, object]]) -> None:
        """Show the stored values of all jobs that are shown."""
        for name, edit in self.edits.items():
            if all(name in one for one in values):
                _show(edit, [one[name] for one in values])

    def unfolded(self) -> frozenset[str]:
        """The titles of the sections that are open."""
        return frozenset(title for title, section in self.sections.items() if section.isChecked())

    def unfold(self, titles: Collection[str] | None) -> None:
        """Open these sections and fold the others; None: as at first."""
        wanted = UNFOLDED if titles is None else titles
        for title, section in self.sections.items():
            section.setChecked(title in wanted)

    def offer(self, words: Mapping[str, Sequence[str]]) -> None:
        """Complete what is typed, by the name of the attribute."""
        for name, offered in words.items():
            if name in self.edits:
                self.edits[name].offer(offered)

    def typed(self) -> dict[str, str]:
        """What was typed and isn't stored, by the name of the attribute."""
        return {name: edit.text() for name, edit in self.edits.items() if edit.is_changed()}

    def type_texts(self, texts: Mapping[str, str]) -> None:
        """Put texts into fields as if they had been typed."""
        for name, text in texts.items():
            self.edits[name].type_text(text)

    def revert(self) -> None:
        """Throw away what was typed; who asks for it looks at the fields once, not after each of them."""
        blocked = self.blockSignals(True)  # noqa: FBT003 - Qt's signature.
        for edit in self.edits.values():
            edit.revert()
        self.blockSignals(blocked)

    def tell(self, problems: Mapping[str, str], changed: set[str]) -> None:
        """Say what is wrong beside each field, and mark what is changed; a section with either unfolds."""
        counts = dict.fromkeys(self.sections.values(), 0)
        for name, edit in self.edits.items():
            problem, section = problems.get(name, ""), self._section_of[name]
            if problem:
                section.setChecked(True)
            self.notes[name].say(problem or self._remark(edit), "error" if problem else "")
            if not section.isChecked():
                self.notes[name].hide()
            _mark(self._labels[name], name in changed)
            counts[section] += name in changed
        for section, count in counts.items():
            section.tell(f"• {count} changed" if count else "")

    def go_to(self, name: str) -> None:
        """Put the cursor into a field, wherever it is."""
        self._section_of[name].setChecked(True)
        widget = self.edits[name].widget
        widget.setFocus()
        area = self._area()
        if area is not None:
            # What was unfolded has its place only after this event.
            QTimer.singleShot(0, self, lambda: area.ensureWidgetVisible(widget))

    def _area(self) -> QScrollArea | None:
        parent = self.parentWidget()
        found = parent.parentWidget() if parent is not None else None
        return found if isinstance(found, QScrollArea) else None

    def _remark(self, edit: ValueEdit) -> str:
        if not edit.widget.isEnabled():
            return _ALONE
        return edit.widget.words() if isinstance(edit.widget, FramesEdit) else ""

    def _section(self, title: str) -> Section:
        section = self.sections.get(title)
        if section is None:
            section = Section(title, self, unfolded=title in UNFOLDED)
            self._grid.add_wide(section)
            self.sections[title] = section
        return section

    def _add(self, name: str, section: Section) -> None:
        edit = ValueEdit(name, self)
        edit.edited.connect(self.edited)
        # The words of special values would make the panel wider than its dock.
        edit.widget.setMinimumWidth(_LEAST_WIDTH)
        if JOB_ATTRIBUTES[name].lines:
            edit.widget.setFixedHeight(_LINES_HEIGHT)
        self.edits[name] = edit
        self.notes[name] = FieldNote(self)
        label = self._grid.add_field(label_of(name), edit.widget, note=self.notes[name])
        label.setToolTip(edit.widget.toolTip())
        self._labels[name] = label
        self._section_of[name] = section
        section.add(label, edit.widget, self.notes[name])


_IN_ROWS: Final = frozenset(JobRow.__dataclass_fields__) - {"queue", "user", "group", "tags"}
"""What a row of the table holds as the attribute has it."""


def _show(edit: ValueEdit, values: list[object]) -> None:
    if all(value == values[0] for value in values[1:]):
        edit.show_value(values[0])
    else:
        edit.show_differing()


def _mark(label: QLabel, changed: bool) -> None:
    """A changed value's label is bold and dotted, so that it is seen without colours."""
    text = label.text().removesuffix(" •")
    label.setText(f"{text} •" if changed else text)
    font = label.font()
    if font.bold() != changed:
        font.setBold(changed)
        label.setFont(font)
