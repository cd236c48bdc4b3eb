"""Tags: labels of jobs and agents, by which jobs ask for agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from farmgui.ui.dialogs.catalogue.parts import Catalogue, Deed, Entry, Field, Form, Values, always, required

if TYPE_CHECKING:
    from farmgui.services.farm import Farm


def read(farm: Farm) -> tuple[Entry, ...]:
    """All tags, with how many carry and ask for them."""
    return tuple(
        Entry(row.name, (row.name, _count(row.agents), _count(row.asked_by), _count(row.jobs)), row)
        for row in farm.tags.rows()
    )


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _form(entry: Entry | None, _entries: tuple[Entry, ...]) -> Form:
    name = Field("name", "Tag", entry.key if entry else "", required("A tag"), hint="gpu")
    return Form(f"Tag {entry.key}" if entry else "New tag", (name,), "Save" if entry else "Add")


def _remove(farm: Farm, entry: Entry | None, _values: Values) -> None:
    if entry is not None:
        farm.tags.remove(entry.key)


def _rename(farm: Farm, entry: Entry | None, values: Values) -> None:
    if entry is not None:
        farm.tags.rename(entry.key, values["name"])


TAGS: Final = Catalogue(
    "tags",
    "Tags",
    'Labels of agents and jobs. A job asks for agents with a tag, or with "-" before it for those without.',
    ("Tag", "Agents with it", "Jobs that ask for it", "Jobs with it"),
    read,
    (
        Deed(
            "&Add…",
            lambda farm, _entry, values: farm.tags.create(values["name"]),
            lambda _entry, entries: _form(None, entries),
            enabled=always,
        ),
        Deed("&Rename…", _rename, _form, tip="Also on all that carry it", on_enter=True),
        Deed(
            "Re&move…",
            _remove,
            question=lambda entry: (
                f"Remove the tag {entry.key}?",
                "It is taken from all agents and jobs that carry it. While jobs ask for it, it stays.",
            ),
            on_delete=True,
        ),
    ),
    empty="No tag yet.",
    numbers=frozenset({1, 2, 3}),
)
