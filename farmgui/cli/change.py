"""Commands that change jobs: rerun, rerun-failed, pause, resume, stop, delete, set."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable

from farmgui.cli.farm import on_farm, opened
from farmgui.cli.report import printable
from farmgui.cli.table import agreed
from farmgui.domain.attributes import JOB_ATTRIBUTES, SUBMISSION_ONLY, parse_attribute
from farmgui.domain.errors import FarmError, InvalidValue
from farmgui.domain.snapshots import DeleteEffect
from farmgui.services.farm import Farm

Work = Callable[[Farm, argparse.Namespace], int]

COMMANDS: dict[str, tuple[str, Work]] = {
    "rerun": (
        "run done and failed frames again",
        lambda farm, asked: farm.jobs.rerun(asked.job, dependants=asked.dependants),
    ),
    "rerun-failed": ("run failed frames again", lambda farm, asked: farm.jobs.rerun_failed(asked.job)),
    "pause": ("start no more frames; running ones finish", lambda farm, asked: farm.jobs.pause(asked.job)),
    "resume": ("start frames again", lambda farm, asked: farm.jobs.resume(asked.job)),
    "stop": (
        "pause, and end running frames, which queue again",
        lambda farm, asked: farm.jobs.stop(asked.job),
    ),
}


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make the commands known to the parser."""
    for name, (words, work) in COMMANDS.items():
        parser = commands.add_parser(name, help=words, description=words)
        parser.add_argument("job", type=int, nargs="+", help="the number of a job")
        if name == "rerun":
            parser.add_argument(
                "--dependants", action="store_true", help="all jobs that depend on these, too"
            )
        parser.set_defaults(run=on_farm(work))
    _add_delete(commands)
    names = [name for name in JOB_ATTRIBUTES if name not in SUBMISSION_ONLY]
    parser = commands.add_parser(
        "set",
        help="change values of jobs",
        description="Change values: farmgui set 7 8 priority=5 tags='film night'. `farmgui show` prints them "
        "as they are written here.",
    )
    parser.add_argument("words", nargs="+", metavar="JOB… NAME=VALUE…", help=f"values of {', '.join(names)}")
    parser.set_defaults(run=_set)


def parse_values(words: Iterable[str]) -> dict[str, object]:
    """NAME=VALUE as attributes by name. Raises InvalidValue in words."""
    values: dict[str, object] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            raise InvalidValue(f'"{word}" is no NAME=VALUE.')
        values[name] = parse_attribute(name, text)
    return values


def _set(asked: argparse.Namespace) -> int:
    jobs = [word for word in asked.words if "=" not in word]
    values = parse_values(word for word in asked.words if "=" in word)
    for word in jobs:
        if not (word.isascii() and word.isdigit()):
            raise InvalidValue(f'"{word}" is neither the number of a job nor NAME=VALUE.')
    if not jobs or not values:
        raise InvalidValue("Name jobs and what to set, like: farmgui set 7 8 priority=5")
    with opened() as farm:
        farm.jobs.change([int(word) for word in jobs], values)
    return 0


def _add_delete(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    words = "end running frames and delete jobs, with those that depend on them"
    parser = commands.add_parser(
        "delete", help=words, description=f"{words}. Lists what will go and asks before. Frames stay on disk."
    )
    parser.add_argument("job", type=int, nargs="+", help="the number of a job")
    parser.add_argument("--yes", action="store_true", help="don't ask")
    parser.add_argument(
        "--keep-dependants",
        action="store_true",
        help="leave the jobs that depend on these; they wait for them no longer",
    )
    parser.set_defaults(run=_delete)


def _delete(asked: argparse.Namespace) -> int:
    with opened() as farm:
        effect = farm.queries.delete_effect(asked.job)
        for line in _told(effect, keep=asked.keep_dependants):
            print(printable(line))
        if not asked.yes and not agreed("Delete?"):
            raise FarmError("Nothing was deleted. Say y when asked, or give --yes.")
        farm.jobs.delete(asked.job, dependants=not asked.keep_dependants)
    return 0


def _told(effect: DeleteEffect, *, keep: bool) -> Iterable[str]:
    yield from (f'delete "{title}"' for title in effect.jobs)
    what = "keep" if keep else "delete"
    yield from (f'{what} "{title}", which depends on these' for title in effect.dependants)
    running = effect.running + (0 if keep else effect.running_dependants)
    if running:
        yield f"{running} running frames are ended."
