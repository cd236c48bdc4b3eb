"""The monitor's window: jobs in the middle, what belongs to them around them, and every command's way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QHideEvent, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow

from farmgui.config import Settings
from farmgui.domain.errors import FarmError
from farmgui.domain.snapshots import FarmSummary
from farmgui.services.updates import Update
from farmgui.ui.action import Area
from farmgui.ui.action_set import ActionSet
from farmgui.ui.background import Background
from farmgui.ui.bridge import Bridge
from farmgui.ui.closing import closing_choice
from farmgui.ui.commands import Commands
from farmgui.ui.details import Details
from farmgui.ui.docks import column_of, make_docks, place_docks, size_docks
from farmgui.ui.dropping import FileDrops
from farmgui.ui.farm_dialogs import FarmDialogs
from farmgui.ui.icons import program_icon
from farmgui.ui.job_feed import known_names
from farmgui.ui.layout_store import LayoutStore
from farmgui.ui.menus import fill_menu_bar, make_tool_bar
from farmgui.ui.palette import colours_named
from farmgui.ui.picking import jobs_within, most_telling
from farmgui.ui.selection import Selection
from farmgui.ui.style import apply_style
from farmgui.ui.submitting import Submitting
from farmgui.ui.views.jobs_view import JobsView
from farmgui.ui.views.lists import AgentsView, TasksView
from farmgui.ui.views.message_bar import Level, MessageBar
from farmgui.ui.views.status_bar import FarmStatusBar
from farmgui.ui.views.strip import UseStrip
from farmgui.ui.views.table import TableView, rows_as_text

if TYPE_CHECKING:
    from farmgui.services.farm import Farm
    from farmgui.services.intake import Intake
    from farmgui.services.lead import Leading

TITLE: Final = "farmgui"


class MonitorWindow(QMainWindow):
    """Shows the farm and steers it.

    `closing` is called with "background", "finish" or "stop" when the window closes; `lead_state` tells
    this program's part in scheduling; `render_sample`, where there is one, submits the sample job.
    The layout is remembered in `layout_file`.
    """

    settings_changed = Signal()

    def __init__(
        self,
        farm: Farm,
        intake: Intake,
        settings: Settings,
        *,
        closing: Callable[[str], None],
        lead_state: Callable[[], Leading] | None = None,
        render_sample: Callable[[], None] | None = None,
        layout_file: Path | None = None,
    ) -> None:
        super().__init__()
        self._settings = settings
        self._intake = intake
        self._farm = farm
        self._closing = closing
        self._lead_state = lead_state
        self._render_sample = render_sample
        self._colours = colours_named(settings.appearance)
        self._summary = FarmSummary()
        self._select_when_read: tuple[int, ...] = ()
        self._seen_jobs = self._painted = False
        self._told_agents = True
        self._telling_of_agents: set[QDockWidget] = set()
        self._store = LayoutStore(layout_file)
        self.background = Background(self)
        self.bridge = Bridge(farm, self.background, self)
        self.commands = Commands(farm, self.background, self)
        self.dialogs = FarmDialogs(farm, self.background, self)
        self.submitting = Submitting(intake, self.background, self, lambda: known_names(farm), farm)
        self._make_parts(farm)
        self.actions_by_id = ActionSet(self, self)
        self._set_up_window()
        self._connect()
        self._restore()

    # What the window is made of.

    def _make_parts(self, farm: Farm) -> None:
        colours = self._colours
        self.messages = MessageBar(colours)
        self.jobs = JobsView(colours, self.commands.edit, sample=self._render_sample is not None)
        self.tasks = TasksView(colours)
        self.agents = AgentsView(colours)
        self.details = Details(farm, self.background, colours, self.jobs)
        self.log, self.panel, self.why = self.details.log, self.details.panel, self.details.why
        self.use = UseStrip(colours)
        self.status = FarmStatusBar()
        self.setCentralWidget(column_of(self.messages, self.jobs))
        self.setStatusBar(self.status)

    def _set_up_window(self) -> None:
        self.setWindowTitle(TITLE)
        self.setWindowIcon(program_icon())
        self.resize(QSize(1440, 860).boundedTo(self.screen().availableSize()))
        self.docks = make_docks(self, self.tasks, self.log, self.panel, self.agents, self.why, self.use)
        self.actions_by_id.set_colours(self._colours)
        make_tool_bar(self, self.actions_by_id)
        fill_menu_bar(self, self.actions_by_id, self.docks.all())
        for widget, area in self._tables():
            self.actions_by_id.listen_in(widget, area)
        self.drops = FileDrops(self, self._intake.refusal)

    def _tables(self) -> tuple[tuple[TableView[Any], Area], ...]:
        return (self.jobs.table, Area.JOBS), (self.tasks, Area.TASKS), (self.agents, Area.AGENTS)

    def _only_tables(self) -> list[TableView[Any]]:
        return [table for table, _area in self._tables()]

    def _connect(self) -> None:
        bridge, bar = self.bridge, self.messages
        bridge.jobs_read.connect(self._take_jobs)
        bridge.tasks_read.connect(self._take_tasks)
        bridge.agents_read.connect(self._take_agents)
        bridge.summary_read.connect(self._take_summary)
        bridge.was_read.connect(self._tell_of_rows)
        bridge.failed.connect(bar.show_error)
        self.commands.failed.connect(bar.show_error)
        self.dialogs.failed.connect(bar.show_error)
        self.commands.done.connect(lambda text: self.status.showMessage(text, 5000))
        self.drops.dropped.connect(self.submitting.submit_files)
        self.submitting.refused.connect(lambda text: bar.show_message(Level.WARNING, text))
        self.submitting.failed.connect(bar.show_error)
        self.submitting.busy.connect(self.status.showMessage)
        self.submitting.program_chosen.connect(self._choose_program)
        self.submitting.submitted.connect(self.select_jobs_when_read)
        self.jobs.table.selected.connect(self._jobs_selected)
        self.tasks.selected.connect(self._tasks_selected)
        self.agents.selected.connect(self._say_selection)
        for table, area in self._tables():
            table.menu_asked.connect(lambda place, table=table, area=area: self._menu(table, area, place))
        self.tasks.activated.connect(lambda _index: self.show_log())
        self.agents.activated.connect(lambda _index: self.dialogs.edit_agents(self.agents.selected_rows()))
        self.log.titled.connect(self.docks.log.setWindowTitle)
        self.log.failed.connect(bar.show_error)
        self.details.connect_to(bridge, self.commands)
        self.jobs.first_start.submit_asked.connect(self.submit_files)
        if self._render_sample is not None:
            self.jobs.first_start.sample_asked.connect(self._render_sample)
        for dock in (self.docks.agents, self.docks.why):
            dock.visibilityChanged.connect(lambda shown, dock=dock: self._want_agents(dock, shown=shown))
        self._lead_timer = QTimer(self, interval=1000)
        self._lead_timer.timeout.connect(self._show_lead)

    def _restore(self) -> None:
        self._placed = self._store.restore(self, self._only_tables(), self.panel.fields)
        self.jobs.table.setFocus(Qt.FocusReason.OtherFocusReason)

    # What was read.

    def _take_jobs(self, update: Update) -> None:
        leaving = [job.id for job in update.rows if job.to_be_deleted and not job.counts.active]
        jobs = [job for job in update.rows if job.id not in leaving] if leaving else update.rows
        self.jobs.update_jobs(jobs, [*update.gone, *leaving])
        shown = self.jobs.model.rowCount()
        there = all(self.jobs.model.place_of(job_id) is not None for job_id in self._select_when_read)
        if self._select_when_read and there:
            self.jobs.table.select_keys(self._select_when_read)
            self._select_when_read = ()
        elif shown and not self._seen_jobs and not self.jobs.table.selected_rows():
            self.jobs.table.select_keys([self.jobs.model.row_at(0).id])
        self._seen_jobs = self._seen_jobs or bool(shown)

    def _take_tasks(self, update: Update) -> None:
        self.tasks.rows_model().update_rows(update.rows, update.gone)
        self.details.take_tasks(update.rows)

    def _take_agents(self, update: Update) -> None:
        self.agents.rows_model().update_rows(update.rows, update.gone)
        self._told_agents = False

    def _tell_of_rows(self) -> None:
        """All that was read is shown: say it to the views that look at all rows."""
        self._show_log()
        if not self._told_agents:
            self._told_agents = True
            self.details.set_agents(sorted(self.agents.rows_model().rows(), key=lambda row: row.hostname))

    def _take_summary(self, summary: FarmSummary) -> None:
        self._summary = summary
        self.status.set_farm(summary)
        self.use.set_farm(summary)
        self.jobs.show_first_start(shown=not summary.ever_had_a_job and not self.jobs.model.total())
        done, total = summary.tasks.done, summary.tasks.total
        self.setWindowTitle(f"{done * 100 // total} % – {TITLE}" if summary.tasks.unfinished else TITLE)

    def _want_agents(self, dock: QDockWidget, *, shown: bool) -> None:
        """Read agents while one of the docks that tell of them is shown."""
        self._telling_of_agents = self._telling_of_agents - {dock} | ({dock} if shown else set())
        self.bridge.want_agents(bool(self._telling_of_agents))
        self.why.set_watched(watched=self.docks.why in self._telling_of_agents)

    def _show_lead(self) -> None:
        if self._lead_state is not None:
            self.status.set_lead(self._lead_state())

    # What is selected.

    def selection(self) -> Selection:
        """The selected rows of all tables."""
        return Selection(
            jobs=tuple(self.jobs.table.selected_rows()),
            tasks=tuple(self.tasks.selected_rows()),
            agents=tuple(self.agents.selected_rows()),
        )

    def select_jobs_when_read(self, job_ids: Sequence[int]) -> None:
        """Select these jobs as soon as they are there, and show them in spite of a filter."""
        self._select_when_read = tuple(job_ids)
        self.jobs.filter.clear()
        self.bridge.refresh()

    def _jobs_selected(self) -> None:
        jobs = self.jobs.table.selected_rows()
        shown = jobs_within(jobs)
        self.bridge.want_tasks([job.id for job in shown])
        self.docks.tasks.setWindowTitle(self.tasks.show_jobs(shown))
        self.details.show_jobs(jobs)
        self._say_selection()

    def _tasks_selected(self) -> None:
        self._show_log()
        self._say_selection()

    def _show_log(self) -> None:
        self.details.show_tasks(self.tasks.rows_model(), self.tasks.selected_rows())

    def _say_selection(self) -> None:
        self.actions_by_id.select(self.selection())

    def _menu(self, table: TableView[Any], area: Area, place: QPoint) -> None:
        self._say_selection()
        self.actions_by_id.open_menu(table, area, place)

    # What actions ask for.

    def submit_files(self) -> None:
        """Choose files and submit them."""
        self.submitting.choose_files()

    def submit_command(self) -> None:
        """Submit a command line."""
        self.submitting.submit_command()

    def copy_rows(self, area: Area) -> None:
        """Put the selected rows onto the clipboard, as they are shown."""
        for table, of in self._tables():
            if of is area:
                QGuiApplication.clipboard().setText(rows_as_text(table))

    def show_log(self) -> None:
        """Show the log of the selected task, else of the one that tells most of the job."""
        if not self.tasks.selected_rows():
            task = most_telling(self.tasks.rows_model().rows())
            if task is not None:
                self.tasks.select_keys([task.id])
        self.docks.log.show()
        self.docks.log.raise_()
        self.log.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def focus_filter(self) -> None:
        """Put the cursor into the jobs' filter."""
        self.jobs.focus_filter()

    def search_log(self) -> None:
        """Put the cursor into the log's search."""
        self.docks.log.show()
        self.docks.log.raise_()
        self.log.focus_search()

    def find_in_log(self, *, backward: bool) -> None:
        """Go to the next or previous match in the log."""
        self.log.find_match(backward=backward)

    def refresh(self) -> None:
        """Read everything now."""
        self.bridge.refresh()

    def show_settings(self) -> None:
        """Open the settings; what they change counts at once."""
        dialog = self.dialogs.make_settings(self._settings, self._intake.job_types())
        dialog.accepted.connect(lambda: self.set_appearance(self._settings.appearance))
        dialog.accepted.connect(self.settings_changed)
        dialog.open()

    def show_about(self) -> None:
        """Say what the program is."""
        self.dialogs.show_about(self._settings)

    def set_appearance(self, appearance: str) -> None:
        """Paint everything dark or light, and remember it."""
        app = QApplication.instance()
        if isinstance(app, QApplication):
            self._colours = apply_style(app, appearance)
        for part in (self.messages, self.jobs, self.log, self.use, self.docks, self.actions_by_id):
            part.set_colours(self._colours)
        for table in (self.tasks, self.agents):
            table.rows_model().set_colours(self._colours)
        if self._settings.appearance != appearance:
            self._settings.appearance = appearance
            self._save_settings()

    def appearance(self) -> str:
        """ "dark" or "light"."""
        return "dark" if self._colours.dark else "light"

    def restore_layout(self) -> None:
        """Docks and columns as they are at first."""
        place_docks(self, self.docks)
        self.panel.fields.unfold(None)
        for table in self._only_tables():
            table.restore_columns()

    def _choose_program(self, job_type: str, path: str) -> None:
        self._settings.chosen_programs = {**self._settings.chosen_programs, job_type: path}
        self._save_settings()

    def _save_settings(self) -> None:
        try:
            self._settings.save()
        except FarmError as error:
            self.messages.show_message(Level.WARNING, str(error))

    # Showing and closing.

    def showEvent(self, event: QShowEvent) -> None:
        """Read while somebody looks."""
        super().showEvent(event)
        if not self._placed:
            # Docks take their sizes from the window, which has its own only now.
            self._placed = True
            QTimer.singleShot(0, self, lambda: size_docks(self, self.docks))
        self._read_while_seen()
        self._lead_timer.start()
        self._show_lead()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Begin to read when all that is empty yet is painted: what reads would have it wait."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self._read_while_seen)

    def _read_while_seen(self) -> None:
        if self._painted and self.isVisible() and not self.isMinimized():
            self.bridge.start()
        else:
            self.bridge.stop()

    def hideEvent(self, event: QHideEvent) -> None:
        """Read nothing while nobody looks."""
        super().hideEvent(event)
        self.bridge.stop()
        self._lead_timer.stop()

    def changeEvent(self, event: QEvent) -> None:
        """The same for a minimised window."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self._read_while_seen()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask what becomes of running frames where that isn't known; then remember the layout and close."""
        choice = self._closing_choice()
        if choice is None:
            event.ignore()
            return
        self._store.save(self, self._only_tables(), self.panel.fields)
        self.bridge.close()
        self.background.close()
        event.accept()
        self._closing(choice)

    def _closing_choice(self) -> str | None:
        leads = self._lead_state is None or self._lead_state().leads
        choice = closing_choice(self, self._settings, self._summary.tasks, leads=leads)
        if choice is not None and choice.remember:
            self._settings.on_close = choice.choice
            self._save_settings()
        return None if choice is None else choice.choice
