"""Path maps: one folder under the names that each system has for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from farmgui.domain.catalogue import PathMapRow
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

if TYPE_CHECKING:
    from farmgui.services.farm import Farm


def read(farm: Farm) -> tuple[Entry, ...]:
    """All maps."""
    return tuple(
        Entry(str(row.id), (row.linux, row.windows, row.mac, row.tag or "all agents"), row)
        for row in farm.path_maps.rows()
    )


def _form(entry: Entry | None, _entries: tuple[Entry, ...]) -> Form:
    row: PathMapRow | None = entry.row if entry is not None else None
    fields = (
        Field("linux", "Linux", row.linux if row else "", required("The folder on Linux"), hint="/mnt/show"),
        Field(
            "windows",
            "Windows",
            row.windows if row else "",
            required("The folder on Windows"),
            hint="\\\\server\\show",
        ),
        Field("mac", "macOS", row.mac if row else "", required("The folder on macOS"), hint="/Volumes/show"),
        Field(
            "tag",
            "Only with tag",
            (row.tag or "") if row else "",
            optional,
            hint="all agents",
            tip="A map with a tag counts on agents with this tag, and goes before one without.",
        ),
    )
    return Form("Path map" if entry else "New path map", fields, "Save" if entry else "Add")


def _create(farm: Farm, _entry: Entry | None, values: Values) -> None:
    farm.path_maps.create(values["linux"], values["windows"], values["mac"], values["tag"])


def _store(farm: Farm, entry: Entry | None, values: Values) -> None:
    if entry is not None:
        farm.path_maps.change(entry.row.id, values)


def _remove(farm: Farm, entry: Entry | None, _values: Values) -> None:
    if entry is not None:
        farm.path_maps.remove(entry.row.id)


PATH_MAPS: Final = Catalogue(
    "path-maps",
    "Path maps",
    "The same folder under the names that each system has for it: a job that was submitted on one system "
    "runs on agents of another.",
    ("Linux", "Windows", "macOS", "For agents with"),
    read,
    (
        Deed("&Add…", _create, lambda _entry, entries: _form(None, entries), enabled=always),
        Deed("&Edit…", _store, _form, on_enter=True),
        Deed(
            "&Remove…",
            _remove,
            question=lambda entry: (
                f"Remove the map of {entry.cells[0]}?",
                "Paths stay as they are written then.",
            ),
            on_delete=True,
        ),
    ),
    empty="No path map: paths are taken as they are written.",
)
