"""What a need demands of an agent whatever is at work there, rule by rule and in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from farmgui.scheduler.agents import AgentIndex
from farmgui.scheduler.farm import Names
from farmgui.scheduler.needs import Need
from farmgui.scheduler.words import counted, none_of, ram_text, some


@dataclass(frozen=True, slots=True)
class Requirement:
    """One rule: which agents meet it, and words for it."""

    name: str
    mask: int
    words: str
    """What is asked for: "needs 64 GB of ram"."""
    none: str
    """What to say where no agent meets it."""


def requirements(index: AgentIndex, names: Names, need: Need) -> Iterator[Requirement]:
    """All rules of a need, in the order in which they are told."""
    none = none_of(index.known.bit_count())
    yield from _named_agents(index, need)
    for tag in sorted(need.tags):
        name = names.tags.get(tag, f"no. {tag}")
        yield Requirement("tag", index.tagged(tag), f"needs the tag {name}", f"no agent has the tag {name}")
    for tag in sorted(need.without_tags):
        name = names.tags.get(tag, f"no. {tag}")
        words = f"needs an agent without the tag {name}"
        mask = index.known & ~index.tagged(tag)
        yield Requirement(
            "without tag", mask, words, f"every agent has the tag {name}, which it must not have"
        )
    for interval in need.software:
        words = f"needs {software_text(names, *interval)}"
        yield Requirement("software", index.with_software(*interval), words, f"{words}: {none} has it")
    if need.gpus > 0:
        words = f"needs {counted(need.gpus, 'gpu')}"
        yield Requirement("gpus", index.with_gpu_count(need.gpus), words, f"{words}: {none} has so many")
    if need.cpus > 0:
        words = f"needs {counted(need.cpus, 'cpu')}"
        yield Requirement("cpus", index.with_cpus(need.cpus), words, f"{words}: {none} has so many")
    if need.ram > 0:
        words = f"needs {ram_text(need.ram)} of ram"
        yield Requirement("ram", index.with_ram(need.ram), words, f"{words}: {none} has so much")


def _named_agents(index: AgentIndex, need: Need) -> Iterator[Requirement]:
    if need.allowed is not None:
        found = index.mask(need.allowed) & index.known
        words = f"may only run on {_hosts(index, need.allowed)}"
        none = f"{words}: not online and enabled" if need.allowed else "may run on no agent: none is allowed"
        yield Requirement("allowed agents", found, words, none)
    if need.excluded:
        found = index.known & ~index.mask(need.excluded)
        words = f"may not run on {_hosts(index, need.excluded)}"
        yield Requirement("excluded agents", found, words, f"{words}, and there is no other agent")


def _hosts(index: AgentIndex, agent_ids: frozenset[str]) -> str:
    known = (index.get(agent_id) for agent_id in agent_ids)
    hosts = sorted(agent.name for agent in known if agent is not None)
    return some(hosts, len(agent_ids)) if hosts else counted(len(agent_ids), "agent")


def software_text(names: Names, software_id: int, low: int | None, high: int | None) -> str:
    """What is asked of a software: "blender 4.0 or newer"."""
    name = names.software.get(software_id, f"software no. {software_id}")
    first = None if low is None else names.versions.get((software_id, low), f"rank {low}")
    last = None if high is None else names.versions.get((software_id, high), f"rank {high}")
    if first is None:
        return name if last is None else f"{name} {last} or older"
    if last is None:
        return f"{name} {first} or newer"
    return f"{name} {first}" if first == last else f"{name} {first} to {last}"
