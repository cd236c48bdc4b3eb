"""Reads for the job panel, off the GUI thread: stored values, names to complete, and what would follow."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, QTimer

from farmgui.domain.explanations import Effect
from farmgui.domain.snapshots import JobRow
from farmgui.ui.background import Background, Lane, Outcome
from farmgui.ui.editors.completion import MEANING
from farmgui.ui.editors.consequences import effect_lines
from farmgui.ui.editors.job_fields import MOST_READ
from farmgui.ui.editors.job_panel import JobPanel
from farmgui.ui.texts import one_line

if TYPE_CHECKING:
    from farmgui.services.farm import Farm

Values = list[dict[str, Any]]

_READ_GAP: Final = 1.0
"""Seconds between two readings of the same jobs."""
_MOST_READ_AGAIN: Final = 50
"""With more jobs than these selected, their values are read once."""
_NAMES_LAST: Final = 10.0
"""Seconds for which names that can be completed are taken for the newest."""
_MOST_PARENTS: Final = 1000
_SETTLE: Final = 350
"""Milliseconds after the last key before it is asked what would follow."""


class JobFeed(QObject):
    """Answers what `panel` asks for; `jobs` gives all jobs, which can be waited for."""

    def __init__(
        self, farm: Farm, background: Background, panel: JobPanel, jobs: Callable[[], Sequence[JobRow]]
    ) -> None:
        super().__init__(panel)
        self._farm = farm
        self._background = background
        self._panel = panel
        self._jobs = jobs
        self._reading = False
        self._again = False
        self._ids: tuple[int, ...] = ()
        self._read_at = 0.0
        self._named_at = 0.0
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._read)
        panel.values_wanted.connect(self._want)
        self._explaining = farm.explaining
        self._considered: tuple[tuple[int, ...], Mapping[str, object]] = ((), {})
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE)
        self._settle.timeout.connect(self._look_ahead)
        panel.considered.connect(self._consider)

    def refresh(self) -> None:
        """The farm was read anew: read what is shown again, unless that was just done or is much."""
        if self._ids and len(self._ids) <= _MOST_READ_AGAIN and self._panel.isVisible():
            self._soon()

    def _want(self, ids: tuple[int, ...]) -> None:
        if ids != self._ids:
            self._ids = ids
            # Once the panel is painted: beside a thread that reads it would take twice as long.
            self._timer.start(0)
        elif len(ids) <= _MOST_READ_AGAIN:
            self._soon()

    def _soon(self) -> None:
        if not self._timer.isActive():
            left = self._read_at + _READ_GAP - time.monotonic()
            self._timer.start(max(0, round(left * 1000)))

    def _read(self) -> None:
        self._timer.stop()
        if self._reading:
            self._again = True
            return
        if not 0 < len(self._ids) <= MOST_READ:
            self._name()
            return
        self._reading, self._again, self._read_at = True, False, time.monotonic()
        queries, ids = self._farm.queries, self._ids

        def done(outcome: Outcome[Values]) -> None:
            self._reading = False
            # A job that is gone meanwhile goes from the table, too: that is told there.
            if outcome.error is None:
                self._panel.set_values(ids, outcome.get())
            self._name()
            if self._again:
                self._read()

        self._background.run(
            lambda: queries.job_values(ids), done, label="reading the values of jobs", lane=Lane.READ
        )

    def _consider(self, ids: tuple[int, ...], values: Mapping[str, object]) -> None:
        self._considered = (ids, values)
        if values and ids:
            self._settle.start()
        else:
            self._settle.stop()

    def _look_ahead(self) -> None:
        """Ask what would follow from what is typed; an answer that comes too late is dropped."""
        explaining, asked = self._explaining, self._considered
        ids, values = asked

        def done(outcome: Outcome[Sequence[Effect]]) -> None:
            if asked is self._considered:
                error = outcome.error
                lines = [str(error)] if error is not None else effect_lines(ids, outcome.get())
                self._panel.consequences.say(lines)

        self._background.run(
            lambda: explaining.what_if(ids, values), done, label="looking ahead", lane=Lane.LOOK
        )

    def _name(self) -> None:
        if not self._ids or time.monotonic() - self._named_at < _NAMES_LAST:
            return
        self._named_at = time.monotonic()
        farm = self._farm
        parents = [f"{job.id}{MEANING}{one_line(job.title, 60)}" for job in self._jobs()[:_MOST_PARENTS]]

        def done(outcome: Outcome[dict[str, tuple[str, ...]]]) -> None:
            if outcome.error is None:
                self._panel.fields.offer({**outcome.get(), "parents": parents})

        self._background.run(lambda: known_names(farm), done, label="reading the farm's names")


def known_names(farm: Farm) -> dict[str, tuple[str, ...]]:
    """What can be completed, by the name of the attribute; not for the GUI thread."""
    people = tuple(row.name for row in farm.people.rows())
    tags = tuple(row.name for row in farm.tags.rows())
    return {
        "queue": tuple(queue.path for queue in farm.queries.queues()),
        "group": tuple(dict.fromkeys(row.title for row in farm.groups.rows())),
        "user": people,
        "notify": people,
        "tags": tags,
        "agent_tags": tags,
        "software": tuple(
            text
            for row in farm.software.rows()
            for text in (row.name, *(f"{row.name} {one.version}" for one in row.versions))
        ),
        "limits": tuple(row.name for row in farm.limits.rows()),
        "agents": tuple(row.hostname for row in farm.queries.agents()),
    }
