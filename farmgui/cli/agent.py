"""The command that runs tasks on this machine: for its own farm, or for one that it joins."""

from __future__ import annotations

import argparse
from functools import partial

from farmgui.app import log_to, make_private
from farmgui.cli.report import say_at_once
from farmgui.config import read_config
from farmgui.domain.errors import InvalidValue
from farmgui.execution.engine.engine_address import LAST_PORT


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make the commands known to the parser."""
    parser = commands.add_parser(
        "agent",
        help="run tasks on this machine, for another one's farm with --join",
        description="Runs tasks on this machine. For its own farm the window and `run` start it themselves. "
        "With --join it renders for the farm of another machine, where `farmgui cluster` runs and prints the "
        "line to paste here; it goes on until Ctrl-C, which ends what it runs, too.",
    )
    parser.add_argument("--join", metavar="ADDRESS", help="the farm's address: tls://HOST:PORT")
    parser.add_argument(
        "--pass",
        metavar="CODE",
        dest="code",
        help="the code of that line; it is good once",
    )
    parser.add_argument(
        "--port", type=int, metavar="NUMBER", help="where the farm's machine connects to this one (any free)"
    )
    parser.set_defaults(run=_agent)


def _agent(asked: argparse.Namespace) -> int:
    config = read_config()
    if asked.join is None:
        if asked.code is not None or asked.port is not None:
            raise InvalidValue(
                "--pass and --port are for a farm that is joined. Name it: --join tls://HOST:PORT"
            )
        from farmgui.execution.agent import main

        return main(["--folder", str(config.agent_folder)])
    if asked.port is not None and not 0 < asked.port <= LAST_PORT:
        raise InvalidValue(f"{asked.port} is no port. One is a number from 1 to {LAST_PORT}.")
    from farmgui.execution.engine.joined import run_joined
    from farmgui.execution.engine.joining import join

    make_private(config.home)
    log_to(config.joined_folder / "joined.log")
    run_joined(
        config.joined_folder,
        partial(join, address=asked.join, code=asked.code),
        say_at_once,
        port=asked.port or 0,
    )
    return 0
