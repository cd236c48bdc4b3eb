"""Commands that ask the scheduler: why a job waits, why an agent is idle, and what making room would end."""

from __future__ import annotations

import argparse
from datetime import datetime

from farmgui.cli.farm import agents_named, opened
from farmgui.cli.report import printable
from farmgui.cli.table import agreed, plain, print_json
from farmgui.domain.errors import FarmError, NotFound
from farmgui.domain.snapshots import JobRow
from farmgui.services.farm import Farm


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make the commands known to the parser."""
    why = commands.add_parser("why", help="tell why a job waits; with an agent, every rule for the two")
    why.add_argument("job", type=int, help="the number of the job")
    why.add_argument("agent", nargs="?", help="the name of an agent")
    why.add_argument("--json", action="store_true", help="the rules as an array of objects")
    why.set_defaults(run=_why)
    idle = commands.add_parser("idle", help="tell why an agent runs nothing more")
    idle.add_argument("agent", help="the name of the agent")
    idle.set_defaults(run=_idle)
    room = commands.add_parser("make-room", help="end frames of lower priority so that a job can start")
    room.add_argument("job", type=int, help="the number of the job")
    room.add_argument("--yes", action="store_true", help="don't ask")
    room.set_defaults(run=_make_room)


def _why(asked: argparse.Namespace) -> int:
    with opened() as farm:
        row = _job(farm, asked.job)
        if asked.agent is None:
            print(_waits(row))
            return 0
        rules = farm.explaining.rules(row.id, agents_named(farm, [asked.agent])[0])
    if asked.json:
        return print_json([plain(rule) for rule in rules])
    for rule in rules:
        print(f"{'yes' if rule.holds else 'NO '}  {printable(rule.text)}")
    return 0


def _waits(row: JobRow) -> str:
    """The reason, and since when; a job that doesn't wait says so."""
    reason = row.pause_reason or row.waiting
    if reason is None:
        return f'"{printable(row.title)}" is {row.state}.'
    since = "" if row.waiting_since is None else f" (since {_clock(row.waiting_since)})"
    # Where it is about the turns of jobs, the reason itself begins so.
    told = printable(reason).removeprefix("waits ")
    colon = "" if told != printable(reason) else ":"
    return f'"{printable(row.title)}" waits{colon} {told}{since}'


def _idle(asked: argparse.Namespace) -> int:
    with opened() as farm:
        words = farm.explaining.idle(agents_named(farm, [asked.agent])[0])
    for line in (words or "it is busy").splitlines():
        print(printable(line))
    return 0


def _make_room(asked: argparse.Namespace) -> int:
    with opened() as farm:
        endings = farm.explaining.room(asked.job)
        if not endings:
            print("There is room already.")
            return 0
        for ending in endings:
            words = f"{ending.task} of {ending.job_title} on {ending.agent}"
            print(f"{printable(words)}: {ending.seconds:.0f} s of work would be lost")
        what = "1 frame? It queues" if len(endings) == 1 else f"{len(endings)} frames? They queue"
        if not (asked.yes or agreed(f"End {what} again.")):
            raise FarmError("Nothing was ended. Say y when asked, or give --yes.")
        farm.jobs.stop_tasks([ending.task_id for ending in endings])
    return 0


def _job(farm: Farm, number: int) -> JobRow:
    for row in farm.queries.jobs(hidden=True):
        if row.id == number:
            return row
    raise NotFound(f"There is no job {number}.")


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S}"
