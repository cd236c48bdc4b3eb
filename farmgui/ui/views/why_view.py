"""Why a job waits: the reason, since when, and for any agent every rule with whether it holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from farmgui.domain.explanations import Rule
from farmgui.domain.sights import question
from farmgui.domain.snapshots import AgentRow, JobRow
from farmgui.domain.states import JobState
from farmgui.ui.background import Background, Lane, Outcome
from farmgui.ui.dialogs.parts import plain_label
from farmgui.ui.dialogs.sight_line import FarmSights
from farmgui.ui.editors.elided_label import ElidedLabel
from farmgui.ui.editors.field_note import FieldNote
from farmgui.ui.item_models.job_columns import state_text, waits
from farmgui.ui.texts import duration, moment, number, runtime

if TYPE_CHECKING:
    from farmgui.services.explaining import Explaining
    from farmgui.services.farm import Farm

_AGAIN: Final = 3000
"""Milliseconds after which the rules are read again while somebody looks."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is known of a job and an agent."""

    rules: tuple[Rule, ...] = ()
    idle: str = ""


class WhyView(QWidget):
    """Explains the job that `show_jobs` was given last, against the agent chosen in the list."""

    def __init__(self, farm: Farm, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._explaining, self._queries = farm.explaining, farm.queries
        self._background = background
        self._job: JobRow | None = None
        self._others = 0
        self._agents: Sequence[AgentRow] = ()
        self._asked = 0
        self._watched = False
        self._title = ElidedLabel(parent=self, bold=True)
        self.reason = FieldNote(self)
        self.since = plain_label(dim=True, parent=self)
        self.sights = FarmSights(farm, background, self)
        self._on = QLabel("On the agent", self)
        self._on.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.agents = QComboBox(self)
        self.agents.setAccessibleName("Agent")
        self.agents.setToolTip("The agent against which every rule is told")
        self.agents.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._idle_title = QLabel("Why it has no more work", self)
        self._idle_title.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._idle_title.setContentsMargins(0, 8, 0, 0)
        self.idle = plain_label(parent=self)
        self._rules = QWidget(self)
        self._lines = QVBoxLayout(self._rules)
        self._lines.setContentsMargins(0, 4, 0, 0)
        self._lines.setSpacing(4)
        self.notes: list[FieldNote] = []
        self._lay_out()
        self.agents.activated.connect(self._ask)
        self._timer = QTimer(self, interval=_AGAIN)
        self._timer.timeout.connect(self._ask)
        self._timer.start()
        self.show_jobs([])

    def show_jobs(self, jobs: Sequence[JobRow]) -> None:
        """Explain the first of `jobs`."""
        before = self._job
        self._job = jobs[0] if jobs else None
        self._others = len(jobs) - 1
        self._say()
        if self._job is None or before is None or before.id != self._job.id:
            self._show(_Answer())
            self._ask()

    def title(self) -> str:
        """Which job is explained."""
        return self._title.text()

    def set_agents(self, agents: Sequence[AgentRow]) -> None:
        """Offer these agents."""
        self._agents = agents
        known = [(agent.hostname, agent.id) for agent in agents]
        shown = [(self.agents.itemText(n), self.agents.itemData(n)) for n in range(self.agents.count())]
        if known != shown:
            chosen = self.agents.currentData()
            self.agents.clear()
            for name, agent_id in known:
                self.agents.addItem(name, agent_id)
            self.agents.setCurrentIndex(max(0, self.agents.findData(chosen)) if known else -1)
            self._ask()

    def choose_agent(self, agent_id: str) -> None:
        """Explain against this agent."""
        self.agents.setCurrentIndex(self.agents.findData(agent_id))
        self._ask()

    def set_watched(self, *, watched: bool) -> None:
        """Say whether its dock is shown, and not behind the tab of another one."""
        self._watched = watched
        self._ask()

    def _say(self) -> None:
        job = self._job
        beside = f", the first of {number(self._others + 1)} jobs" if self._others > 0 else ""
        self._title.say(f"{job.title}{beside}" if job is not None else "")
        if job is None:
            self.reason.say("Select a job to see why it waits, or a reason why an agent doesn't take it.")
            self.since.setText("")
            return
        text = waits(job)
        if text:
            self.reason.say(text, "paused" if job.state is JobState.PAUSED else "info")
        elif job.state is JobState.PAUSED:
            self.reason.say("It was paused by hand: nothing new starts until it is resumed.", "paused")
        else:
            self.reason.say(f"It doesn't wait: {state_text(job).lower()}.")
        known = text and job.waiting_since is not None and job.state is not JobState.PAUSED
        waited = duration(runtime(job.waiting_since, None))
        self.since.setText(f"For {waited}, since {moment(job.waiting_since)}." if known else "")

    def _ask(self) -> None:
        """Read the rules for the job and the agent that are chosen, while somebody looks."""
        self._ask_who_sees()
        explaining, job, agent_id = self._explaining, self._job, self.agents.currentData()
        if agent_id is None or not self._watched or not self.isVisible():
            return
        self._asked += 1
        asked = self._asked

        def done(outcome: Outcome[_Answer]) -> None:
            # A job or an agent that is gone meanwhile goes from the tables, too.
            if asked == self._asked:
                self._show(outcome.get() if outcome.error is None else _Answer())

        work = _reading(explaining, job.id if job is not None else None, str(agent_id))
        self._background.run(work, done, label="reading the rules", lane=Lane.LOOK)

    def _ask_who_sees(self) -> None:
        """Ask the machines that joined, while somebody looks at a job that isn't finished."""
        job, queries = self._job, self._queries
        looks = self._watched and self.isVisible()
        if job is None or not job.counts.unfinished or not looks:
            self.sights.ask(None, lambda: None)
            return
        job_id = job.id
        self.sights.ask(job_id, lambda: question(queries.job_data(job_id)))

    def _show(self, answer: _Answer) -> None:
        while len(self.notes) < len(answer.rules):
            note = FieldNote(self._rules)
            self.notes.append(note)
            self._lines.insertWidget(len(self.notes) - 1, note)
        for place, note in enumerate(self.notes):
            rule = answer.rules[place] if place < len(answer.rules) else None
            text = rule.text if rule is not None else ""
            note.say(text, "" if rule is None else "done" if rule.holds else "error")
        self.idle.setText(answer.idle)
        for widget in (self._idle_title, self.idle):
            widget.setVisible(bool(answer.idle))

    def _lay_out(self) -> None:
        self._lines.addStretch(1)
        inside = QWidget(self)
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.setSpacing(4)
        told: tuple[QWidget, ...] = (self._title, self.reason, self.since, self.sights)
        asked: tuple[QWidget, ...] = (self._on, self.agents, self._rules, self._idle_title, self.idle)
        for widget in told:
            layout.addWidget(widget)
        layout.addSpacing(8)
        for widget in asked:
            layout.addWidget(widget)
        layout.addStretch(1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)


def _reading(explaining: Explaining, job_id: int | None, agent_id: str) -> Callable[[], _Answer]:
    def work() -> _Answer:
        rules = () if job_id is None else tuple(explaining.rules(job_id, agent_id))
        return _Answer(rules, explaining.idle(agent_id))

    return work
