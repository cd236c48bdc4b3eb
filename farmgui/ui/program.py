"""The program with a window: what starts and ends with it, and where its defects are shown."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QMessageBox

from farmgui.config import Config, Settings
from farmgui.domain.errors import FarmError
from farmgui.execution.precedence import give_way
from farmgui.services.lead import WINDOW, Lead, Leading
from farmgui.services.submit import this_user
from farmgui.ui.background import Outcome
from farmgui.ui.desktop_notices import DesktopNotices
from farmgui.ui.dialogs.crash import show_crash
from farmgui.ui.garbage import GarbageOnGuiThread
from farmgui.ui.style import apply_style
from farmgui.ui.tray import Tray
from farmgui.ui.window import MonitorWindow

if TYPE_CHECKING:
    from farmgui.services.farm import Farm
    from farmgui.submission.draft import Draft

SWITCH_SECONDS: Final = 0.0001
"""How long a busy thread may hold the interpreter while the window waits for it, which a paint does often."""

PATIENCE_MS: Final = 1000
"""By then the lead starts in any case."""
PAINTING_MS: Final = 200
"""In which a window that has read the farm paints it, the job that is selected first included."""

_log = logging.getLogger(__name__)


class MakeLead(Protocol):
    """Makes what schedules the farm in this program."""

    def __call__(
        self,
        farm: Farm,
        config: Config,
        settings: Settings,
        *,
        kind: str,
        failed: Callable[[BaseException], None],
        changed: Callable[[Leading], None],
    ) -> Lead: ...


class Program(QObject):
    """A farm, its lead and its window, from start to end.

    `go_on` starts a program without a window that takes over: with True it only lets running frames finish.
    """

    _lead_changed = Signal(object)
    _defect = Signal(object)

    def __init__(
        self,
        config: Config,
        settings: Settings,
        farm: Farm,
        make_lead: MakeLead,
        make_sample: Callable[[Farm, Config], Draft],
        go_on: Callable[[bool], None],
    ) -> None:
        super().__init__()
        self._garbage = GarbageOnGuiThread(self)
        self._config = config
        self.farm = farm
        self._make_sample = make_sample
        self._go_on = go_on
        self._choice = ""
        self._lead_start = QTimer(self, singleShot=True)
        self._lead_changed.connect(self._show_lead, Qt.ConnectionType.QueuedConnection)
        self._defect.connect(self._show_defect, Qt.ConnectionType.QueuedConnection)
        self.lead = make_lead(
            farm,
            config,
            settings,
            kind=WINDOW,
            failed=self._defect.emit,
            changed=self._tell_lead,
        )
        self._lead_start.timeout.connect(self.lead.start)
        self.window = MonitorWindow(
            farm,
            farm.intake,
            settings,
            closing=self._close,
            lead_state=lambda: self.lead.state,
            render_sample=self.render_sample,
            layout_file=config.settings_folder / "layout.ini",
        )

        self.notices = DesktopNotices(
            farm,
            self.window.background,
            self.window.messages,
            Tray(self),
            self._open_jobs,
            this_user(),
            self,
        )
        self.window.settings_changed.connect(self.lead.take_settings)

    def start(self, *, sample: bool) -> None:
        """Show the window, then begin to schedule; with `sample`, a farm that never had a job gets one."""
        self._garbage.settle()
        self.window.bridge.was_read.connect(self._start_lead_soon, Qt.ConnectionType.SingleShotConnection)
        # A window that is minimised from the start reads nothing.
        self._lead_start.start(PATIENCE_MS)
        self.window.show()
        self.notices.start()
        if sample:
            queries = self.farm.queries
            self.window.background.run(
                lambda: queries.farm().ever_had_a_job, self._render_first, label="reading the farm"
            )

    def _start_lead_soon(self) -> None:
        """What was read is painted before the lead is at work: side by side both would take far longer."""
        if self._lead_start.isActive():
            self._lead_start.start(PAINTING_MS)

    def _render_first(self, ever_had_a_job: Outcome[bool]) -> None:
        if ever_had_a_job.error is None and not ever_had_a_job.get():
            self.render_sample()

    def render_sample(self) -> None:
        """Submit the sample job and select it."""
        farm, config = self.farm, self._config

        def done(outcome: Outcome[int]) -> None:
            if outcome.error is not None:
                self.window.messages.show_error(str(outcome.error))
            else:
                self.window.select_jobs_when_read([outcome.get()])

        self.window.background.run(
            lambda: farm.intake.submit(self._make_sample(farm, config)), done, label="submitting the sample"
        )

    def end(self) -> None:
        """Do what was chosen when the window closed; blocks until done. Call it after the event loop."""
        self._lead_start.stop()
        self.notices.close()
        leads = self.lead.state.leads
        stopped = self._choice == "stop" and leads and self.lead.stop_all()
        self.lead.close(end_agent=stopped)
        self._garbage.close()
        self.farm.close()
        if leads and self._choice in ("background", "finish"):
            self._go_on(self._choice == "finish")

    def watch_for_defects(self) -> Callable[[], None]:
        """Show errors that nobody caught, from any thread; returns what ends it."""
        before = sys.excepthook, threading.excepthook

        def caught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
            if issubclass(kind, KeyboardInterrupt):
                before[0](kind, error, trace)
                return
            _log.error("defect", exc_info=(kind, error, trace))
            self._defect.emit(error)

        def caught_in_thread(found: threading.ExceptHookArgs) -> None:
            if found.exc_value is not None:
                caught(found.exc_type, found.exc_value, found.exc_traceback)

        sys.excepthook, threading.excepthook = caught, caught_in_thread

        def restore() -> None:
            sys.excepthook, threading.excepthook = before

        return restore

    def _open_jobs(self, job_ids: Sequence[int]) -> None:
        """Bring the window to the front, with these jobs selected."""
        window = self.window
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.show()
        window.raise_()
        window.activateWindow()
        if job_ids:
            window.select_jobs_when_read(job_ids)

    def _close(self, choice: str) -> None:
        # What it asks for may take seconds: it is done when the event loop has ended and the window is gone.
        self._choice = choice

    def _tell_lead(self, leading: Leading) -> None:
        """Called on the scheduler's thread, the first time when it has begun to lead and has its runner."""
        if leading.leads:
            give_way()
        self._lead_changed.emit(leading)

    def _show_lead(self, leading: Leading) -> None:
        self.window.status.set_lead(leading)

    def _show_defect(self, error: BaseException) -> None:
        if isinstance(error, FarmError):
            self.window.messages.show_error(str(error))
        else:
            show_crash(self.window, error, self._config.program_log)


def run_window(
    config: Config,
    settings: Settings,
    *,
    open_farm: Callable[[], Farm],
    make_lead: MakeLead,
    make_sample: Callable[[Farm, Config], Draft],
    go_on: Callable[[bool], None],
    sample: bool,
) -> int:
    """The program from the application's start to its end; returns the exit status."""
    sys.setswitchinterval(SWITCH_SECONDS)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    if not isinstance(app, QApplication):
        raise TypeError("a window needs a QApplication")
    app.setApplicationName("farmgui")
    app.setDesktopFileName("farmgui")
    apply_style(app, settings.appearance)
    # Ctrl-C in the terminal ends the window as a crash would: frames go on, the next start adopts them.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        farm = open_farm()
    except FarmError as error:
        say_and_end(str(error))
        return 1
    program = Program(config, settings, farm, make_lead, make_sample, go_on)
    restore = program.watch_for_defects()
    try:
        program.start(sample=sample)
        status = app.exec()
    finally:
        program.end()
        restore()
    return status


def say_and_end(text: str) -> None:
    """Say why the program can't start."""
    box = QMessageBox(QMessageBox.Icon.Critical, "farmgui", text)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.exec()
