"""The command line: the window without a command, everything else by name.

Exit status 0 only when it was done; an error is one sentence on stderr.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from farmgui import __version__
from farmgui.config import has_display
from farmgui.domain.errors import FarmError

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    from farmgui.cli import agent, catalogue, change, cluster, job, run, show, submit, task, why
    from farmgui.cli.parser import Parser

    parser = Parser(
        prog="farmgui",
        description="A render farm in one program. Without a command it opens the window.",
    )
    parser.add_argument("--version", action="version", version=f"farmgui {__version__}")
    parser.add_argument(
        "--sample", action="store_true", help="bring a sample job to a farm that never had one"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for part in (submit, show, job, change, task, catalogue, why, run, agent, cluster):
        part.add_commands(commands)
    words, after = _split(sys.argv[1:] if arguments is None else arguments)
    try:
        asked = parser.parse_args(words)
        if after and asked.command != "submit":
            parser.error("only submit takes a command after --")
        asked.after = after
        command: Command = getattr(asked, "run", _window)
        return command(asked)
    except FarmError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader of our output has gone, as in `farmgui jobs | head`; nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """What stands before the first -- and what stands after it, which is never read as an option of ours."""
    words = list(arguments)
    place = words.index("--") if "--" in words else len(words)
    return words[:place], words[place + 1 :]


def _window(asked: argparse.Namespace) -> int:
    if has_display():
        from farmgui.app import main as window

        return window(sample=asked.sample)
    if asked.sample:
        from farmgui.cli.run import run_sample

        return run_sample()
    raise FarmError(
        "There is no display for the window. Use `farmgui run` for the farm without one, or `farmgui --help`."
    )
