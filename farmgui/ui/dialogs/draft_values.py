"""The values of a draft by the name of the job's column, whichever part of the draft keeps them."""

from __future__ import annotations

from dataclasses import MISSING, fields, replace
from typing import Final

from farmgui.domain.specs import JobSpec
from farmgui.submission.draft import Draft

OWN: Final = frozenset({"priority", "weight", "batch", "cpus", "ram"})
"""Columns that are fields of Draft; the others are in `Draft.more`."""
EVERYDAY: Final = ("cpus", "ram", "gpus", "ram_warning", "ram_max", "requeue", "weight", "notes")
"""What is behind "More"."""
FURTHER: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (
        "Agents and licences",
        (
            "minimum_agents",
            "maximum_agents",
            "most_per_agent",
            "agent_tags",
            "software",
            "limits",
            "agents",
        ),
    ),
    (
        "Order and time",
        ("preview", "num_tiles", "start_after", "most_failures", "timeout", "silence_timeout"),
    ),
    ("People and other jobs", ("group", "user", "tags", "parents", "notify")),
    ("Program and afterwards", ("environ", "autodelete_time", "output_link", "hidden")),
)
"""What is a step further behind it, in sections that fold."""
SHARED: Final = ("batch", "priority", *EVERYDAY, *(name for _title, names in FURTHER for name in names))
"""Columns that "Apply to all" gives to every job; beside them go queue and scene copy."""

_DEFAULTS: Final[dict[str, object]] = {
    **{item.name: item.default for item in fields(JobSpec) if item.default is not MISSING},
    "environ": {},
    "gpus": 0,
}


def value_in(draft: Draft, name: str) -> object:
    """The value of a column as the job will have it: the job type's own where the draft says nothing."""
    if name not in OWN:
        own = getattr(draft.definition, name, None) if name == "gpus" else None
        return draft.more.get(name, own or _DEFAULTS[name])
    value = getattr(draft, name)
    return getattr(draft.definition, name) if value is None else value


def with_value(draft: Draft, name: str, value: object) -> Draft:
    """The draft with another value of a column."""
    if value == value_in(draft, name):
        return draft
    if name in OWN:
        return replace(draft, **{name: value})  # type: ignore[arg-type]  # The name is one of OWN.
    return replace(draft, more={**draft.more, name: value})


def with_shared(draft: Draft, source: Draft) -> Draft:
    """The draft with what "Apply to all" takes from `source`; what `source` leaves to its type stays so."""
    own = {name: getattr(source, name) for name in SHARED if name in OWN}
    more = {name: value for name, value in draft.more.items() if name not in SHARED}
    more |= {name: value for name, value in source.more.items() if name in SHARED}
    copies = source.copy_scene if draft.definition.scene_copy else draft.copy_scene
    return replace(draft, **own, more=more, queue=source.queue, copy_scene=copies)
