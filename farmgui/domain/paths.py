"""Path maps: a place that each system knows by another name, in the words of the system that needs it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

from farmgui.domain.orders import BatchOrder

_BEGINNINGS: Final = re.compile(r"[=\"']")
"""Behind these a path may begin, as in --out=/shots/a or +I"/shots/a.pov"."""
_ON_WINDOWS: Final = re.compile(r"[A-Za-z]:|[\\/]{2}[^\\/]")


class PathNames(Protocol):
    """One place under the names that each system has for it; with `tag`, for agents with that tag only."""

    @property
    def linux(self) -> str: ...
    @property
    def windows(self) -> str: ...
    @property
    def mac(self) -> str: ...
    @property
    def tag(self) -> str | None: ...


class _Match(NamedTuple):
    tagged: bool
    length: int
    earlier: int
    names: PathNames
    name: str
    end: int


def map_path(text: str, maps: Sequence[PathNames], os_class: str, tags: Collection[str]) -> str:
    """`text` as an agent of the kind `os_class` with these `tags` has to be told it.

    A path that begins with a name that a map has, for whatever system, and up to the end of a folder's name,
    gets the agent's own name instead; also one that begins inside of an argument, behind "=" or a quotation
    mark. Maps with a tag go before those without, longer names before shorter ones. A system that is neither
    Windows nor macOS is told Linux's names. On Windows' names both slashes are one and case doesn't matter.
    """
    fitting = [names for names in maps if names.tag is None or names.tag in tags]
    if not fitting:
        return text
    for start in (0, *(match.end() for match in _BEGINNINGS.finditer(text))):
        found = _best(text, start, fitting)
        if found is not None:
            return f"{text[:start]}{_renamed(found, text[found.end :], os_class)}"
    return text


def map_order(
    order: BatchOrder, maps: Sequence[PathNames], os_class: str, tags: Collection[str]
) -> BatchOrder:
    """The order in the words of its agent: commands, files, folders and variables; maps as in `map_path`."""
    if not maps:
        return order

    def mapped(text: str) -> str:
        return map_path(text, maps, os_class, tags)

    return replace(
        order,
        tasks=tuple(
            replace(
                task,
                log=mapped(task.log),
                argv=tuple(map(mapped, task.argv)),
                outputs=tuple(map(mapped, task.outputs)),
            )
            for task in order.tasks
        ),
        argv=tuple(map(mapped, order.argv)),
        cwd=None if order.cwd is None else mapped(order.cwd),
        environ={name: mapped(value) for name, value in order.environ.items()},
        watched=None if order.watched is None else mapped(order.watched),
    )


def _best(text: str, start: int, maps: Sequence[PathNames]) -> _Match | None:
    found: list[_Match] = []
    for number, names in enumerate(maps):
        for name in (names.linux, names.windows, names.mac):
            match = _pattern(name).match(text, start)
            if match is not None:
                length = match.end() - start
                found.append(_Match(names.tag is not None, length, -number, names, name, match.end()))
    return max(found, key=lambda match: match[:3], default=None)


def _renamed(match: _Match, rest: str, os_class: str) -> str:
    """The agent's name for the place, and what follows it with the agent's slashes."""
    own = {"windows": match.names.windows, "mac": match.names.mac}.get(os_class, match.names.linux)
    was, becomes = is_on_windows(match.name), is_on_windows(own)
    if was and not becomes:
        rest = rest.replace("\\", "/")
    elif becomes and not was:
        rest = rest.replace("/", "/" if "/" in own else "\\")
    return own.rstrip("\\/" if becomes else "/") + rest if rest[:1] in ("/", "\\") else own + rest


def is_on_windows(name: str) -> bool:
    """Whether a path is a whole one of Windows: on a drive or a server."""
    return _ON_WINDOWS.match(name) is not None


@lru_cache(maxsize=1024)
def _pattern(name: str) -> re.Pattern[str]:
    """What begins a path in the place called `name`, up to the end of the name of a folder."""
    if not is_on_windows(name):
        bare = name.rstrip("/")
        # The whole of a disk is the beginning of all its paths.
        return re.compile(rf"{re.escape(bare)}(?=/|$|[\"'])" if bare else r"(?=/)")
    parts = re.split(r"[\\/]", name.rstrip("\\/"))
    written = r"[\\/]".join(map(re.escape, parts))
    return re.compile(rf"{written}(?=[\\/]|$|[\"'])", re.IGNORECASE)
