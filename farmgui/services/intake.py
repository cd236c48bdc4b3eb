"""The door for what is submitted: the window and the command line bring files or commands, jobs come out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from farmgui.domain.jobtypes import JobTypeDefinition
from farmgui.domain.specs import JobSpec
from farmgui.submission import filling, scene_copy
from farmgui.submission.command_draft import draft_command
from farmgui.submission.draft import Draft
from farmgui.submission.job import make_output_folder, to_spec
from farmgui.submission.jobtype_files import by_name
from farmgui.submission.problems import check
from farmgui.submission.scene_copy import Cancelled, Progress

__all__ = ["Cancelled", "Intake", "Progress"]


class Submits(Protocol):
    """The use case that stores a job."""

    def submit(self, spec: JobSpec) -> int:
        """The new job's number; raises FarmError, never half a job."""


class Intake:
    """Makes drafts of files and commands, and jobs of drafts.

    `definitions` gives the job types, `chosen` the programs that were chosen in the settings by the name of
    their job type; both are asked each time, so that a change counts at once.
    """

    def __init__(
        self,
        submits: Submits,
        definitions: Callable[[], Sequence[JobTypeDefinition]],
        chosen: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._submits = submits
        self._definitions = definitions
        self._chosen = chosen

    def job_types(self) -> Sequence[JobTypeDefinition]:
        """The job types that there are."""
        return self._definitions()

    def refusal(self, path: Path) -> str | None:
        """Why a file can't be submitted, None where it may be; quick enough while it is being dragged."""
        return filling.refusal(path, self._definitions())

    def draft(self, path: Path, job_type: str | None = None) -> Draft:
        """The draft of a file, filled in; reads it: not for the window's thread. Raises FarmError."""
        return filling.draft_for(path, self._definitions(), self._chosen(), job_type)

    def empty_draft(self, job_type: str) -> Draft:
        """A draft of a type with nothing but its defaults. Raises NotFound."""
        draft = filling.empty_draft(by_name(self._definitions(), job_type))
        return filling.with_program(draft, self._chosen().get(job_type))

    def command_draft(self, command: Sequence[str], job_type: str = "command-line") -> Draft:
        """The draft of a command given as words; it runs in the folder that we are in."""
        return draft_command(by_name(self._definitions(), job_type), command)

    def submit(
        self,
        draft: Draft,
        progress: Progress | None = None,
        cancel: Callable[[], bool] | None = None,
    ) -> int:
        """Copy the scene where the draft asks for it, store the job, and tell its number.

        Takes as long as the copy: not for the window's thread. Raises FarmError, and Cancelled when `cancel`
        said so; then no job and no file is left.
        """
        check(draft)
        scene = Path(draft.value("scene")) if draft.value("scene") else None
        if scene is None:
            spec = to_spec(draft)
        elif draft.copy_scene and draft.definition.scene_copy:
            copied = scene_copy.copy(scene, progress, cancel)
            spec = to_spec(draft, copied.path)
        else:
            spec = to_spec(draft, stamp=scene_copy.stamp(scene))
        try:
            make_output_folder(spec)
            return self._submits.submit(spec)
        except BaseException:
            if spec.data.get("scene_copy"):
                scene_copy.remove(Path(spec.data["scene"]))
            raise
