"""Limits: licences and whatever else the farm has only so much of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from farmgui.domain.catalogue import LimitRow
from farmgui.domain.requirements import Per
from farmgui.services.limits import AMOUNT
from farmgui.ui.dialogs.catalogue.parts import (
    Catalogue,
    Deed,
    Entry,
    Field,
    Form,
    Values,
    always,
    required,
    whole,
)
from farmgui.ui.texts import many, one_line

if TYPE_CHECKING:
    from farmgui.services.farm import Farm

PER_WORDS: Final = {
    Per.TASK: "each running batch of tasks",
    Per.AGENT: "each agent that works for a job",
    Per.JOB: "each job at work",
}


def read(farm: Farm) -> tuple[Entry, ...]:
    """All limits, also those that jobs name and nobody has defined."""
    return tuple(_entry(row) for row in farm.limits.rows())


def _entry(row: LimitRow) -> Entry:
    if not row.known:
        tip = f'{many(row.jobs, "job")} name "{row.name}" and wait: nobody has said how much of it there is.'
        return Entry(row.name, (row.name, "not defined", "", "", str(row.jobs), ""), row, (), tip, "warning")
    tip = f"{row.in_use:,} of {row.amount:,} in use, counted for {PER_WORDS[row.per]}."
    jobs = f"{row.jobs:,}" if row.jobs else ""
    cells = (row.name, f"{row.amount:,}", PER_WORDS[row.per], f"{row.in_use:,}", jobs, one_line(row.notes))
    full = "warning" if row.amount and row.in_use > row.amount else ""
    return Entry(row.name, cells, row, (), tip, full)


def _form(entry: Entry | None, title: str, verb: str) -> Form:
    row: LimitRow | None = entry.row if entry is not None else None
    known = row is not None and row.known
    name = Field(
        "name",
        "Name",
        row.name if row else "",
        required("The name of a limit"),
        hint="nuke",
        tip="As jobs name it",
    )
    amount = Field(
        "amount",
        "Amount",
        str(row.amount) if row and known else "",
        whole(AMOUNT),
        tip="How much of it the whole farm has, like the number of licences. 0: nothing that names it runs.",
    )
    per = Field(
        "per",
        "Counted for",
        str(row.per) if row else str(Per.TASK),
        Per,
        tip="A floating licence is mostly counted for each agent, a seat of a renderer for each batch.",
        choices=tuple((str(per), words) for per, words in PER_WORDS.items()),
    )
    return Form(
        title, (name, amount, per, Field("notes", "Notes", row.notes if row else "", lines=True)), verb
    )


def _new(entry: Entry | None, _entries: tuple[Entry, ...]) -> Form:
    unknown = entry if entry is not None and not entry.row.known else None
    return _form(unknown, "New limit", "Add")


def _change(entry: Entry | None, _entries: tuple[Entry, ...]) -> Form:
    return _form(entry, f"Limit {entry.key}" if entry else "Limit", "Save")


def _create(farm: Farm, _entry: Entry | None, values: Values) -> None:
    farm.limits.put(values["name"], values["amount"], values["per"], values["notes"])


def _store(farm: Farm, entry: Entry | None, values: Values) -> None:
    if entry is not None and entry.row.known and values["name"] != entry.key:
        farm.limits.rename(entry.key, values["name"])
    _create(farm, entry, values)


def _remove(farm: Farm, entry: Entry | None, _values: Values) -> None:
    if entry is not None:
        farm.limits.remove(entry.key)


LIMITS: Final = Catalogue(
    "limits",
    "Limits",
    "What the whole farm has only so much of, like licences. A job names the limits that it uses; where one "
    "is used up, or isn't defined here, the job waits and says so.",
    ("Limit", "Amount", "Counted for", "In use", "Jobs", "Notes"),
    read,
    (
        Deed(
            "&Add…", _create, _new, enabled=always, tip="A new limit; a name that jobs use already is offered"
        ),
        Deed("&Edit…", _store, _change, on_enter=True),
        Deed(
            "&Remove…",
            _remove,
            question=lambda entry: (
                f"Remove the limit {entry.key}?",
                "It can't be removed while unfinished jobs name it: they would wait for ever.",
            ),
            enabled=lambda entry: entry is not None and entry.row.known,
            on_delete=True,
        ),
    ),
    empty="No limit: nothing on this farm is short.",
    numbers=frozenset({1, 3, 4}),
)
