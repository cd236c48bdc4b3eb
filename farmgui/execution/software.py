"""Which programs of the job types this machine has, and in which versions."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from farmgui.domain.jobtypes import BadJobType, JobTypeDefinition, Program, parse_definition
from farmgui.domain.reports import Software
from farmgui.execution import platforms

_ANSWER_WITHIN: Final = 15.0
_EVERY: Final = 3600.0


class SoftwareSearch:
    """Looks on a thread of its own, some time after the agent's start: the tasks come first."""

    def __init__(self, folder: Path, after: float) -> None:
        """`folder` has the job types; `after` is in seconds."""
        self.found: tuple[Software, ...] = ()
        self._folder = folder
        self._after = after

    def run(self, over: threading.Event, changed: Callable[[], None]) -> None:
        """Look now and then, and call `changed` where there is something else, until `over` is set."""
        pause = self._after
        while not over.wait(pause):
            found = find_software(read_definitions(self._folder))
            if found != self.found:
                self.found = found
                changed()
            pause = _EVERY


def read_definitions(folder: Path) -> Iterator[JobTypeDefinition]:
    """The job types of a folder that can be read; of the others the program tells at its start."""
    for path in sorted(folder.glob("*.toml")):
        with contextlib.suppress(OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, BadJobType):
            yield parse_definition(tomllib.loads(path.read_text("utf-8")), path.name)


def find_software(definitions: Iterable[JobTypeDefinition]) -> tuple[Software, ...]:
    """The programs by the names of their job types, in each version that is here; takes seconds.

    Version 4.2.3 is told as 4.2.3, 4.2 and 4, as the farm's table of software may write it.
    """
    found: dict[Software, None] = {}
    for definition in definitions:
        if definition.program is not None and definition.program.version_arguments:
            for path in _programs(definition.program):
                numbers = _version(definition.program, path).split(".")
                for length in range(len(numbers), 0, -1):
                    if numbers[0]:
                        found[Software(definition.name, ".".join(numbers[:length]))] = None
    return tuple(found)


def _programs(program: Program) -> Iterator[Path]:
    """Each program once: those on PATH, then those in the usual places."""
    places = [Path(found) for name in program.names if (found := shutil.which(name))]
    for place in program.places:
        pattern = Path(os.path.expandvars(place)).expanduser()
        if pattern.is_absolute():
            places += sorted(Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor))))
    seen: set[Path] = set()
    for path in places:
        # What has another name may open a window when it is asked.
        known = path.stem.casefold() in program.names
        if known and path.resolve() not in seen and path.is_file() and os.access(path, os.X_OK):
            seen.add(path.resolve())
            yield path


def _version(program: Program, path: Path) -> str:
    """What the program tells of its version; "" where it tells nothing."""
    try:
        done = subprocess.run(
            [str(path), *program.version_arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_ANSWER_WITHIN,
            check=False,
            **platforms.start_options(),
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return program.version_in(done.stdout.decode("utf-8", "replace"))
