"""Job types as files: each `.toml` of a folder is one job type."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

from farmgui.domain.errors import NotFound
from farmgui.domain.jobtypes import BadJobType, JobTypeDefinition, parse_definition


def load(folder: Path) -> list[tuple[JobTypeDefinition, str]]:
    """Every definition in `folder` with the text of its file, by name.

    Raises BadJobType, naming the file and the place in it, for one that can't be read.
    """
    found: dict[str, tuple[JobTypeDefinition, str]] = {}
    for path in sorted(folder.glob("*.toml")):
        definition, text = load_file(path)
        if definition.name in found:
            raise BadJobType(f'{path.name}: there is another job type named "{definition.name}".')
        found[definition.name] = (definition, text)
    return list(found.values())


def load_file(path: Path) -> tuple[JobTypeDefinition, str]:
    """The definition in one file, and its text. Raises BadJobType."""
    try:
        text = path.read_text(encoding="utf-8")
        return parse_definition(tomllib.loads(text), path.name), text
    except OSError as error:
        raise BadJobType(f"{path.name} can't be read: {error.strerror or error}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadJobType(f"{path.name} is no TOML file: {error}.") from error


def by_name(definitions: Sequence[JobTypeDefinition], name: str) -> JobTypeDefinition:
    """The definition called `name`; raises NotFound, naming those that there are."""
    for definition in definitions:
        if definition.name == name:
            return definition
    names = ", ".join(item.name for item in definitions) or "none"
    raise NotFound(f'There is no job type "{name}". There are: {names}.')
