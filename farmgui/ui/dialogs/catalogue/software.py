"""Software: programs that jobs need and agents have, and the order of their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from farmgui.domain.catalogue import SoftwareRow, VersionRow
from farmgui.ui.dialogs.catalogue.parts import (
    Catalogue,
    Deed,
    Entry,
    Field,
    Form,
    Values,
    always,
    optional,
    required,
)
from farmgui.ui.texts import many

if TYPE_CHECKING:
    from farmgui.services.farm import Farm


def read(farm: Farm) -> tuple[Entry, ...]:
    """Programs, each with its versions, the newest first."""
    return tuple(_entry(row) for row in farm.software.rows())


def _entry(row: SoftwareRow) -> Entry:
    versions = tuple(_version(row, version) for version in reversed(row.versions))
    tip = f"{row.name}: {many(len(versions), 'version')}"
    return Entry(row.name, (row.name, "", ""), row, versions, tip)


def _version(software: SoftwareRow, row: VersionRow) -> Entry:
    place = software.versions.index(row)
    newer = f"newer than {software.versions[place - 1].version}" if place else "the oldest"
    tip = f"{software.name} {row.version}: {newer}; {many(row.agents, 'agent')} with it."
    agents = many(row.agents, "agent") if row.agents else ""
    cells = (row.version, "a new agent has it" if row.default else "", agents)
    return Entry(f"{software.name} {row.version}", cells, (software, row), (), tip)


def _is_version(entry: Entry | None) -> bool:
    return entry is not None and isinstance(entry.row, tuple)


def _name(entry: Entry | None) -> str:
    """The program that is selected, or whose version is."""
    if entry is None:
        return ""
    software: SoftwareRow = entry.row[0] if isinstance(entry.row, tuple) else entry.row
    return software.name


def _new(_entry: Entry | None, _entries: tuple[Entry, ...]) -> Form:
    name = Field(
        "name", "Name", parse=required("The name of a program"), hint="blender", tip="As jobs name it"
    )
    first = Field(
        "version", "First version", parse=optional, hint="4.2", tip="More are added later, newest last"
    )
    return Form("New software", (name, first), "Add")


def _create(farm: Farm, _entry: Entry | None, values: Values) -> None:
    farm.software.create(values["name"])
    if values["version"]:
        farm.software.add_version(values["name"], values["version"])


def _new_version(entry: Entry | None, _entries: tuple[Entry, ...]) -> Form:
    version = Field(
        "version", "Version", parse=required("A version"), tip="It becomes the newest; move it then."
    )
    return Form(f"New version of {_name(entry)}", (version, _default(on=False)), "Add")


def _default(*, on: bool) -> Field:
    return Field("default", "A new agent is taken to have it", "yes" if on else "", check=True)


def _add_version(farm: Farm, entry: Entry | None, values: Values) -> None:
    farm.software.add_version(_name(entry), values["version"], default=values["default"])


def _change(entry: Entry | None, _entries: tuple[Entry, ...]) -> Form:
    if entry is not None and isinstance(entry.row, tuple):
        row: VersionRow = entry.row[1]
        version = Field("version", "Version", row.version, required("A version"))
        return Form(f"{_name(entry)} {row.version}", (version, _default(on=row.default)))
    return Form("Software", (Field("name", "Name", _name(entry), required("The name of a program")),))


def _store(farm: Farm, entry: Entry | None, values: Values) -> None:
    if entry is None:
        return
    if "name" in values:
        farm.software.rename(entry.key, values["name"])
        return
    software, row = entry.row
    farm.software.change_version(software.name, row.version, new=values["version"], default=values["default"])


def _move(farm: Farm, entry: Entry | None, *, newer: bool) -> None:
    if entry is None:
        return
    software, row = entry.row
    farm.software.move_version(software.name, row.version, newer=newer)


def _remove(farm: Farm, entry: Entry | None, _values: Values) -> None:
    if entry is None:
        return
    if isinstance(entry.row, tuple):
        farm.software.remove_version(entry.row[0].name, entry.row[1].version)
    else:
        farm.software.remove(entry.key)


def _question(entry: Entry) -> tuple[str, str]:
    text = "Agents no longer have it then. It can't be removed while jobs or job types need it."
    return f"Remove {entry.key}?", text


SOFTWARE: Final = Catalogue(
    "software",
    "Software",
    "Programs that jobs need and agents have. The order of the versions is the one below, newest first: a "
    'job that needs "blender 3.6..4.2" takes agents with a version between the two.',
    ("Software and version", "Default", "Agents"),
    read,
    (
        Deed("&Add software…", _create, _new, enabled=always),
        Deed("Add &version…", _add_version, _new_version, tip="A new version of the selected program"),
        Deed("&Edit…", _store, _change, on_enter=True),
        Deed(
            "Move &up",
            lambda farm, entry, _values: _move(farm, entry, newer=True),
            enabled=_is_version,
            tip="Let it count as newer than the version above",
        ),
        Deed(
            "Move &down",
            lambda farm, entry, _values: _move(farm, entry, newer=False),
            enabled=_is_version,
            tip="Let it count as older than the version below",
        ),
        Deed("&Remove…", _remove, question=_question, on_delete=True),
    ),
    empty="No software: jobs take any agent.",
)
