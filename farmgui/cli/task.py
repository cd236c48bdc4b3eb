"""Commands on single tasks: farmgui task rerun|stop|mark-done|mark-failed|priority|avoid|forget|failed-on."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from farmgui.cli.farm import on_farm, opened
from farmgui.cli.table import plain, print_json, print_table
from farmgui.domain.errors import NotFound
from farmgui.services.farm import Farm

Work = Callable[[Farm, argparse.Namespace], int]

VERBS: dict[str, tuple[str, Work]] = {
    "rerun": ("run done and failed tasks again", lambda farm, asked: farm.jobs.rerun_tasks(asked.task)),
    "stop": ("end running tasks, which queue again", lambda farm, asked: farm.jobs.stop_tasks(asked.task)),
    "mark-done": (
        "take tasks for done without running them",
        lambda farm, asked: farm.jobs.mark_done(task_ids=asked.task),
    ),
    "mark-failed": (
        "give tasks up without running them",
        lambda farm, asked: farm.jobs.mark_failed(task_ids=asked.task),
    ),
    "priority": (
        "offer tasks before or after the others of their job: -1000 to 1000, higher ones first",
        lambda farm, asked: farm.jobs.set_task_priority(asked.task, asked.priority),
    ),
    "avoid": (
        "give tasks to an agent only where no other one can run them",
        lambda farm, asked: farm.jobs.avoid_agents(asked.task, _agents(farm, asked.agent)),
    ),
    "forget": (
        "forget on which agents tasks failed",
        lambda farm, asked: farm.jobs.forget_failed_agents(asked.task),
    ),
}


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make the command known to the parser."""
    parser = commands.add_parser(
        "task", help="change single tasks", description="Numbers of tasks are shown by `farmgui tasks JOB`."
    )
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (words, work) in VERBS.items():
        verb = verbs.add_parser(name, help=words, description=words)
        if name == "priority":
            verb.add_argument("priority", type=int)
        if name == "avoid":
            verb.add_argument("agent", help="the agent's hostname")
        verb.add_argument("task", type=int, nargs="+", help="the number of a task")
        verb.set_defaults(run=on_farm(work))
    failed = verbs.add_parser("failed-on", help="list the agents that a task failed on or is to avoid")
    failed.add_argument("task", type=int, help="the number of the task")
    failed.add_argument("--json", action="store_true", help="an array of objects")
    failed.set_defaults(run=_failed_on)


def _failed_on(asked: argparse.Namespace) -> int:
    with opened() as farm:
        rows = farm.queries.failed_on(asked.task)
    if asked.json:
        return print_json([plain(row) for row in rows])
    return print_table({"AGENT": lambda row: row.hostname}, rows)


def _agents(farm: Farm, hostname: str) -> list[str]:
    found = [row.id for row in farm.queries.agents() if row.hostname == hostname]
    if not found:
        raise NotFound(f'There is no agent "{hostname}". `farmgui agents` lists those that are known.')
    return found
