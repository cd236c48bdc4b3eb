"""Reads a program's output by a job type's patterns, line by line, as an agent does."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from farmgui.domain.orders import Patterns


@dataclass
class Read:
    """What the patterns found."""

    frames: list[int] = field(default_factory=list)
    progress: list[float] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def read_output(patterns: Patterns, output: str) -> Read:
    """All that `patterns` find in `output`."""
    read = Read()
    for line in re.split(r"[\r\n]+", output):
        if (found := _search(patterns.frame, line)) and int(found["frame"]) not in read.frames[-1:]:
            read.frames.append(int(found["frame"]))
        if found := _search(patterns.progress, line):
            read.progress.append(_share(found.groupdict()))
        if _search(patterns.done, line):
            read.done.append(line)
        if _search(patterns.warning, line):
            read.warnings.append(line)
        if _search(patterns.error, line):
            read.errors.append(line)
    return read


def _search(pattern: str | None, line: str) -> re.Match[str] | None:
    return re.search(pattern, line) if pattern else None


def _share(groups: dict[str, str | None]) -> float:
    if groups.get("percent"):
        return float(groups["percent"] or 0) / 100
    return int(groups["part"] or 0) / int(groups["whole"] or 1)
