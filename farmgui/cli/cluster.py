"""The command that makes this machine the one that others join."""

from __future__ import annotations

import argparse
import sys

from farmgui.app import log_to, make_private
from farmgui.cli.report import say_at_once
from farmgui.config import read_config
from farmgui.domain.errors import InvalidValue, NotFound


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make the commands known to the parser."""
    parser = commands.add_parser(
        "cluster",
        help="have other machines join this farm, over the network",
        description="Listens on the network, encrypted, for machines that render for this farm, and prints "
        "the line by which one joins. Runs beside the window or `farmgui run`, until Ctrl-C.",
    )
    parser.add_argument("--invite", action="store_true", help="print the line for one more machine, and end")
    parser.add_argument(
        "--host", metavar="ADDRESS", help="this machine's name or address for the others; it listens there"
    )
    parser.add_argument("--port", type=int, metavar="NUMBER", help="the port for its machines (8786)")
    parser.add_argument(
        "--join-port", type=int, metavar="NUMBER", help="the port for those that join (the next one)"
    )
    parser.add_argument("--name", help="what the farm is called (as this machine); it is chosen once")
    parser.set_defaults(run=_cluster)


def _cluster(asked: argparse.Namespace) -> int:
    config = read_config()
    if asked.invite:
        if any(value is not None for value in (asked.host, asked.port, asked.join_port, asked.name)):
            raise InvalidValue("--invite takes nothing beside it: it asks machines to the farm as it is.")
        return _invite()
    from farmgui.execution.engine.cluster import run_cluster
    from farmgui.execution.engine.cluster_plan import Wishes

    make_private(config.home)
    log_to(config.cluster_folder / "cluster.log")
    wishes = Wishes(asked.host, asked.port, asked.join_port, asked.name)
    run_cluster(config.cluster_folder, wishes, say_at_once)
    return 0


def _invite() -> int:
    from farmgui.execution.engine.cluster_folder import read_cluster
    from farmgui.execution.engine.inviting import is_running, line_to_join

    cluster = read_cluster(read_config().cluster_folder)
    if cluster is None:
        raise NotFound("No machine can join this farm yet. Start it first: farmgui cluster")
    say_at_once(line_to_join(cluster))
    if not is_running(cluster.folder):
        print("It can be used while `farmgui cluster` runs, which it doesn't now.", file=sys.stderr)
    return 0
