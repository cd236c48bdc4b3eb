"""`./farm pictures`: draws the real window at work into docs/pictures, dark and light."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QMimeData, QPoint, QSize, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent
from PySide6.QtWidgets import QApplication, QWidget

from farmgui.app import make_lead, open_farm, sample_draft
from farmgui.config import APPEARANCES, read_config, read_settings
from farmgui.domain.requirements import LimitUse, Per, TagNeed
from farmgui.domain.snapshots import JobRow
from farmgui.domain.specs import JobSpec
from farmgui.domain.states import JobState, TaskState
from farmgui.submission.sample import prepare_sample
from farmgui.ui.dialogs.catalogue.dialog import CatalogueDialog
from farmgui.ui.dialogs.submission import SubmissionDialog
from farmgui.ui.program import Program
from farmgui.ui.style import apply_style

PICTURES: Final = Path(__file__).parent.parent / "docs" / "pictures"
SIZE: Final = QSize(1280, 720)
PATIENCE: Final = 120.0

BROKEN: Final = """# /// farmgui
# title = "Harbour, shot 40"
# frames = "1-12"
# output = "harbour_frames/harbour_####.txt"
# ///
import pathlib, sys, time
frame, output = sys.argv[1], pathlib.Path(sys.argv[2])
print(f"Loading harbour.scene, frame {frame}", flush=True)
time.sleep(0.3)
print(f"frame {frame}: 50%", flush=True)
if frame == "7":
    print("Warning: 3 lights have no shadow maps", flush=True)
    print("Error: the texture hull_albedo.exr can't be read: no such file", flush=True)
    sys.exit(1)
output.parent.mkdir(parents=True, exist_ok=True)
output.write_text(frame)
print(f"Saved {output}", flush=True)
"""


class Painter:
    """Drives a program with a window through the main job, and draws it on the way."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._window = program.window

    def wait(self, found: Callable[[], object], what: str) -> None:
        """Let the window live until `found` says so."""
        end = time.monotonic() + PATIENCE
        while not found():
            if time.monotonic() > end:
                raise TimeoutError(f"waited in vain for {what}")
            QApplication.processEvents()
            time.sleep(0.01)

    def rest(self, seconds: float) -> None:
        """Let the window live for a while."""
        end = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() > end, "the time to pass")

    def draw(self, name: str, widget: QWidget | None = None) -> None:
        """Draw the window, or one widget of it, in each appearance."""
        for appearance in reversed(APPEARANCES):
            self._window.set_appearance(appearance)
            self.rest(0.3)
            file = PICTURES / f"{name}-{appearance}.png"
            (widget or self._window).grab().save(str(file))
            print(file.relative_to(PICTURES.parent.parent), flush=True)

    def drag(self, file: Path) -> None:
        """Draw what the window says while a file is held over it."""
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(file))])
        none = Qt.KeyboardModifier.NoModifier
        enter = QDragEnterEvent(
            QPoint(300, 300), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, none
        )
        QApplication.sendEvent(self._window, enter)
        self.draw("drop")
        QApplication.sendEvent(self._window, QDragLeaveEvent())

    def submit(self, file: Path, name: str = "") -> None:
        """Submit a file by the form; with `name`, draw the form."""
        before = len(self._window.jobs.model.rows())
        self._window.submitting.submit_files([file])
        self.wait(lambda: self._window.findChildren(SubmissionDialog), "the form")
        form = self._window.findChildren(SubmissionDialog)[0]
        self.rest(1.0)
        if name:
            self.draw(name, form)
        form.submit()
        self.wait(lambda: len(self._window.jobs.model.rows()) > before, "the job")

    def rows(self) -> list[JobRow]:
        """All jobs."""
        return self._window.jobs.model.rows()

    def job(self, title: str) -> JobState | None:
        """The state of a job."""
        return next((row.state for row in self._window.jobs.model.rows() if row.title == title), None)

    def select(self, title: str) -> None:
        """Select a job."""
        row = next(row for row in self._window.jobs.model.rows() if row.title == title)
        self._window.jobs.table.select_keys([row.id])
        self.rest(0.8)

    def select_task(self, state: TaskState) -> None:
        """Select the first task in a state, so that its log shows."""
        tasks = self._window.tasks

        def found() -> list[int]:
            return [row.id for row in tasks.rows_model().rows() if row.state is state]

        self.wait(found, f"a task that is {state}")
        tasks.select_keys(found()[:1])
        self.rest(0.8)


