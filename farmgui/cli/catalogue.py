"""Commands on what the farm knows beside jobs: queues, limits, software, tags, path maps, users, agents."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from farmgui.cli.farm import agents_named, on_farm, opened
from farmgui.cli.table import Columns, plain, print_json, print_table
from farmgui.domain.errors import InvalidValue, NotFound
from farmgui.domain.requirements import Per
from farmgui.services.farm import Farm

Verb = Callable[[Farm, argparse.Namespace], object]
Parsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  it has no other name


def add_commands(commands: Parsers) -> None:
    """Make the commands known to the parser."""
    _queues(commands)
    _limits(commands)
    _software(commands)
    _tags(commands)
    _path_maps(commands)
    _users(commands)
    _agents(commands)


def _queues(commands: Parsers) -> None:
    columns: Columns[Any] = {
        "QUEUE": lambda row: row.path,
        "PRIORITY": lambda row: str(row.priority),
        "WEIGHT": lambda row: str(row.weight),
        "MINIMUM": lambda row: _number(row.minimum_agents),
        "MAXIMUM": lambda row: _number(row.maximum_agents),
    }
    verbs = _table(
        commands, "queues", "the queues that share the farm", columns, lambda farm: farm.queries.queues()
    )
    _verb(verbs, "add", "make a queue", "path", "*values", run=_add_queue)
    _verb(
        verbs,
        "set",
        "change priority, weight, minimum_agents, maximum_agents",
        "path",
        "+values",
        run=_set_queue,
    )
    _verb(verbs, "rename", "give it another name", "path", "name", run=_rename_queue)
    _verb(verbs, "move", "put it below another one, / for the top", "path", "parent", run=_move_queue)
    _verb(verbs, "remove", "remove an empty one", "path", run=_remove_queue)


def _add_queue(farm: Farm, asked: argparse.Namespace) -> None:
    farm.queues.create(asked.path, _numbers(asked.values))


def _set_queue(farm: Farm, asked: argparse.Namespace) -> None:
    farm.queues.change(_queue(farm, asked.path), _numbers(asked.values))


def _rename_queue(farm: Farm, asked: argparse.Namespace) -> None:
    farm.queues.rename(_queue(farm, asked.path), asked.name)


def _move_queue(farm: Farm, asked: argparse.Namespace) -> None:
    farm.queues.move(_queue(farm, asked.path), asked.parent)


def _remove_queue(farm: Farm, asked: argparse.Namespace) -> None:
    farm.queues.remove(_queue(farm, asked.path))


def _limits(commands: Parsers) -> None:
    columns: Columns[Any] = {
        "LIMIT": lambda row: row.name,
        "IN USE": lambda row: f"{row.in_use}/{row.amount}" if row.known else "not defined",
        "PER": lambda row: str(row.per),
        "JOBS": lambda row: str(row.jobs),
        "NOTES": lambda row: row.notes,
    }
    verbs = _table(
        commands, "limits", "what the farm has only so much of", columns, lambda farm: farm.limits.rows()
    )
    put = _verb(verbs, "set", "define or change a limit", "name", "amount", run=_set_limit)
    put.add_argument("--per", choices=[str(per) for per in Per], default=str(Per.TASK), help="what it counts")
    put.add_argument("--notes", default="")
    _verb(verbs, "remove", "remove it", "name", run=lambda farm, asked: farm.limits.remove(asked.name))


def _set_limit(farm: Farm, asked: argparse.Namespace) -> None:
    farm.limits.put(asked.name, _integer(asked.amount), Per(asked.per), asked.notes)


def _software(commands: Parsers) -> None:
    columns: Columns[Any] = {
        "SOFTWARE": lambda row: row.name,
        "VERSIONS": lambda row: ", ".join(one.version for one in row.versions),
        "AGENTS": lambda row: ", ".join(str(one.agents) for one in row.versions),
    }
    verbs = _table(
        commands, "software", "programs and their versions", columns, lambda farm: farm.software.rows()
    )
    _verb(
        verbs,
        "add",
        "add a program, or versions to it, the oldest first",
        "name",
        "*versions",
        run=_add_software,
    )
    _verb(
        verbs,
        "remove",
        "remove a program, or some of its versions",
        "name",
        "*versions",
        run=_remove_software,
    )


def _add_software(farm: Farm, asked: argparse.Namespace) -> None:
    if asked.name not in {row.name for row in farm.software.rows()}:
        farm.software.create(asked.name)
    for version in asked.versions:
        farm.software.add_version(asked.name, version)


def _remove_software(farm: Farm, asked: argparse.Namespace) -> None:
    for version in asked.versions:
        farm.software.remove_version(asked.name, version)
    if not asked.versions:
        farm.software.remove(asked.name)


def _tags(commands: Parsers) -> None:
    columns: Columns[Any] = {
        "TAG": lambda row: row.name,
        "JOBS": lambda row: str(row.jobs),
        "AGENTS": lambda row: str(row.agents),
        "ASKED BY": lambda row: str(row.asked_by),
    }
    verbs = _table(commands, "tags", "labels of jobs and agents", columns, lambda farm: farm.tags.rows())
    _verb(verbs, "add", "make a tag", "name", run=lambda farm, asked: farm.tags.create(asked.name))
    _verb(
        verbs,
        "rename",
        "rename it",
        "name",
        "new",
        run=lambda farm, asked: farm.tags.rename(asked.name, asked.new),
    )
    _verb(verbs, "remove", "remove it", "name", run=lambda farm, asked: farm.tags.remove(asked.name))


def _path_maps(commands: Parsers) -> None:
    columns: Columns[Any] = {
        "MAP": lambda row: str(row.id),
        "LINUX": lambda row: row.linux,
        "WINDOWS": lambda row: row.windows,
        "MAC": lambda row: row.mac,
        "TAG": lambda row: row.tag or "",
    }
    verbs = _table(
        commands, "path-maps", "folders under each system's name", columns, lambda farm: farm.path_maps.rows()
    )
    add = _verb(verbs, "add", "add a map", "linux", "windows", "mac", run=_add_map)
    add.add_argument("--tag", help="for agents with this tag only")
    _verb(
        verbs,
        "remove",
        "remove a map",
        "number",
        run=lambda farm, asked: farm.path_maps.remove(_integer(asked.number)),
    )


def _add_map(farm: Farm, asked: argparse.Namespace) -> None:
    farm.path_maps.create(asked.linux, asked.windows, asked.mac, asked.tag)


def _users(commands: Parsers) -> None:
    columns: Columns[Any] = {
        "USER": lambda row: row.name,
        "MAIL": lambda row: row.email or "",
        "ACTIVE": lambda row: "yes" if row.active else "no",
        "ROLES": lambda row: ", ".join(row.roles),
        "JOBS": lambda row: str(row.jobs),
    }
    verbs = _table(
        commands, "users", "the people whose jobs these are", columns, lambda farm: farm.people.rows()
    )
    _verb(
        verbs,
        "add",
        "add a user",
        "name",
        "*values",
        run=lambda farm, asked: farm.people.create(asked.name, _person(asked)),
    )
    _verb(
        verbs,
        "set",
        "change email, active (true, false), expiration (a date) or roles",
        "name",
        "+values",
        run=lambda farm, asked: farm.people.change(asked.name, _person(asked)),
    )
    _verb(verbs, "remove", "remove a user", "name", run=lambda farm, asked: farm.people.remove(asked.name))


def _person(asked: argparse.Namespace) -> dict[str, object]:
    readers: dict[str, Callable[[str], object]] = {
        "email": lambda text: text or None,
        "active": _flag,
        "expiration": _date,
        "roles": lambda text: text.replace(",", " ").split(),
    }
    return {name: readers.get(name, str)(text) for name, text in _pairs(asked.values)}


def _agents(commands: Parsers) -> None:
    columns: Columns[Any] = {
        "AGENT": lambda row: row.hostname,
        "STATE": lambda row: str(row.state) if row.enabled else f"{row.state}, disabled",
        "CPUS": lambda row: f"{row.cpus_in_use}/{row.cpus}",
        "RAM MB": lambda row: str(row.ram),
        "TASKS": lambda row: str(row.tasks_running),
    }
    verbs = _table(
        commands, "agents", "the machines that run tasks", columns, lambda farm: farm.queries.agents()
    )
    _verb(
        verbs,
        "enable",
        "give it work again",
        "+agents",
        run=lambda farm, asked: farm.agents.enable(agents_named(farm, asked.agents)),
    )
    disable = _verb(verbs, "disable", "give it no more work", "+agents", run=_disable)
    disable.add_argument("--now", action="store_true", help="end what it runs; those frames queue again")
    values = "change notes, cpu_allocation, ram_allocation (0 to 1), tags, software (blender:4.2)"
    _verb(verbs, "set", values, "agent", "+values", run=_set_agent)


def _disable(farm: Farm, asked: argparse.Namespace) -> None:
    farm.agents.disable(agents_named(farm, asked.agents), now=asked.now)


def _set_agent(farm: Farm, asked: argparse.Namespace) -> None:
    readers: dict[str, Callable[[str], object]] = {
        "cpu_allocation": _share,
        "ram_allocation": _share,
        "tags": lambda text: text.replace(",", " ").split(),
        "software": lambda text: [_version(part) for part in text.replace(",", " ").split()],
    }
    values = {name: readers.get(name, str)(text) for name, text in _pairs(asked.values)}
    farm.agents.change(agents_named(farm, [asked.agent]), values)


def _queue(farm: Farm, path: str) -> int:
    full = "/" + path.strip("/")
    for row in farm.queries.queues():
        if row.path == full:
            return row.id
    raise NotFound(f"There is no queue {full}.")


def _table(
    commands: Parsers, name: str, words: str, columns: Columns[Any], rows: Callable[[Farm], Sequence[Any]]
) -> Parsers:
    """A command that prints a table, and carries verbs that change it."""
    parser = commands.add_parser(name, help=f"list or change {words}")
    parser.add_argument("--json", action="store_true", help="an array of objects")

    def run(asked: argparse.Namespace) -> int:
        with opened() as farm:
            found = rows(farm)
        return print_json([plain(row) for row in found]) if asked.json else print_table(columns, found)

    parser.set_defaults(run=run)
    return parser.add_subparsers(title="what to do", metavar="VERB")


def _verb(verbs: Parsers, name: str, words: str, *arguments: str, run: Verb) -> argparse.ArgumentParser:
    """A verb with `arguments` in this order; "*" before one: any number of them, "+": at least one."""
    parser = verbs.add_parser(name, help=words, description=words)
    for argument in arguments:
        number = argument[0] if argument[0] in "*+" else None
        parser.add_argument(argument.lstrip("*+"), nargs=number)

    parser.set_defaults(run=on_farm(run))
    return parser


def _pairs(texts: Sequence[str]) -> list[tuple[str, str]]:
    for text in texts:
        if "=" not in text:
            raise InvalidValue(f'"{text}" is no NAME=VALUE.')
    return [(text.partition("=")[0], text.partition("=")[2]) for text in texts]


def _numbers(texts: Sequence[str]) -> dict[str, int | None]:
    return {name: _integer(value) if value else None for name, value in _pairs(texts)}


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise InvalidValue(f'"{text}" is no whole number.') from error


def _share(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InvalidValue(f'"{text}" is no share from 0 to 1.') from error


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise InvalidValue(f'"{text}" is neither true nor false.')
    return text == "true"


def _date(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if text else None
    except ValueError as error:
        raise InvalidValue(f'"{text}" is no date. Write it like 2027-03-31.') from error


def _version(text: str) -> tuple[str, str]:
    name, colon, version = text.partition(":")
    if not colon:
        raise InvalidValue(f'"{text}" names no version. Write it like blender:4.2.')
    return name, version


def _number(value: int | None) -> str:
    return "" if value is None else str(value)
