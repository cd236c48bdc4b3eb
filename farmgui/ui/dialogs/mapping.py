"""What a person means by "there this folder is called so", as a path map with a name for each system."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Final

from farmgui.domain.catalogue import PathMapRow
from farmgui.domain.errors import InvalidValue
from farmgui.domain.paths import is_on_windows
from farmgui.domain.snapshots import SightRow
from farmgui.ui.sight_feed import Seeing
from farmgui.ui.texts import listed

if TYPE_CHECKING:
    from farmgui.services.farm import Farm

SYSTEMS: Final[Mapping[str, str]] = {"linux": "Linux", "windows": "Windows", "mac": "macOS"}
HINTS: Final[Mapping[str, str]] = {"linux": "/mnt/show", "windows": "S:\\show", "mac": "/Volumes/show"}
NOWHERE: Final = "\\\\nowhere\\"
"""Begins the name on Windows that a map gets while nobody has said one: a map has one for each system."""
_MOST_TAGS: Final = 20


@dataclass(frozen=True, slots=True)
class Target:
    """The agents that a map is for."""

    words: str
    system: str
    """Which of a map's names is theirs."""
    tag: str | None = None
    """The map counts on agents with this tag only."""
    tagged: tuple[str, ...] = ()
    """The ids of the agents that are given the tag."""
    names: tuple[str, ...] = ()
    """Their hostnames."""

    def about(self) -> str:
        """Whom the map is for, as a sentence."""
        if self.tag is None:
            return f"The map counts on all agents on {SYSTEMS[self.system]}."
        if not self.tagged:
            return f'The map counts on agents with the tag "{self.tag}" only.'
        get = "gets" if len(self.names) == 1 else "get"
        return f'{listed(self.names)} {get} the tag "{self.tag}"; the map counts on agents with it only.'


