"""The command that submits: files, or a command line after `--`."""

from __future__ import annotations

import argparse
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from farmgui.cli.change import parse_values
from farmgui.cli.farm import opened
from farmgui.domain.attributes import JOB_ATTRIBUTES
from farmgui.domain.errors import InvalidValue
from farmgui.domain.limits import JOB_LIMITS
from farmgui.services.farm import Farm
from farmgui.submission.draft import Draft
from farmgui.submission.filling import choose_scene

TEXTS = ("title", "frames", "queue", "group", "user", "notes", "output_link")
"""Options for attributes that are text; with those of numbers, what is asked for most."""
LISTS = ("tags", "parents")
FLAGS = ("paused", "hidden")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make the command known to the parser."""
    parser = commands.add_parser(
        "submit",
        help="submit files, or a command for each frame",
        description="Submit each FILE as a job, or after -- a command that runs once for each frame. Prints "
        "the number of each job. Placeholders in a command: {frame}, {frame:04d}, {start}, {end}, {tile}.",
    )
    parser.add_argument("--type", help="the job type; by itself it follows from the file")
    parser.add_argument("--scene", help="the scene of a file that holds several")
    parser.add_argument("--output", help="where frames go, like /shots/a/frame_####")
    for name in TEXTS:
        parser.add_argument(f"--{name.replace('_', '-')}", dest=name, help=JOB_ATTRIBUTES[name].tip)
    parser.add_argument("--tag", dest="tags", action="append", default=[], metavar="TAG")
    parser.add_argument(
        "--parent",
        dest="parents",
        action="append",
        default=[],
        metavar="JOB",
        help="a job to wait for, by its number; 12:frames waits frame by frame",
    )
    parser.add_argument(
        "--set",
        dest="set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"any value of the job, as `farmgui show` prints it: {', '.join(JOB_ATTRIBUTES)}",
    )
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
    for name in JOB_LIMITS:
        parser.add_argument(
            f"--{name.replace('_', '-')}", dest=name, metavar="N", help=JOB_ATTRIBUTES[name].tip
        )
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
    given = _given(asked)
    # A draft's notes are its own sentences beside its fields, not those of the job.
    own = {item.name for item in fields(Draft)} - {"notes"}
    return replace(
        draft,
        copy_scene=draft.copy_scene and not asked.no_copy,
        only_missing=asked.only_missing,
        more={**draft.more, **{name: value for name, value in given.items() if name not in own}},
        **{name: value for name, value in given.items() if name in own},
    )


def _given(asked: argparse.Namespace) -> dict[str, Any]:
    """The attributes that were given, by name; what --set says goes before the options."""
    words = [f"{name}={getattr(asked, name)}" for name in (*JOB_LIMITS, *TEXTS) if getattr(asked, name)]
    words += [f"{name}={' '.join(getattr(asked, name))}" for name in LISTS if getattr(asked, name)]
    given: dict[str, Any] = {**parse_values(words), **parse_values(asked.set)}
    given["environ"] = {**given.get("environ", {}), **dict(map(_pair, asked.env))}
    return given | {name: True for name in FLAGS if getattr(asked, name)}


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
