"""Whether an agent sees what a job reads and may write where it writes, asked before it gets the job."""

from __future__ import annotations

import ntpath
import posixpath
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from farmgui.domain.copy_names import original_name
from farmgui.domain.paths import is_on_windows


class Blindness(StrEnum):
    """What keeps an agent from a file or a folder."""

    UNSEEN = "unseen"
    """There is no such file or folder there."""
    UNREADABLE = "unreadable"
    UNWRITABLE = "unwritable"


class Question(NamedTuple):
    """What an agent is asked: the paths as the job was submitted with them; "" where there is none."""

    scene: str
    """The file that it has to read."""
    folder: str
    """The folder into which it has to write."""


class Sight(NamedTuple):
    """What an agent answered."""

    problem: Blindness | None = None
    path: str = ""
    """The file or folder of the problem, as the agent knows it."""


def question(data: Mapping[str, Any]) -> Question | None:
    """What agents have to see for a job with these data; None where nothing is known of its files."""
    scene, output = str(data.get("scene") or ""), str(data.get("output") or "")
    folder = "" if data.get("unchecked") else _folder(output)
    return Question(scene, folder) if scene or folder else None


def sight_words(hostname: str, sight: Sight) -> str:
    """What is wrong and what to do, as a sentence without its end; "" where nothing is."""
    name = file_name(sight.path)
    match sight.problem:
        case None:
            return ""
        case Blindness.UNSEEN:
            return f"{hostname} can't see {name}: put it on the share or map the path"
        case Blindness.UNREADABLE:
            return f"{hostname} may not read {name}: let the user that the agent runs as read it"
        case Blindness.UNWRITABLE:
            return f"{hostname} may not write into {name}: let the user that the agent runs as write there"


def _folder(path: str) -> str:
    """The folder of a file, if `path` is a whole one: agents work in other folders than we do."""
    flavour = ntpath if is_on_windows(path) else posixpath
    return flavour.dirname(path) if flavour.isabs(path) else ""


def file_name(path: str) -> str:
    """The last name of a path, whatever system it is of; of a scene's copy that of the scene."""
    name = (ntpath if is_on_windows(path) else posixpath).basename(path.rstrip("/\\"))
    return original_name(name) or name or path