def paint(painter: Painter, program: Program, folder: Path) -> None:
    """The main job in pictures."""
    config = read_config()
    painter.rest(1.0)
    painter.draw("first-start")
    sample = prepare_sample(config.resources / "samples", config.samples_folder)
    painter.drag(sample)
    painter.submit(sample, "form")
    program.farm.submit.submit(
        JobSpec("Harbour, turntable", "command-line", "1-240", {"command": ["true"]}, priority=-5, cpus=1)
    )
    title = "Sunrise (sample)"
    painter.select(title)
    tasks = program.window.tasks.rows_model()
    painter.wait(lambda: [row.state for row in tasks.rows()].count(TaskState.DONE) >= 8, "frames")
    painter.select_task(TaskState.RUNNING)
    painter.draw("rendering")
    painter.wait(lambda: painter.job(title) is JobState.DONE, "the sample")
    scene = folder / "harbour.py"
    scene.write_text(BROKEN, encoding="utf-8")
    painter.submit(scene)
    painter.select("Harbour, shot 40")
    painter.wait(lambda: painter.job("Harbour, shot 40") is JobState.FAILED, "a failed frame")
    painter.select_task(TaskState.FAILED)
    painter.draw("failed")
    paint_farm(painter, program)
    paint_change(painter, program)
    painter.wait(lambda: painter.job("Harbour, turntable") is JobState.DONE, "all jobs")
    painter.select(title)
    painter.select_task(TaskState.DONE)
    painter.draw("finished")


def paint_farm(painter: Painter, program: Program) -> None:
    """What the farm has, why a job waits, and what a change of it would do."""
    farm, window = program.farm, program.window
    farm.queues.create("/film/harbour", {"priority": 10, "minimum_agents": 2})
    farm.queues.create("/film/kiosk", {"maximum_agents": 12})
    farm.queues.create("/commercial", {"weight": 30})
    farm.limits.put("nuke", 12, Per.AGENT, "floating, server lic01")
    window.dialogs.show_catalogue("queues")
    painter.rest(1.0)
    dialog = window.findChildren(CatalogueDialog)[0]
    dialog.select("/film/harbour")
    painter.draw("queues", dialog)
    dialog.reject()
    waiting = JobSpec(
        "Harbour, comp",
        "command-line",
        "1-40",
        {"command": ["true"]},
        queue="/film/harbour",
        cpus=1,
        agent_tags=(TagNeed("gpu"),),
        limits=(LimitUse("nuke"),),
        group="Harbour",
    )
    job_id = farm.submit.submit(waiting)
    painter.wait(lambda: any(row.id == job_id and row.waiting for row in painter.rows()), "the reason")
    painter.select("Harbour, comp")
    window.docks.why.raise_()
    painter.rest(4.0)
    painter.draw("why")
    window.docks.panel.raise_()
    farm.jobs.delete([job_id])


def paint_change(painter: Painter, program: Program) -> None:
    """Two jobs that share the farm, and what another priority of one of them would do."""
    farm, window = program.farm, program.window
    ids = [
        farm.submit.submit(JobSpec(title, "command-line", "1-400", {"command": ["sleep", "1"]}, cpus=1))
        for title in ("Harbour, smoke", "Harbour, water")
    ]
    painter.wait(
        lambda: sum(row.counts.done >= 3 for row in painter.rows() if row.id in ids) == 2, "frames of both"
    )
    painter.select("Harbour, smoke")
    window.panel._edits["priority"].type_text("50")
    painter.wait(lambda: window.panel.consequences.text(), "what would follow")
    painter.rest(4.0)
    painter.draw("change")
    window.panel.revert()
    farm.jobs.delete(ids)


def main() -> None:
    """Draw all pictures on a farm of their own."""
    app = QApplication([])
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="farm-") as folder:
        os.environ["FARMGUI_HOME"] = str(Path(folder) / "home")
        config = read_config()
        settings = read_settings(config.settings_file)
        apply_style(app, settings.appearance)
        farm = open_farm(config, settings)
        program = Program(config, settings, farm, make_lead, sample_draft, lambda _finish: None)
        program.window.resize(SIZE)
        program.start(sample=False)
        try:
            paint(Painter(program), program, Path(folder))
        finally:
            settings.on_close = "stop"
            program.window.close()
            program.end()


if __name__ == "__main__":
    main()
