"""People: their mail addresses, their roles, and whether their accounts count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from farmgui.domain.catalogue import UserRow
from farmgui.domain.errors import InvalidValue
from farmgui.ui.dialogs.catalogue.parts import (
    Catalogue,
    Deed,
    Entry,
    Field,
    Form,
    Values,
    always,
    names,
    required,
)
from farmgui.ui.texts import moment

if TYPE_CHECKING:
    from farmgui.services.farm import Farm


def read(farm: Farm) -> tuple[Entry, ...]:
    """All people."""
    return tuple(_entry(row) for row in farm.people.rows())


def _entry(row: UserRow) -> Entry:
    state = "active" if row.active else "inactive"
    if row.active and row.expiration is not None:
        state = f"until {moment(row.expiration)[:10]}"
    cells = (row.name, row.email or "", ", ".join(row.roles), state, f"{row.jobs:,}" if row.jobs else "")
    return Entry(row.name, cells, row)


def _email(text: str) -> object:
    text = text.strip()
    name, at, place = text.partition("@")
    if text and (not name or not at or not place or " " in text):
        raise InvalidValue(
            f'"{text}" is no mail address. Write it like ana@studio.example, or leave it empty.'
        )
    return text or None


def _fields(row: UserRow | None) -> tuple[Field, ...]:
    roles = ", ".join(row.roles) if row else ""
    return (
        Field(
            "email",
            "Mail address",
            (row.email or "") if row else "",
            _email,
            hint="no mail",
            tip="Where messages about jobs go",
        ),
        Field("roles", "Roles", roles, names, hint="none", tip="Names with commas between them"),
        Field("active", "The account counts", "yes" if row is None or row.active else "", check=True),
    )


def _new(_entry: Entry | None, _entries: tuple[Entry, ...]) -> Form:
    name = Field("name", "Name", parse=required("The name of a user"), tip="The name of their account")
    return Form("New user", (name, *_fields(None)), "Add")


def _change(entry: Entry | None, _entries: tuple[Entry, ...]) -> Form:
    return Form(f"User {entry.key}" if entry else "User", _fields(entry.row if entry else None))


def _create(farm: Farm, _entry: Entry | None, values: Values) -> None:
    farm.people.create(values["name"], {name: values[name] for name in values if name != "name"})


def _store(farm: Farm, entry: Entry | None, values: Values) -> None:
    if entry is not None:
        farm.people.change(entry.key, values)


def _remove(farm: Farm, entry: Entry | None, _values: Values) -> None:
    if entry is not None:
        farm.people.remove(entry.key)


PEOPLE: Final = Catalogue(
    "people",
    "Users",
    "The people whose jobs these are. A person is added by their first job; with a mail address they can be "
    "told how jobs end.",
    ("User", "Mail address", "Roles", "Account", "Jobs"),
    read,
    (
        Deed("&Add…", _create, _new, enabled=always),
        Deed("&Edit…", _store, _change, on_enter=True),
        Deed(
            "&Remove…",
            _remove,
            question=lambda entry: (f"Remove the user {entry.key}?", "A user with jobs can't be removed."),
            on_delete=True,
        ),
    ),
    empty="Nobody yet: a person is added by their first job.",
    numbers=frozenset({4}),
)
