"""The jobs: a filter above, the table, or what to do on a farm that never had one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from farmgui.domain.explanations import Expected
from farmgui.domain.snapshots import JobRow
from farmgui.ui.icons import icon
from farmgui.ui.item_models.expected_column import expected_column
from farmgui.ui.item_models.job_columns import JOB_COLUMNS
from farmgui.ui.item_models.rows_model import RowsModel
from farmgui.ui.job_filter import job_filter
from farmgui.ui.palette import Colours
from farmgui.ui.texts import many, number
from farmgui.ui.views.first_start import FirstStart
from farmgui.ui.views.table import TableView

_EXPECTED_AT = 7
"""Behind the counts of tasks."""
_NO_JOBS = "No jobs. Drop a scene here, or submit one with Ctrl+O."
_NO_MATCH = "No job matches the filter. Press Esc in it to show all."


class JobsView(QWidget):
    """Shows the rows that `update_jobs` is given; `on_edit` gets what is typed into a cell."""

    def __init__(
        self,
        colours: Colours,
        on_edit: Callable[[JobRow, str, object], None],
        parent: QWidget | None = None,
        *,
        sample: bool = True,
    ) -> None:
        super().__init__(parent)
        self._expected: Mapping[int, Expected] = {}
        self._then: Callable[[], None] | None = None
        """What is to be done when the rows are filtered."""
        self.model = RowsModel(
            (*JOB_COLUMNS[:_EXPECTED_AT], expected_column(self.expected), *JOB_COLUMNS[_EXPECTED_AT:]),
            lambda job: job.id,
            self,
            is_live=lambda job: job.time_started is not None and job.time_finished is None,
            on_edit=on_edit,
        )
        self.table = _table(self.model)
        self.model.arranged.connect(self._tell_arranged)
        self.filter = _FilterEdit()
        self._glass = QAction(self)
        self.filter.addAction(self._glass, QLineEdit.ActionPosition.LeadingPosition)
        self.count = QLabel(textFormat=Qt.TextFormat.PlainText)
        self._hidden: dict[int, JobRow] = {}
        self.show_hidden = QCheckBox(self)
        self.show_hidden.hide()
        self.show_hidden.setToolTip("Hidden jobs are neither shown nor started until they are unhidden")
        self.show_hidden.toggled.connect(self._show_hidden)
        self.first_start = FirstStart(colours, sample=sample)
        self._soon = QTimer(self, singleShot=True, interval=120)
        self._soon.timeout.connect(self._apply_filter)
        self.filter.textChanged.connect(self._soon.start)
        self.filter.returnPressed.connect(self._go_to_table)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._page())
        self._stack.addWidget(self.first_start)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        self.set_colours(colours)

    def update_jobs(self, jobs: Sequence[JobRow], gone: Collection[Hashable] = ()) -> None:
        """Show what is new; hidden jobs only where the box says so."""
        hidden = {job.id: job for job in jobs if job.hidden}
        for key in (*gone, *(job.id for job in jobs)):
            self._hidden.pop(key, None)  # type: ignore[call-overload]  # Keys of jobs are numbers.
        self._hidden.update(hidden)
        if hidden and not self.show_hidden.isChecked():
            jobs, gone = [job for job in jobs if not job.hidden], (*gone, *hidden)
        self.model.update_rows(jobs, gone)
        self.show_hidden.setText(f"Show {number(len(self._hidden))} &hidden")
        self.show_hidden.setVisible(bool(self._hidden))
        if jobs:
            self.show_first_start(shown=False)
        self._say_count()

    def _show_hidden(self) -> None:
        if self.show_hidden.isChecked():
            self.model.update_rows(list(self._hidden.values()))
        else:
            self.model.update_rows((), self._hidden.keys())
        self._say_count()

    def set_expected(self, expected: Mapping[int, Expected]) -> None:
        """Show when jobs will probably be done, by their number."""
        if expected is not self._expected:
            self._expected = expected
            self.table.paint_rows()

    def expected(self, job_id: int) -> Expected | None:
        """When a job will probably be done; None where nothing is known of it."""
        return self._expected.get(job_id)

    def show_first_start(self, *, shown: bool) -> None:
        """Say what to do next, in the place of an empty table."""
        self._stack.setCurrentIndex(1 if shown else 0)

    def is_first_start(self) -> bool:
        """Whether it says what to do next."""
        return self._stack.currentIndex() == 1

    def focus_filter(self) -> None:
        """Put the cursor into the filter."""
        self.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter.selectAll()

    def select(self, job_ids: Sequence[int]) -> None:
        """Select these jobs, in spite of a filter."""
        if all(self.model.place_of(job_id) is not None for job_id in job_ids):
            self.table.select_keys(job_ids)
            return
        self.filter.clear()
        self._then = lambda: self.table.select_keys(job_ids)
        self._apply_filter()

    def set_colours(self, colours: Colours) -> None:
        """Paint in another appearance."""
        self.model.set_colours(colours)
        self._glass.setIcon(icon("search", colours))
        self.first_start.set_colours(colours)

    def _page(self) -> QWidget:
        page = QWidget()
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 6, 10, 6)
        bar.setSpacing(10)
        bar.addWidget(self.filter)
        bar.addWidget(self.count)
        bar.addStretch()
        bar.addWidget(self.show_hidden)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.table)
        return page

    def _apply_filter(self) -> None:
        self._soon.stop()
        self.model.set_filter(job_filter(self.filter.text()))

    def _tell_arranged(self) -> None:
        self.table.set_empty_text(_NO_MATCH if self.model.total() else _NO_JOBS)
        self._say_count()
        then, self._then = self._then, None
        if then is not None:
            then()

    def _say_count(self) -> None:
        shown, total = self.model.rowCount(), self.model.total()
        if not total:
            self.count.setText("")
        elif shown == total:
            self.count.setText(many(total, "job"))
        else:
            self.count.setText(f"{number(shown)} of {many(total, 'job')}")

    def _go_to_table(self) -> None:
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        self._then = self._select_first
        self._apply_filter()

    def _select_first(self) -> None:
        if self.model.rowCount() and not self.table.selectionModel().hasSelection():
            self.table.select_keys([self.model.row_at(0).id])


def _table(model: RowsModel[JobRow]) -> TableView[JobRow]:
    table = TableView(model)
    table.setObjectName("jobs")
    table.setAccessibleName("Jobs")
    table.set_empty_text(_NO_JOBS)
    table.sort_by("id", descending=True)
    return table


class _FilterEdit(QLineEdit):
    """The filter's field: Esc empties it, no drop goes into it."""

    def __init__(self) -> None:
        super().__init__(placeholderText="Filter by title, user or state", clearButtonEnabled=True)
        self.setAccessibleName("Filter the jobs")
        self.setToolTip(
            "Words that occur in a job's title, group, user, state, type or queue, or #7 for job 7;\n"
            "a word with - before it leaves jobs out (Ctrl+F)"
        )
        self.setAcceptDrops(False)
        self.setMinimumWidth(160)
        self.setMaximumWidth(360)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
        else:
            super().keyPressEvent(event)
