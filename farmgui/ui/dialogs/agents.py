"""The form of one agent or several: what tasks may use of it, what it has, and what it says of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from farmgui.domain.allocations import share_of
from farmgui.domain.errors import InvalidValue
from farmgui.ui.dialogs.catalogue.parts import Field, Form, names
from farmgui.ui.texts import listed, memory

Told = Sequence[Mapping[str, Any]]
"""What `Agents.values` gives, one for each agent."""


def agents_form(agents: Told, tags: Sequence[str], software: Sequence[str]) -> Form:
    """The form for these agents; `tags` and `software` ("blender 4.2") are offered."""
    one = agents[0]["hostname"] if len(agents) == 1 else f"{len(agents)} agents"
    return Form(
        f"Agent {one}" if len(agents) == 1 else one,
        (
            _field(agents, "tags", "Tags", _tags_text, names, offers=tuple(tags), hint="none"),
            _field(
                agents,
                "software",
                "Software",
                _software_text,
                _software_reader(software),
                offers=tuple(software),
                between=",",
                hint="none",
                tip="Programs with their version and commas between them, like: blender 4.2, nuke 14.0. What"
                " an agent finds itself is here too, and comes back when it is taken away.",
            ),
            _share(agents, "cpu_allocation", "CPUs for tasks", "cpus", _cpus),
            _share(agents, "ram_allocation", "Memory for tasks", "ram", _ram),
            _field(agents, "notes", "Notes", str, lambda text: text, lines=True),
        ),
        only_changed=True,
        facts=_facts(agents[0]) if len(agents) == 1 else (),
    )


def _field(
    agents: Told,
    name: str,
    title: str,
    text: Callable[[Any], str],
    parse: Callable[[str], object],
    **more: Any,
) -> Field:
    values = {text(agent[name]) for agent in agents}
    same = values.pop() if len(values) == 1 else ""
    return Field(name, title, same, parse, differs=len(agents) > 1 and not same and bool(values), **more)


def _share(agents: Told, name: str, title: str, of: str, words: Callable[[int, float], str]) -> Field:
    def said(share: Any) -> str:
        return listed(
            words(agent[of], share)
            if len(agents) == 1
            else f"{words(agent[of], share)} on {agent['hostname']}"
            for agent in agents
        )

    return _field(
        agents,
        name,
        title,
        lambda share: f"{share * 100:.4g} %",
        lambda text: _percent(title, text),
        words=said,
        tip="The share of the machine that tasks may use. The rest is left to whoever works at it.",
    )


def _percent(title: str, text: str) -> object:
    try:
        number = float(text.replace(",", ".").removesuffix("%").strip())
    except ValueError:
        number = -1.0
    if not 0 <= number <= 100:
        raise InvalidValue(f"{title} is a share from 0 to 100 %, like 75 %.")
    return number / 100


def _cpus(cpus: int, share: float) -> str:
    return f"{share_of(cpus, share, least=1)} of {cpus} cpus"


def _ram(ram: int, share: float) -> str:
    return f"{memory(share_of(ram, share))} of {memory(ram)}"


def _tags_text(tags: Sequence[str]) -> str:
    return ", ".join(tags)


def _software_text(software: Sequence[tuple[str, str]]) -> str:
    return ", ".join(" ".join(pair) for pair in software)


def _software_reader(known: Sequence[str]) -> Callable[[str], object]:
    def parse(text: str) -> object:
        found = []
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, _, version = part.partition(" ")
            if part not in known:
                versions = [one for one in known if one.partition(" ")[0] == name]
                there = f"Known are: {listed(versions, 8)}." if versions else "Farm → Software adds it."
                raise InvalidValue(f'"{part}" is no software with a version that the farm knows. {there}')
            found.append((name, version.strip()))
        return tuple(dict.fromkeys(found))

    return parse


def _facts(agent: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    gpus = "\n".join(f"{name}{f', {memory(ram)}' if ram else ''}" for _number, name, ram in agent["gpus"])
    disks = "\n".join(
        f"{place}: {free / 1e9:,.0f} of {size / 1e9:,.0f} GB free" for place, size, free in agent["disks"]
    )
    cpu = ", ".join(filter(None, (agent["cpu_name"], f"{agent['cpus']} cpus", memory(agent["ram"]))))
    every = (
        ("Machine", cpu),
        ("Graphics", gpus or "none found"),
        ("Disks", disks),
        ("Network cards", ", ".join(agent["mac_addresses"])),
        ("System", agent["os"]),
        ("Version", agent["version"]),
    )
    return tuple((title, text) for title, text in every if text)
