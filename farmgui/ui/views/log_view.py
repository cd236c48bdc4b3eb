"""The log of the selected task's attempt: live, with search, of any size."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from farmgui.domain.errors import FarmError
from farmgui.domain.snapshots import AttemptRow, TaskRow
from farmgui.domain.states import OPEN_ATTEMPTS
from farmgui.ui.background import Background, Lane, Outcome
from farmgui.ui.icons import icon
from farmgui.ui.item_models.task_columns import task_name
from farmgui.ui.palette import Colours
from farmgui.ui.texts import duration, one_line, plain_tip, runtime
from farmgui.ui.views.log_edit import LogEdit
from farmgui.ui.views.log_reader import LogReader

if TYPE_CHECKING:
    from farmgui.services.farm import Farm

_FOLLOW_MS: Final = 400


class LogView(QWidget):
    """Shows the newest attempt of a task, or the one chosen. `titled` says whose log it is, as a title."""

    titled = Signal(str)
    failed = Signal(str)

    def __init__(
        self, farm: Farm, background: Background, colours: Colours, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._farm = farm
        self._background = background
        self._task: TaskRow | None = None
        self._attempts: list[AttemptRow] = []
        self._shown: int | None = None
        self._searching_back = False
        self.reader = LogReader(farm, background, self)
        self.edit = LogEdit(colours)
        self._make_bar()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._bar)
        layout.addWidget(self.edit)
        self._timer = QTimer(self, interval=_FOLLOW_MS)
        self._timer.timeout.connect(self._follow)
        self._mark_soon = QTimer(self, singleShot=True, interval=150)
        self._mark_soon.timeout.connect(self._mark)
        self._connect()
        self.set_colours(colours)
        self._say_nothing()

    def set_colours(self, colours: Colours) -> None:
        """Paint in another appearance."""
        self.edit.set_colours(colours)
        self.previous.setIcon(icon("up", colours))
        self.next.setIcon(icon("down", colours))
        self.outside.setIcon(icon("open", colours))

    def show_task(self, task: TaskRow | None) -> None:
        """Show the log of `task`; what was chosen of its attempts stays while it is the same task."""
        before, self._task = self._task, task
        if task is None:
            self._take_attempts(0, [])
            self._say_nothing()
            return
        if before is None or before.id != task.id:
            self._attempts = []
            self.titled.emit(f"Log of {task_name(task)} of {one_line(task.job_title, 60)}")
        if before is None or _story(before) != _story(task):
            self._read_attempts(task.id)

    def focus_search(self) -> None:
        """Put the cursor into the search field."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def find_match(self, *, backward: bool) -> None:
        """Go to the next match, or to the one before."""
        self._find(backward=backward)

    def find_next(self) -> None:
        """Go to the next match, from the end on to the beginning."""
        self._find(backward=False)

    def find_previous(self) -> None:
        """Go to the match before; what is not loaded yet is searched too."""
        self._find(backward=True)

    def showEvent(self, event: QShowEvent) -> None:
        """Follow while it is visible."""
        super().showEvent(event)
        self._timer.start()
        self._follow()

    def hideEvent(self, event: QHideEvent) -> None:
        """Read nothing while nobody looks."""
        super().hideEvent(event)
        self._timer.stop()

    def _make_bar(self) -> None:
        self._bar = QWidget()
        self.attempts = QComboBox()
        self.attempts.setToolTip("The runs of this task; earlier logs stay")
        self.attempts.setAccessibleName("Attempt")
        self.attempts.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.attempts.setMinimumContentsLength(19)
        self.attempts.setPlaceholderText("No attempt")
        self.search = QLineEdit(placeholderText="Search", clearButtonEnabled=True)
        self.search.setAccessibleName("Search the log")
        self.search.setAcceptDrops(False)
        self.found = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.previous = _button("Previous match (Shift+F3)")
        self.next = _button("Next match (F3)")
        self.follow = _button("Keep the last line in view")
        self.follow.setText("Follow")
        self.follow.setCheckable(True)
        self.follow.setChecked(True)
        self.outside = _button("Open the log file in another program")
        layout = QHBoxLayout(self._bar)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(4)
        layout.addWidget(self.attempts, 3)
        layout.addWidget(self.search, 1)
        for widget in (self.found, self.previous, self.next, self.follow, self.outside):
            layout.addWidget(widget)

    def _connect(self) -> None:
        self.reader.began.connect(self._begin)
        self.reader.came.connect(self._append)
        self.reader.earlier.connect(self._prepend)
        self.reader.failed.connect(self._not_read)
        self.attempts.activated.connect(self._choose)
        self.search.textChanged.connect(self._mark_soon.start)
        self.search.returnPressed.connect(self.find_next)
        self.previous.clicked.connect(self.find_previous)
        self.next.clicked.connect(self.find_next)
        self.follow.toggled.connect(self._set_following)
        self.outside.clicked.connect(self._open_outside)
        bar = self.edit.verticalScrollBar()
        bar.valueChanged.connect(self._scrolled)

    # Attempts.

    def _read_attempts(self, task_id: int) -> None:
        queries = self._farm.queries

        def done(outcome: Outcome[list[AttemptRow]]) -> None:
            if outcome.error is not None:
                self.failed.emit(str(outcome.error))
            elif self._task is not None and self._task.id == task_id:
                self._take_attempts(task_id, outcome.get())

        self._background.run(
            lambda: queries.attempts(task_id), done, label="reading the attempts", lane=Lane.READ
        )

    def _take_attempts(self, _task_id: int, attempts: list[AttemptRow]) -> None:
        newest_before = max((row.number for row in self._attempts), default=0)
        chosen_old = self.attempts.currentIndex() > 0 and bool(self._attempts)
        self._attempts = sorted(attempts, key=lambda row: row.number, reverse=True)
        self.attempts.clear()
        for place, row in enumerate(self._attempts):
            self.attempts.addItem(short_attempt_text(row))
            tip = plain_tip(f"{attempt_text(row)}\n{row.reason or ''}\n{row.log}".strip())
            self.attempts.setItemData(place, tip, Qt.ItemDataRole.ToolTipRole)
        self.attempts.setEnabled(bool(self._attempts))
        self.outside.setEnabled(bool(self._attempts))
        place = self._place_of_shown() if chosen_old and newest_before else 0
        self.attempts.setCurrentIndex(place if self._attempts else -1)
        self._open(self._attempts[place].id if self._attempts else None)

    def _place_of_shown(self) -> int:
        return next((place for place, row in enumerate(self._attempts) if row.id == self._shown), 0)

    def _choose(self, place: int) -> None:
        if 0 <= place < len(self._attempts):
            self._open(self._attempts[place].id)

    def _current(self) -> AttemptRow | None:
        return next((row for row in self._attempts if row.id == self._shown), None)

    def _open(self, attempt_id: int | None) -> None:
        if attempt_id is None and self._task is not None:
            self.edit.setPlaceholderText("This task has not been started yet.")
        if attempt_id == self._shown:
            self.reader.poll()
            return
        self._shown = attempt_id
        self.edit.clear()
        # No text comes where there is no attempt: the count of matches would stay as it was.
        self._mark_soon.start()
        if attempt_id is not None:
            self.edit.setPlaceholderText("")
        self.follow.setChecked(True)
        self.reader.open(attempt_id)

    def _say_nothing(self) -> None:
        self.edit.setPlaceholderText("Select a task to see its log.")
        self.titled.emit("Log")

    # Text.

    def _begin(self, text: str) -> None:
        following = self.follow.isChecked()
        self.edit.setPlainText(text)
        self.follow.setChecked(following)
        if not text:
            attempt = self._current()
            where = elsewhere(attempt) if attempt is not None else ""
            self.edit.setPlaceholderText(where or "Nothing was written to this log yet.")
        if following:
            self.edit.scroll_to_end()
        self._mark_soon.start()

    def _not_read(self, error: str) -> None:
        """A folder of another machine's name may be here too, and closed."""
        attempt = self._current()
        where = elsewhere(attempt) if attempt is not None else ""
        if where:
            self.edit.setPlaceholderText(where)
        else:
            self.failed.emit(error)

    def _append(self, text: str) -> None:
        self.edit.append_text(text)
        if self.follow.isChecked():
            self.edit.scroll_to_end()
        if self.search.text():
            self._mark_soon.start()

    def _prepend(self, text: str) -> None:
        self.edit.prepend_text(text)
        if self._searching_back:
            self._find(backward=True)

    def _follow(self) -> None:
        attempt = self._current()
        if attempt is not None and attempt.state in OPEN_ATTEMPTS:
            self.reader.poll()

    def _set_following(self, on: bool) -> None:
        if on:
            self.edit.scroll_to_end()

    def _scrolled(self, value: int) -> None:
        """Who reads back doesn't want to be taken to the end; who reads its beginning wants more."""
        self.follow.setChecked(self.edit.is_at_end())
        if value == 0 and self.isVisible() and not self.follow.isChecked():
            self.reader.read_earlier()

    # Search.

    def _mark(self) -> None:
        text = self.search.text()
        count = self.edit.mark_matches(text)
        more = "+" if count >= 1000 else ""
        self.found.setText(f"{count}{more}" if text else "")

    def _find(self, *, backward: bool) -> None:
        text = self.search.text()
        self._searching_back = False
        if not text:
            return
        self.follow.setChecked(False)
        if backward and self.reader.has_earlier():
            if not self.edit.find_text(text, backward=True, wrap=False):
                self._searching_back = True
                self.found.setText("…")
                self.reader.read_earlier()
            return
        self.edit.find_text(text, backward=backward)
        self._mark()

    def _open_outside(self) -> None:
        attempt = self._current()
        if attempt is None or not attempt.log:
            return
        logs = self._farm.logs

        def work() -> Path:
            path = logs.plain_file(attempt.id)
            if not path.exists():
                raise FarmError(elsewhere(attempt) or f"Nothing was written to the log {path} yet.")
            return path

        def done(outcome: Outcome[Path]) -> None:
            if outcome.error is not None:
                self.failed.emit(str(outcome.error))
            else:
                QDesktopServices.openUrl(QUrl.fromLocalFile(str(outcome.get())))

        # An old log may be compressed, and a large one takes a while to be unpacked.
        self._background.run(work, done, label="opening the log")


