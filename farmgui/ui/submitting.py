"""From files or a command to the submission form: what is taken, and drafts read off the GUI thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QMimeData, QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from farmgui.domain.errors import FarmError
from farmgui.submission.draft import Draft
from farmgui.ui.background import Background, Outcome
from farmgui.ui.texts import many

if TYPE_CHECKING:
    from farmgui.services.farm import Farm
    from farmgui.services.intake import Intake

_COMMAND_TYPE: Final = "command-line"
_LONG_MS: Final = 500
"""Reading that takes longer than this is told."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """Files by whether they can be submitted; a refused one has its reason."""

    taken: tuple[Path, ...] = ()
    refused: tuple[tuple[Path, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Drafts:
    """What was read of files: drafts for the form, and why the others have none."""

    drafts: tuple[Draft, ...]
    problems: tuple[str, ...]
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What the form completes and offers, by the name of the attribute."""


def sort_files(paths: Iterable[Path], refusal: Callable[[Path], str | None]) -> Sorted:
    """Ask `refusal` for each file; it is cheap, so this may be done while dragging."""
    taken, refused = [], []
    for path in dict.fromkeys(paths):
        reason = refusal(path)
        if reason is None:
            taken.append(path)
        else:
            refused.append((path, reason))
    return Sorted(tuple(taken), tuple(refused))


def dragged_files(mime: QMimeData) -> tuple[Path, ...]:
    """The files that are dragged; what is on other machines or no file is left out."""
    urls = (url for url in mime.urls() if url.isLocalFile()) if mime.hasUrls() else ()
    return tuple(Path(url.toLocalFile()) for url in urls)


def read_drafts(paths: Sequence[Path], draft: Callable[[Path], Draft]) -> Drafts:
    """A draft for each file; what can't be read is told, the others are not held up by it."""
    drafts, problems = [], []
    for path in paths:
        try:
            drafts.append(draft(path))
        except FarmError as error:
            problems.append(str(error))
    return Drafts(tuple(drafts), tuple(problems))


class Submitting(QObject):
    """Opens the submission form over `window`. `submitted` has the numbers of the new jobs."""

    submitted = Signal(object)
    refused = Signal(str)
    """Why some files were left out."""
    failed = Signal(str)
    program_chosen = Signal(str, str)
    """A program was chosen for a job type, by the type's name."""
    busy = Signal(str)
    """What is being read, when it takes long; "" when it was read."""

    def __init__(
        self,
        intake: Intake,
        background: Background,
        window: QWidget,
        names: Callable[[], Mapping[str, Sequence[str]]] = dict,
        farm: Farm | None = None,
    ) -> None:
        super().__init__(window)
        self._farm = farm
        self._intake = intake
        self._background = background
        self._window = window
        self._names = names

    def choose_files(self) -> None:
        """Ask for files, then open the form."""
        names, _ = QFileDialog.getOpenFileNames(self._window, "Submit files", "", self._name_filters())
        self.submit_files([Path(name) for name in names])

    def submit_files(self, paths: Sequence[Path]) -> None:
        """Open the form for those of `paths` that are taken; say why the others are not."""
        found = sort_files(paths, self._intake.refusal)
        if found.refused:
            self.refused.emit("\n".join(reason for _path, reason in found.refused[:5]))
        if not found.taken:
            return
        what = found.taken[0].name if len(found.taken) == 1 else many(len(found.taken), "file")
        late = QTimer(self, singleShot=True, interval=_LONG_MS)
        late.timeout.connect(lambda: self.busy.emit(f"Reading {what} …"))
        late.start()

        def done(outcome: Outcome[Drafts]) -> None:
            late.stop()
            late.deleteLater()
            self.busy.emit("")
            self._take(outcome)

        intake, names = self._intake, self._names
        self._background.run(
            lambda: replace(read_drafts(found.taken, intake.draft), names=names()),
            done,
            label=f"reading {what}",
        )

    def submit_command(self) -> None:
        """Open the form for a command line."""
        intake, names = self._intake, self._names
        self._background.run(
            lambda: Drafts((intake.empty_draft(_COMMAND_TYPE),), (), names()),
            self._take,
            label="preparing the form",
        )

    def _take(self, outcome: Outcome[Drafts]) -> None:
        if outcome.error is not None:
            self.failed.emit(str(outcome.error))
            return
        read = outcome.get()
        if read.problems:
            self.failed.emit("\n".join(read.problems[:5]))
        if read.drafts:
            self._open_form(read)

    def _open_form(self, read: Drafts) -> None:
        # The form is not needed before the first file: the window is there sooner without it.
        from farmgui.ui.dialogs.submission import SubmissionDialog

        dialog = SubmissionDialog(list(read.drafts), self._intake, self._background, self._window, self._farm)
        dialog.set_names(read.names)
        dialog.submitted.connect(self.submitted)
        dialog.program_chosen.connect(self.program_chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _name_filters(self) -> str:
        kinds = [(item.name, item.files) for item in self._intake.job_types() if item.files]
        every = " ".join(sorted({f"*{ending}" for _name, endings in kinds for ending in endings}))
        single = [f"{name} ({' '.join(f'*{ending}' for ending in endings)})" for name, endings in kinds]
        return ";;".join([f"All that can be rendered ({every})", *single, "All files (*)"])
