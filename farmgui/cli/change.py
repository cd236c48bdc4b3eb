"""Commands that change jobs: rerun, rerun-failed, pause, resume, stop, delete, set."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from farmgui.cli.farm import opened
from farmgui.domain.errors import InvalidValue
from farmgui.domain.limits import JOB_LIMITS
from farmgui.services.farm import Farm

Words = dict[str, tuple[str, Callable[[Farm, list[int]], int]]]

COMMANDS: Words = {
    "rerun": ("run done and failed frames again", lambda farm, ids: farm.jobs.rerun(ids)),
    "rerun-failed": ("run failed frames again", lambda farm, ids: farm.jobs.rerun_failed(ids)),
    "pause": ("start no more frames; running ones finish", lambda farm, ids: farm.jobs.pause(ids)),
    "resume": ("start frames again", lambda farm, ids: farm.jobs.resume(ids)),
    "stop": ("pause, and end running frames, which queue again", lambda farm, ids: farm.jobs.stop(ids)),
    "delete": ("end running frames and delete the job", lambda farm, ids: farm.jobs.delete(ids)),
}


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make the commands known to the parser."""
    for name, (words, work) in COMMANDS.items():
        parser = commands.add_parser(name, help=words, description=words)
        parser.add_argument("job", type=int, nargs="+", help="the number of a job")
        parser.set_defaults(run=_command(work))
    parser = commands.add_parser(
        "set", help="change values of a job", description="Change values: farmgui set 7 priority=5 weight=20"
    )
    parser.add_argument("job", type=int, help="the number of the job")
    parser.add_argument(
        "values", nargs="+", metavar="NAME=VALUE", help=f"of {', '.join([*JOB_LIMITS, *TEXTS])}"
    )
    parser.set_defaults(run=_set)


TEXTS = ("title", "notes", "output_link", "frames", "hidden")


def _command(work: Callable[[Farm, list[int]], int]) -> Callable[[argparse.Namespace], int]:
    def run(asked: argparse.Namespace) -> int:
        with opened() as farm:
            work(farm, asked.job)
        return 0

    return run


def _set(asked: argparse.Namespace) -> int:
    values = dict(parse_value(text) for text in asked.values)
    frames = values.pop("frames", None)
    with opened() as farm:
        farm.jobs.change([asked.job], values, None if frames is None else str(frames))
    return 0


def parse_value(text: str) -> tuple[str, object]:
    """NAME=VALUE as a column's name and value. Raises InvalidValue in words."""
    name, equals, value = text.partition("=")
    if not equals:
        raise InvalidValue(f'"{text}" is no NAME=VALUE.')
    limit = JOB_LIMITS.get(name)
    if limit is not None:
        if not value and limit.empty is not None:
            return name, None
        try:
            return name, limit.check(int(value))
        except ValueError as error:
            if isinstance(error, InvalidValue):
                raise
            raise InvalidValue(f"{limit.title} is {limit.words()}, not {value!r}.") from error
    if name == "hidden":
        if value not in ("true", "false"):
            raise InvalidValue(f"hidden is true or false, not {value!r}.")
        return name, value == "true"
    if name not in TEXTS:
        raise InvalidValue(f'"{name}" can\'t be set. These can: {", ".join([*JOB_LIMITS, *TEXTS])}.')
    return name, value or (None if name == "output_link" else "")