def elsewhere(attempt: AttemptRow) -> str:
    """Where the log of another machine lies, when it isn't found on this one; "" for one of this machine."""
    if not attempt.joined or not attempt.log or attempt.agent == socket.gethostname():
        return ""
    return f"This log is on {attempt.agent}: {attempt.log}"


def attempt_text(attempt: AttemptRow) -> str:
    """ "Attempt 2, failed, exit status 1, 9.0 s"."""
    parts = [f"Attempt {attempt.number}", str(attempt.state)]
    if attempt.exit_status:
        parts.append(f"exit status {attempt.exit_status}")
    if attempt.time_finished is not None:
        parts.append(duration(runtime(attempt.time_started, attempt.time_finished)))
    return ", ".join(part for part in parts if part)


def short_attempt_text(attempt: AttemptRow) -> str:
    """What fits into the list above the log: "Attempt 2, failed, 9.0 s"."""
    return attempt_text(replace(attempt, exit_status=None))


def _story(task: TaskRow) -> tuple[object, ...]:
    """What of a task tells that its attempts have changed."""
    return (task.id, task.attempt_id, task.state, task.attempts, task.stopping)


def _button(tip: str) -> QToolButton:
    button = QToolButton(autoRaise=True)
    button.setObjectName("small_button")
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    return button
