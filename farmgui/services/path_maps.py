"""Path maps: one place under the names that each system has for it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from farmgui.domain.catalogue import PathMapRow
from farmgui.domain.errors import InvalidValue, NotFound
from farmgui.domain.paths import is_on_windows
from farmgui.models import PathMap, Tag
from farmgui.services.catalogue import Commands
from farmgui.services.tags import tag_id

PATH_LENGTH = 512
_COLUMNS: Mapping[str, str] = {"linux": "path_linux", "windows": "path_windows", "mac": "path_osx"}
_SYSTEMS: Mapping[str, tuple[str, str]] = {
    "linux": ("Linux", "/mnt/show"),
    "windows": ("Windows", "S:\\show"),
    "mac": ("macOS", "/Volumes/show"),
}


class PathMaps(Commands):
    """Commands on path maps, by number."""

    def rows(self) -> list[PathMapRow]:
        """All maps, in the order in which they were made."""
        with self._database.reading() as session:
            return read_path_maps(session)

    def create(self, linux: str, windows: str, mac: str, tag: str | None = None) -> int:
        """Add a map; returns its number. Raises InvalidValue."""
        values = {"linux": linux, "windows": windows, "mac": mac}
        with self._changing() as session:
            made = PathMap(**{_COLUMNS[name]: _checked(name, value) for name, value in values.items()})
            made.tag_id = tag_id(session, tag) if tag else None
            session.add(made)
            session.flush()
            return made.id

    def change(self, number: int, values: Mapping[str, str | None]) -> None:
        """Set `linux`, `windows`, `mac` or `tag`. Raises NotFound and InvalidValue."""
        with self._changing() as session:
            one = _known(session, number)
            for name, value in values.items():
                if name == "tag":
                    one.tag_id = tag_id(session, value) if value else None
                elif name in _COLUMNS:
                    setattr(one, _COLUMNS[name], _checked(name, value or ""))
                else:
                    raise InvalidValue(f'"{name}" of a path map can\'t be changed.')

    def remove(self, number: int) -> None:
        """Remove a map. Raises NotFound."""
        with self._changing() as session:
            session.delete(_known(session, number))


def read_path_maps(session: Session) -> list[PathMapRow]:
    """All maps, in the order in which they were made."""
    rows = session.execute(
        select(PathMap.id, PathMap.path_linux, PathMap.path_windows, PathMap.path_osx, Tag.tag)
        .outerjoin(Tag, Tag.id == PathMap.tag_id)
        .order_by(PathMap.id)
    )
    return [PathMapRow(*row) for row in rows]


def _known(session: Session, number: int) -> PathMap:
    one = session.get(PathMap, number)
    if one is None:
        raise NotFound(f"There is no path map {number}.")
    return one


def _checked(name: str, path: str) -> str:
    """A folder as it is stored; a word alone would be changed wherever a command has it."""
    path = path.strip()
    if not path or len(path) > PATH_LENGTH or not path.isprintable():
        raise InvalidValue(f"A path map names a folder on each system, with 1 to {PATH_LENGTH} characters.")
    begins = is_on_windows(path) if name == "windows" else path.startswith("/")
    if not begins:
        system, example = _SYSTEMS[name]
        raise InvalidValue(
            f'"{path}" is no whole path on {system}. Write it from its beginning, like {example}.'
        )
    return path