@dataclass(frozen=True, slots=True)
class Known:
    """What the farm has already."""

    maps: Sequence[PathMapRow] = ()
    tags: Sequence[str] = ()
    tags_of: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The tags of the agents that a map may be for, by their ids."""


def read(farm: Farm, agent_ids: Sequence[str]) -> Known:
    """What the farm has now. Raises FarmError."""
    told = farm.agents.values(agent_ids)
    return Known(
        farm.path_maps.rows(),
        [row.name for row in farm.tags.rows()],
        {one["id"]: tuple(one["tags"]) for one in told},
    )


def system_of(os_class: str) -> str:
    """The name of a map that agents of this kind are told: one of SYSTEMS."""
    return os_class if os_class in ("windows", "mac") else "linux"


def own_system(path: str) -> str:
    """The system whose name `path` is, seen from this machine."""
    if is_on_windows(path):
        return "windows"
    return "mac" if sys.platform == "darwin" else "linux"


def folder_in(seeing: Seeing) -> str:
    """The folder that is to be mapped: that of the scene, unless all that is missing is where frames go."""
    if seeing.question is None:
        return ""
    scene, folder = seeing.question
    missing = {_pure(row.path).name for row in seeing.blind()}
    if folder and (not scene or _pure(scene).name not in missing):
        return folder
    return str(_pure(scene).parent)


def targets(blind: Sequence[SightRow], here: str, known: Known) -> list[Target]:
    """For whom of `blind`, at least one, a map may be; what is probably meant comes first.

    That is a map with a tag that counts already: another one would not go before it. Agents of this machine's
    own system have the same name for the folder, unless they are told apart by a tag: without one the map
    would count on this machine, too.
    """
    own = own_system(here)
    systems = list(dict.fromkeys(system_of(row.os_class) for row in blind))
    counting = dict.fromkeys(
        (system_of(row.os_class), tag) for row in blind if (tag := _counting(known, row, here)) is not None
    )
    found = [_with_tag(system, tag) for system, tag in counting]
    found += [Target(f"All agents on {SYSTEMS[system]}", system) for system in systems if system != own]
    for system in systems:
        rows = [row for row in blind if system_of(row.os_class) == system]
        if len(rows) > 1:
            words = f"The {len(rows)} agents on {SYSTEMS[system]} that can't see it"
            found.append(_tagged(words, system, f"map-{_word(_pure(here).name)}", rows))
        found += [_tagged(f"{row.hostname} only", system, _word(row.hostname), [row]) for row in rows]
    told = {target.tag for target in found}
    return found + [_with_tag(systems[0], tag) for tag in known.tags if tag not in told][:_MOST_TAGS]


def known_names(maps: Iterable[PathMapRow], path: str, target: Target) -> tuple[str, str]:
    """The folder here and there, by the map that counts already; `path` itself and "" where none does."""
    for row in sorted(_of(maps, target), key=lambda row: -max(map(len, _names(row)))):
        for name in _names(row):
            there = getattr(row, target.system)
            if _is_below(path, name) and name != there:
                return name, "" if there.startswith(NOWHERE) else there
    return path, ""


def names_of(here: str, there: str, target: Target) -> dict[str, str]:
    """A map's name on each system, by which `here` becomes `there` on the agents of `target`.

    Raises InvalidValue where that can't be said by a map.
    """
    names = {target.system: there}
    if is_on_windows(here):
        if target.system == "windows":
            raise InvalidValue(
                "A path map has one name for Windows. Give the folder the same name on both machines, like"
                " \\\\server\\show."
            )
        names["windows"] = here
    else:
        own = own_system(here)
        # A path is known by any of a map's names, whichever system it stands for.
        free = "mac" if target.system == "linux" else "linux"
        names[own if own != target.system else free] = here
    posix = next(names[system] for system in ("linux", "mac") if system in names)
    rest = {"linux": posix, "mac": posix, "windows": f"{NOWHERE}{_pure(here).name or 'files'}"}
    return {**rest, **names}


def store(farm: Farm, here: str, there: str, target: Target) -> None:
    """Add the map, or change the one that has this folder; give agents the tag. Raises FarmError."""
    names = names_of(here, there, target)
    known = next((row for row in _of(farm.path_maps.rows(), target) if _has(row, here)), None)
    if known is None:
        farm.path_maps.create(names["linux"], names["windows"], names["mac"], target.tag)
    else:
        others = [getattr(known, system) for system in SYSTEMS if system != target.system]
        kept = any(_same(name, here) for name in others)
        farm.path_maps.change(known.id, {target.system: there} if kept else names)
    if target.tag is not None and target.tagged:
        for told in farm.agents.values(target.tagged):
            if target.tag not in told["tags"]:
                farm.agents.change([told["id"]], {"tags": (*told["tags"], target.tag)})
    # What machines answered was about the names before; also between the map and the tag.
    farm.sights.forget()


def _with_tag(system: str, tag: str) -> Target:
    return Target(f"Agents with the tag {tag}", system, tag)


def _counting(known: Known, row: SightRow, path: str) -> str | None:
    """The tag of the map by which the agent is told `path`; None where it has none."""
    tags = known.tags_of.get(row.agent_id, ())
    found = [
        (len(name), -one.id, one.tag)
        for one in known.maps
        if one.tag is not None and one.tag in tags
        for name in _names(one)
        if _is_below(path, name)
    ]
    return max(found)[2] if found else None


def _tagged(words: str, system: str, tag: str, rows: Sequence[SightRow]) -> Target:
    ids, names = tuple(row.agent_id for row in rows), tuple(row.hostname for row in rows)
    return Target(words, system, tag, ids, names)


def _of(maps: Iterable[PathMapRow], target: Target) -> list[PathMapRow]:
    return [row for row in maps if row.tag == target.tag]


def _names(row: PathMapRow) -> tuple[str, str, str]:
    return row.linux, row.windows, row.mac


def _has(row: PathMapRow, here: str) -> bool:
    return any(_same(name, here) for name in _names(row))


def _same(name: str, other: str) -> bool:
    return is_on_windows(name) == is_on_windows(other) and _pure(name) == _pure(other)


def _is_below(path: str, folder: str) -> bool:
    return is_on_windows(path) == is_on_windows(folder) and _pure(path).is_relative_to(_pure(folder))


def _pure(path: str) -> PurePath:
    return PureWindowsPath(path) if is_on_windows(path) else PurePosixPath(path)


def _word(text: str) -> str:
    """`text` as a tag."""
    return re.sub(r"[\s,]+", "-", text).strip("-") or "files"
