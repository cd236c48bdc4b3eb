"""The submission form: one job or several, filled in from their files, submitted in the background."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from farmgui.domain.sights import Question
from farmgui.submission.draft import Draft, Note
from farmgui.submission.scene_copy import Cancelled
from farmgui.ui.background import Background, Outcome
from farmgui.ui.delegates.state_delegate import state_icon
from farmgui.ui.dialogs.alive import if_alive
from farmgui.ui.dialogs.draft_check import Check, check
from farmgui.ui.dialogs.draft_form import DraftForm
from farmgui.ui.dialogs.draft_values import with_shared
from farmgui.ui.dialogs.sight_line import FarmSights
from farmgui.ui.dialogs.submission_foot import SubmissionFoot
from farmgui.ui.dialogs.submitting import Intake, Step, Submitting
from farmgui.ui.editors.elided_label import plain_tip

if TYPE_CHECKING:
    from farmgui.services.farm import Farm

_CHECK_AFTER: Final = 150
"""Milliseconds after the last key."""
_SIZE: Final = QSize(680, 640)
_LIST_WIDTH: Final = 220
_ROOM_BELOW: Final = 170
"""For what is said below the form, and for the notes that come with the first check."""


@dataclass(slots=True)
class _Entry:
    """One job of the form."""

    draft: Draft
    form: DraftForm | None = None
    job_id: int | None = None
    words: str = ""


class SubmissionDialog(QDialog):
    """Shows `drafts`, at least one; closes itself when all of them are submitted.

    With `farm` it tells which of the machines that joined it can't see the files of the job that is shown.
    """

    submitted = Signal(object)
    """The ids of the new jobs, a list; once for each run of Submit that stored any."""
    program_chosen = Signal(str, str)
    """The name of a job type and the program to be remembered for it."""

    def __init__(
        self,
        drafts: Sequence[Draft],
        intake: Intake,
        background: Background,
        parent: QWidget | None = None,
        farm: Farm | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._intake, self._background = intake, background
        self._queues: tuple[str, ...] = ()
        self._names: Mapping[str, Sequence[str]] = {}
        self._entries = [_Entry(draft) for draft in drafts]
        self._at = 0
        self._asked = 0
        self._running = False
        self._new_ids: list[int] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_CHECK_AFTER)
        self._timer.timeout.connect(self._check)
        self._submitting = Submitting(intake, background, self)
        self._submitting.stepped.connect(self._step)
        self._submitting.progressed.connect(self._progress)
        self._submitting.ended.connect(self._ended)
        self.sights = None if farm is None else FarmSights(farm, background, self, "&Map the path…")
        if self.sights is not None:
            self.sights.changed.connect(lambda: QTimer.singleShot(0, self, self._make_room))
        self._lay_out()
        self._show_foot()
        self._show(0)
        width = _SIZE.width() + (_LIST_WIDTH if len(self._entries) > 1 else 0)
        wanted = self.form().wanted_height(_SIZE.width()) + _ROOM_BELOW
        self.resize(width, min(_SIZE.height(), wanted))
        (self.form().first_empty() or self.foot.submit).setFocus()

    def set_queues(self, paths: Sequence[str]) -> None:
        """Offer these queues, by path."""
        self._queues = tuple(paths)
        for entry in self._entries:
            if entry.form is not None:
                entry.form.fields.offer_queues(self._queues)

    def set_names(self, names: Mapping[str, Sequence[str]]) -> None:
        """Complete what is typed by these, by the name of the attribute; queues are offered as a list."""
        self._names = names
        for entry in self._entries:
            if entry.form is not None:
                entry.form.fields.offer_names(names)
        self.set_queues(names.get("queue", ()))

    def form(self) -> DraftForm:
        """The form of the job that is shown."""
        return self._form(self._at)

    def submit(self) -> None:
        """Submit every job that isn't yet, or go to the first field that is refused."""
        if self._running:
            return
        self._keep()
        for at, entry in enumerate(self._entries):
            if entry.job_id is None and entry.form is not None and entry.form.refused_number() is not None:
                self._go_to(at, ())
                return
        self._set_running(running=True)
        self._say("")
        waiting = [(at, entry.draft) for at, entry in enumerate(self._entries) if entry.job_id is None]
        self._submitting.start(waiting)

    def apply_to_all(self) -> None:
        """Give all jobs the shared values of the one that is shown."""
        self._keep()
        source = self._entries[self._at].draft
        for entry in self._entries:
            if entry.job_id is None and entry.draft is not source:
                entry.draft = with_shared(entry.draft, source)
                if entry.form is not None:
                    entry.form.show_draft(entry.draft)
        self._say("All jobs have these values now.", "info")

    def reject(self) -> None:
        """Close; while it submits, cancel that instead and stay open."""
        if not self._running:
            super().reject()
            return
        self._submitting.cancel()
        self.foot.show_cancelling()

    def closeEvent(self, event: QCloseEvent) -> None:
        """The window's own close button does what Cancel does."""
        if self._running:
            self.reject()
            event.ignore()
            return
        super().closeEvent(event)

    def _lay_out(self) -> None:
        several = len(self._entries) > 1
        self.setWindowTitle(self._window_title())
        self.foot = SubmissionFoot(self)
        self.foot.submit.clicked.connect(self.submit)
        self.foot.cancel.clicked.connect(self.reject)
        # Both belong to the dialog even where they aren't shown: what has no parent, any thread may destroy.
        self.list = QListWidget(self)
        self.list.setAccessibleName("Jobs to submit")
        self.list.setFixedWidth(_LIST_WIDTH)
        self.list.setSpacing(2)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        for entry in self._entries:
            self.list.addItem(QListWidgetItem(entry.draft.title))
        self.all_button = QPushButton("&Apply to all", self)
        self.all_button.setAutoDefault(False)
        self.all_button.setToolTip(
            "<qt>Give all jobs the batch, priority, queue, resources, retries and notes of this one, and"
            " whether the scene is rendered as it is now</qt>"
        )
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.list, 1)
        left.addWidget(self.all_button)
        self.list.setVisible(several)
        self.all_button.setVisible(several)
        self.forms = QStackedWidget()
        body = QHBoxLayout()
        body.setSpacing(16)
        if several:
            body.addLayout(left)
        body.addWidget(self.forms, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 12, 16)
        layout.setSpacing(10)
        layout.addLayout(body, 1)
        if self.sights is not None:
            layout.addWidget(self.sights)
        layout.addWidget(self.foot)
        self.list.currentRowChanged.connect(self._show)
        self.all_button.clicked.connect(self.apply_to_all)

    def _window_title(self) -> str:
        if len(self._entries) > 1:
            return f"Submit {len(self._entries)} jobs"
        path = self._entries[0].draft.path
        return f"Submit {path.name}" if path is not None else "Submit a job"

    def _form(self, at: int) -> DraftForm:
        entry = self._entries[at]
        if entry.form is None:
            entry.form = DraftForm(
                entry.draft, self._intake.job_types(), self._queues, self._background, self.forms
            )
            entry.form.fields.offer_names(self._names)
            self.forms.addWidget(entry.form)
            last = entry.form.last_widget()
            if self.sights is not None:
                QWidget.setTabOrder(last, self.sights.button)
                last = self.sights.button
            QWidget.setTabOrder(last, self.foot.submit)
            QWidget.setTabOrder(self.foot.submit, self.foot.cancel)
            entry.form.edited.connect(self._was_edited)
            entry.form.type_asked.connect(self._change_type)
            entry.form.file_asked.connect(self._change_file)
            entry.form.program_chosen.connect(self._choose_program)
        return entry.form

    def _show(self, at: int) -> None:
        if self._entries[self._at].form is not None:
            self._keep()
        self._at = max(0, at)
        form = self._form(self._at)
        form.setEnabled(not self._running and self._entries[self._at].job_id is None)
        self.forms.setCurrentWidget(form)
        if self.list.currentRow() != self._at:
            self.list.setCurrentRow(self._at)
        self.foot.words.setText(self._entries[self._at].words)
        self._check()

    def _was_edited(self) -> None:
        self._keep()
        # An answer that is still on its way is about what was there before.
        self._asked += 1
        self._timer.start()

    def _keep(self) -> None:
        """Take the fields into the draft."""
        entry = self._entries[self._at]
        if entry.form is not None and entry.job_id is None:
            entry.draft = entry.form.draft()
            item = self.list.item(self._at)
            item.setText(" ".join(entry.draft.title.split()) or "(no title)")
            item.setToolTip(plain_tip(str(entry.draft.path or "")))

    def _check(self) -> None:
        self._timer.stop()
        self._asked += 1
        asked, at, draft = self._asked, self._at, self._entries[self._at].draft
        if self._entries[at].job_id is None:
            self._background.run(
                lambda: check(draft),
                if_alive(self, lambda outcome: self._checked(asked, at, outcome)),
                label="checking the form",
            )
        else:
            self._ask_who_sees(None)

    def _make_room(self) -> None:
        """Grow by what the fields lost when more was said below them."""
        form, layout = self.form(), self.layout()
        if layout is not None:
            layout.activate()
        hidden = form.wanted_height(form.viewport().width()) - form.viewport().height()
        if hidden > 0 and self.height() < _SIZE.height():
            self.resize(self.width(), min(_SIZE.height(), self.height() + hidden))

    def _ask_who_sees(self, question: Question | None) -> None:
        if self.sights is not None:
            self.sights.ask(question, lambda: question)

    def _checked(self, asked: int, at: int, outcome: Outcome[Check]) -> None:
        if asked != self._asked or outcome.value is None:
            return
        entry = self._entries[at]
        entry.words = outcome.value.words
        if entry.form is not None:
            entry.form.show_check(outcome.value)
        if at == self._at:
            self.foot.words.setText(entry.words)
            self._ask_who_sees(outcome.value.question)

    def _change_type(self, name: str) -> None:
        path = self._entries[self._at].draft.path
        if path is None:
            self._renew(lambda: self._intake.empty_draft(name), "job_type")
        else:
            self._renew(lambda: self._intake.draft(path, name), "job_type")

    def _change_file(self, text: str) -> None:
        entry = self._entries[self._at]
        path, name = Path(text).expanduser(), entry.draft.job_type
        if text and path != entry.draft.path:
            self._renew(lambda: self._intake.draft(path, name), "scene")

    def _renew(self, make: Callable[[], Draft], field: str) -> None:
        """Read the file anew in the background; what "Apply to all" shares is kept."""
        self._keep()
        entry = self._entries[self._at]
        form = self._form(self._at)
        form.setEnabled(False)

        def done(outcome: Outcome[Draft]) -> None:
            form.setEnabled(True)
            if outcome.value is None:
                form.show_type()
                form.refuse(field, str(outcome.error))
                return
            entry.draft = with_shared(outcome.value, entry.draft)
            entry.form = None
            self.forms.removeWidget(form)
            form.deleteLater()
            self._show(self._at)
            self._form(self._at).setFocus()

        self._background.run(make, if_alive(form, done), label="reading the scene")

    def _choose_program(self, job_type: str, path: str) -> None:
        self.program_chosen.emit(job_type, path)

    def _set_running(self, *, running: bool) -> None:
        self._running = running
        self.form().setEnabled(not running and self._entries[self._at].job_id is None)
        self.list.setEnabled(not running)
        self.all_button.setEnabled(not running)
        self._show_foot()

    def _show_foot(self) -> None:
        done = self._done()
        self.foot.show_running(running=self._running, left=len(self._entries) - done, done=done)

    def _done(self) -> int:
        return sum(entry.job_id is not None for entry in self._entries)

    def _progress(self, at: int, percent: int) -> None:
        path = self._entries[at].draft.path
        self.foot.show_copied(path.name if path is not None else "the scene", percent)

    def _step(self, step: Step) -> None:
        entry = self._entries[step.at]
        if step.job_id is not None:
            entry.job_id = step.job_id
            self._new_ids.append(step.job_id)
            self.list.item(step.at).setIcon(state_icon("done", self.palette()))
            self._say(self._told())
        elif step.problems:
            self._go_to(step.at, step.problems)
        elif step.error is not None:
            calm = isinstance(step.error, Cancelled)
            self._say(f"{self._told()} {step.error}".strip(), "info" if calm else "error")
            self.list.item(step.at).setIcon(state_icon("warning" if calm else "failed", self.palette()))
            self._show(step.at)

    def _ended(self) -> None:
        self._set_running(running=False)
        ids, self._new_ids = self._new_ids, []
        if ids:
            self.submitted.emit(ids)
        if self._done() == len(self._entries):
            self.accept()

    def _told(self) -> str:
        done, all_of_them = self._done(), len(self._entries)
        return f"{done} of {all_of_them} jobs submitted." if done and all_of_them > 1 else ""

    def _go_to(self, at: int, problems: Sequence[Note]) -> None:
        """Show the job that can't be submitted as it is, with the focus in the field that says why."""
        self._show(at)
        form = self._form(at)
        form.setEnabled(True)
        if problems:
            form.show_problems(problems)
            self._say(problems[0].text, "error")
        widget = form.refused_number() or (form.fields.widget_of(problems[0].field) if problems else None)
        if widget is not None:
            widget.setFocus()
            form.ensureWidgetVisible(widget)

    def _say(self, text: str, level: str = "") -> None:
        self.foot.note.say(text, level)
