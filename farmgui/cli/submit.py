"""The command that submits: files, or a command line after `--`."""

from __future__ import annotations

import argparse
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from farmgui.cli.change import parse_value
from farmgui.cli.farm import opened
from farmgui.domain.errors import InvalidValue
from farmgui.services.farm import Farm
from farmgui.submission.draft import Draft
from farmgui.submission.filling import choose_scene

NUMBERS = {
    "priority": "higher goes first",
    "weight": "share among jobs of one priority",
    "cpus": "cpus of a task; -1: the whole machine to itself, 0: none required",
    "ram": "free MB of ram that a task needs; -1: the whole machine to itself, 0: none required",
    "ram_warning": "MB above which a task is warned of",
    "ram_max": "MB above which a task is ended",
    "minimum_agents": "agents to have before any other consideration",
    "maximum_agents": "agents to have at most",
    "batch": "tasks that an agent is given at once",
    "requeue": "times that a failed frame is tried again; -1: for ever, 0: never",
    "num_tiles": "regions to split each frame into",
    "autodelete_time": "seconds after which the finished job is deleted",
}


TEXTS = ("title", "frames", "queue", "user", "notes", "output_link", "paused", "hidden")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make the command known to the parser."""
    parser = commands.add_parser(
        "submit",
        help="submit files, or a command for each frame",
        description="Submit each FILE as a job, or after -- a command that runs once for each frame. Prints "
        "the number of each job. Placeholders in a command: {frame}, {frame:04d}, {start}, {end}, {tile}.",
    )
    parser.add_argument("--type", help="the job type; by itself it follows from the file")
    parser.add_argument("--title")
    parser.add_argument("--frames", help='frames, like "1-10,20-40x2"')
    parser.add_argument("--scene", help="the scene of a file that holds several")
    parser.add_argument("--output", help="where frames go, like /shots/a/frame_####")
    parser.add_argument("--queue", help="the queue, like /film/shot")
    parser.add_argument("--user")
    parser.add_argument("--notes")
    parser.add_argument("--output-link", dest="output_link", metavar="URI")
    parser.add_argument("--tag", dest="tags", action="append", default=[], metavar="TAG")
    parser.add_argument("--parent", dest="parents", action="append", default=[], type=int, metavar="JOB")
    parser.add_argument(
        "--env", action="append", default=[], metavar="NAME=VALUE", help="environment of the tasks"
    )
    parser.add_argument(
        "--value", action="append", default=[], metavar="NAME=VALUE", help="a value of the job type"
    )
    parser.add_argument("--paused", action="store_true", help="start nothing before it is resumed")
    parser.add_argument(
        "--hidden", action="store_true", help="neither shown nor scheduled until it is unhidden"
    )
    parser.add_argument(
        "--only-missing", action="store_true", help="leave out frames whose files are there already"
    )
    parser.add_argument(
        "--no-copy", action="store_true", help="render the scene as it is then, not as it is now"
    )
    for name, words in NUMBERS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", dest=name, metavar="N", help=words)
    parser.add_argument("file", nargs="*", metavar="FILE", help="or, after --, COMMAND ARG…")
    parser.set_defaults(run=_submit)


def _submit(asked: argparse.Namespace) -> int:
    if bool(asked.file) == bool(asked.after):
        raise InvalidValue("Name files to submit, or a command after --. See farmgui submit --help.")
    with opened() as farm:
        drafts = [_with_choices(draft, asked) for draft in _drafts(farm, asked)]
        for draft in drafts:
            print(farm.intake.submit(draft), flush=True)
    return 0


def _drafts(farm: Farm, asked: argparse.Namespace) -> list[Draft]:
    """All drafts first: where one can't be read or completed, none is submitted."""
    if asked.after:
        return [farm.intake.command_draft(asked.after)]
    return [farm.intake.draft(Path(file).absolute(), asked.type) for file in asked.file]


def _with_choices(draft: Draft, asked: argparse.Namespace) -> Draft:
    if asked.scene:
        draft = choose_scene(draft, asked.scene)
    if asked.output:
        draft = draft.with_values(output=str(Path(asked.output).absolute()))
    draft = draft.with_values(**_values(draft, asked.value))
    given: dict[str, Any] = {
        name: parse_value(f"{name}={getattr(asked, name)}")[1] for name in NUMBERS if getattr(asked, name)
    }
    given |= {name: getattr(asked, name) for name in TEXTS if getattr(asked, name)}
    given |= {
        "tags": tuple(asked.tags),
        "parents": tuple(asked.parents),
        "environ": dict(map(_pair, asked.env)),
    }
    own = {item.name for item in fields(Draft)}
    return replace(
        draft,
        copy_scene=draft.copy_scene and not asked.no_copy,
        only_missing=asked.only_missing,
        more={**draft.more, **{name: value for name, value in given.items() if name not in own}},
        **{name: value for name, value in given.items() if name in own},
    )


def _values(draft: Draft, words: list[str]) -> dict[str, str]:
    values = dict(map(_pair, words))
    known = {item.name for item in draft.definition.parameters}
    for name in values:
        if name not in known:
            raise InvalidValue(
                f'"{name}" is no value of "{draft.job_type}". Its values: {", ".join(sorted(known))}.'
            )
    return values


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise InvalidValue(f'"{text}" is no NAME=VALUE.')
    return name, value
