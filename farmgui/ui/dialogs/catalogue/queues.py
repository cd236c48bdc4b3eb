"""The queue tree: places that share the farm, with what each may have of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from farmgui.domain.limits import JOB_LIMITS
from farmgui.domain.snapshots import QueueRow
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
    whole_text,
)
from farmgui.ui.texts import many

if TYPE_CHECKING:
    from farmgui.services.farm import Farm

NUMBERS: Final = ("priority", "weight", "minimum_agents", "maximum_agents")
_TIPS: Final = {
    "priority": "Among the queues and jobs at one place, a higher priority is always served first.",
    "weight": "Among those of one priority the agents are shared in proportion to the weights.",
    "minimum_agents": "Agents that the queue has before anybody gets more than their own minimum.",
    "maximum_agents": "Agents that all jobs of the queue and of those below it have together, at most.",
}


def read(farm: Farm) -> tuple[Entry, ...]:
    """The tree, with how many jobs stand in each queue itself."""
    below: dict[int | None, list[QueueRow]] = {}
    for queue in farm.queries.queues():
        below.setdefault(queue.parent_id, []).append(queue)

    def entries(parent: int | None) -> tuple[Entry, ...]:
        return tuple(
            Entry(queue.path, _cells(queue), queue, entries(queue.id), tip=queue.path)
            for queue in sorted(below.get(parent, ()), key=lambda queue: queue.name.casefold())
        )

    return entries(None)


def _cells(queue: QueueRow) -> tuple[str, ...]:
    numbers = (whole_text(JOB_LIMITS[name], getattr(queue, name)) for name in NUMBERS)
    return (queue.name, *numbers, f"{queue.jobs:,}" if queue.jobs else "")


def _fields(queue: QueueRow | None) -> tuple[Field, ...]:
    defaults = {"priority": 0, "weight": 10}
    return tuple(
        Field(
            name,
            JOB_LIMITS[name].title,
            whole_text(JOB_LIMITS[name], getattr(queue, name) if queue else defaults.get(name)),
            whole(JOB_LIMITS[name]),
            tip=_TIPS[name],
        )
        for name in NUMBERS
    )


def _places(entries: tuple[Entry, ...], but: str = "") -> tuple[tuple[str, str], ...]:
    """Where a queue can be: the root, and every queue that isn't below the one at the path `but`."""
    found: list[tuple[str, str]] = []
    for entry in entries:
        if entry.key != but:
            found += [(entry.key, entry.key), *_places(entry.children, but)[1:]]
    return (("/", "/ (the root)"), *found)


def _new(entry: Entry | None, entries: tuple[Entry, ...]) -> Form:
    parent = Field("parent", "Inside", entry.key if entry else "/", choices=_places(entries))
    name = Field("name", "Name", parse=required("The name of a queue"))
    return Form("New queue", (name, parent, *_fields(None)), "Add")


def _change(entry: Entry | None, entries: tuple[Entry, ...]) -> Form:
    queue: QueueRow | None = entry.row if entry else None
    path = queue.path if queue else ""
    name = Field("name", "Name", queue.name if queue else "", required("The name of a queue"))
    above = path.rpartition("/")[0] or "/"
    parent = Field("parent", "Inside", above, choices=_places(entries, path))
    return Form(f"Queue {path}", (name, parent, *_fields(queue)))


def _numbers(values: Values) -> dict[str, int | None]:
    return {name: values[name] for name in NUMBERS}


def _create(farm: Farm, _entry: Entry | None, values: Values) -> None:
    farm.queues.create(f"{values['parent']}/{values['name']}", _numbers(values))


def _store(farm: Farm, entry: Entry | None, values: Values) -> None:
    if entry is None:
        return
    queue: QueueRow = entry.row
    farm.queues.change(queue.id, _numbers(values))
    if values["parent"] != (queue.path.rpartition("/")[0] or "/"):
        farm.queues.move(queue.id, values["parent"])
    if values["name"] != queue.name:
        farm.queues.rename(queue.id, values["name"])


def _remove(farm: Farm, entry: Entry | None, _values: Values) -> None:
    if entry is not None:
        farm.queues.remove(entry.row.id)


def _question(entry: Entry) -> tuple[str, str]:
    below = f" {many(len(entry.children), 'queue')} below it would be in the way." if entry.children else ""
    return f"Remove the queue {entry.key}?", f"A queue that holds jobs or queues can't be removed.{below}"


QUEUES: Final = Catalogue(
    "queues",
    "Queues",
    "Queues share the farm among shows, departments or people. Jobs without a queue stand at the root, "
    "beside the topmost queues.",
    ("Queue", "Priority", "Weight", "Minimum agents", "Maximum agents", "Jobs"),
    read,
    (
        Deed("&Add…", _create, _new, enabled=always, tip="A new queue, inside the selected one"),
        Deed("&Edit…", _store, _change, tip="Rename, move, or change what it may have", on_enter=True),
        Deed("&Remove…", _remove, question=_question, on_delete=True),
    ),
    empty="No queue yet: all jobs share the farm by their own priority and weight.",
    numbers=frozenset({1, 2, 3, 4, 5}),
)
