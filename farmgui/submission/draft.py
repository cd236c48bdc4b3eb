"""A job that is being filled in: what a form shows and changes before it becomes a JobSpec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from farmgui.domain.jobtypes import JobTypeDefinition


class Level(StrEnum):
    """How much a note matters."""

    INFO = "info"
    """Something that was decided for the wrangler."""
    MISSING = "missing"
    """A value that couldn't be read and has to be written in."""
    WARNING = "warning"
    """Something that will probably go wrong, or does."""


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence beside a field. `field` is a parameter's name, a field of Draft, or "" for the whole."""

    field: str
    text: str
    level: Level = Level.INFO


@dataclass(frozen=True, slots=True)
class Existing:
    """How many frames have their files already."""

    there: int
    total: int

    @property
    def text(self) -> str:
        """ "42 of 250 exist"; "" where none does."""
        if not self.there:
            return ""
        if self.there == self.total:
            return "It exists" if self.total == 1 else f"All {self.total} exist"
        return f"{self.there} of {self.total} exist"


@dataclass(frozen=True, slots=True)
class SceneOffer:
    """One of several scenes in a file, with the values that it brings; None where one couldn't be read."""

    name: str
    frames: str | None = None
    output: str | None = None
    format: str | None = None
    engine: str | None = None
    suffix: str | None = ""

    @property
    def text(self) -> str:
        """The scene as a list shows it: "Close up (10-40x5)"."""
        return f"{self.name} ({self.frames})" if self.frames else self.name


@dataclass(frozen=True, slots=True)
class Draft:
    """A job being filled in; changed by `dataclasses.replace` and the functions of this package.

    `values` holds a text for each parameter of the type. None in a resource means the type's own.
    """

    definition: JobTypeDefinition
    path: Path | None = None
    """The file that it was made from; None where there is none, as for a command."""
    title: str = ""
    frames: str = "1"
    values: Mapping[str, str] = field(default_factory=dict)
    extension: str = ""
    """What the program itself appends to the output."""
    program: Path | None = None
    """The program that will be used; None where there is none, or the type needs none."""
    notes: tuple[Note, ...] = ()
    scenes: tuple[SceneOffer, ...] = ()
    """The scenes that the file offers, the first being the one that it opens with."""
    scene_version: str = ""
    """The version of the program that saved the scene, like "3.4"."""
    copy_scene: bool = True
    """Render the scene as it is now: a copy of it goes with the job."""
    only_missing: bool = False
    queue: str | None = None
    priority: int = 0
    weight: int = 10
    batch: int = 1
    cpus: int | None = None
    ram: int | None = None
    cwd: Path | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    """Any further field of JobSpec by its name: requeue, ram_max, notes, parents, paused …"""

    @property
    def job_type(self) -> str:
        """The name of the job type."""
        return self.definition.name

    def value(self, name: str) -> str:
        """The text of a parameter; "" where there is none."""
        return self.values.get(name, "")

    def with_values(self, **values: str) -> Draft:
        """The draft with these parameters changed."""
        return replace(self, values={**self.values, **values})

    def with_note(self, about: str, text: str, level: Level = Level.INFO) -> Draft:
        """The draft with one note more."""
        return replace(self, notes=(*self.notes, Note(about, text, level)))

    def without_notes(self, *about: str) -> Draft:
        """The draft without the notes on these fields."""
        return replace(self, notes=tuple(note for note in self.notes if note.field not in about))
