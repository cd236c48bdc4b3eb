"""Commands that only read: jobs, tasks, log; as a table or as JSON (docs/job-formats.md)."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from farmgui.cli.farm import opened
from farmgui.cli.table import Columns, plain, print_json, print_table
from farmgui.domain.errors import NotFound
from farmgui.domain.frames import frame_text
from farmgui.domain.snapshots import JobRow, TaskRow
from farmgui.services.farm import Farm
from farmgui.services.known import LARGEST


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make the commands known to the parser."""
    jobs = commands.add_parser("jobs", help="list the jobs")
    jobs.add_argument("--hidden", "--all", action="store_true", help="hidden ones too")
    jobs.set_defaults(run=_jobs)
    tasks = commands.add_parser("tasks", help="list the tasks of jobs")
    tasks.add_argument("job", type=int, nargs="+", help="the number of a job")
    tasks.set_defaults(run=_tasks)
    log = commands.add_parser("log", help="print the log of a task's newest attempt")
    log.add_argument("task", type=int, help="the number of the task, as `farmgui tasks` shows it")
    log.add_argument("--attempt", type=int, help="an earlier attempt, by its number")
    log.add_argument(
        "--follow", action="store_true", help="go on while it grows, until the attempt has ended"
    )
    log.set_defaults(run=_log)
    for parser in (jobs, tasks, log):
        parser.add_argument("--json", action="store_true", help="an array of objects")


def job_json(row: JobRow) -> dict[str, Any]:
    """A job under the model's own names, with the counts of its tasks by state."""
    values = plain(row)
    values["tasks"] = row.counts.as_dict()
    values.pop("counts")
    values["progress"] = round(row.progress, 4)
    return values


def _jobs(asked: argparse.Namespace) -> int:
    with opened() as farm:
        rows = farm.queries.jobs(hidden=asked.hidden)
    if asked.json:
        return print_json([job_json(row) for row in rows])
    columns: Columns[JobRow] = {
        "JOB": lambda row: str(row.id),
        "STATE": lambda row: str(row.state),
        "DONE": lambda row: f"{row.counts.done}/{row.counts.total}",
        "FAILED": lambda row: str(row.counts.failed),
        "PRIORITY": lambda row: str(row.priority),
        "TITLE": lambda row: row.title,
        "WAITING": lambda row: row.pause_reason or row.waiting or "",
    }
    return print_table(columns, rows)


def _tasks(asked: argparse.Namespace) -> int:
    with opened() as farm:
        known = {row.id for row in farm.queries.jobs()}
        for number in asked.job:
            if number not in known:
                raise NotFound(f"There is no job {number}.")
        rows = farm.queries.tasks(asked.job)
    if asked.json:
        return print_json([plain(row) for row in rows])
    tile: Columns[TaskRow] = {"TILE": lambda row: "" if row.tile is None else str(row.tile)}
    columns: Columns[TaskRow] = {
        "TASK": lambda row: str(row.id),
        "FRAME": lambda row: frame_text(row.frame),
        **(tile if any(row.tile is not None for row in rows) else {}),
        "STATE": lambda row: str(row.state),
        "PROGRESS": lambda row: f"{row.progress:.0%}",
        "ATTEMPTS": lambda row: str(row.attempts),
        "AGENT": lambda row: row.agent,
        "ERROR": lambda row: row.last_error or "",
    }
    return print_table(columns, rows)


def _log(asked: argparse.Namespace) -> int:
    with opened() as farm:
        attempts = farm.queries.attempts(asked.task) if asked.task <= LARGEST else []
        if not attempts:
            raise NotFound(f"There is no task {asked.task}, or it never ran: there is no log.")
        chosen = [row for row in attempts if asked.attempt in (None, row.number)]
        if not chosen:
            raise NotFound(f"Task {asked.task} has no attempt {asked.attempt}, so there is no log.")
        if asked.json:
            return print_json([plain(row) for row in chosen])
        newest = max(chosen, key=lambda row: row.number)
        offset = _copy_log(farm, newest.id, 0)
        while asked.follow and _is_open(farm, asked.task, newest.id):
            time.sleep(0.2)
            offset = _copy_log(farm, newest.id, offset)
        _copy_log(farm, newest.id, offset)
    return 0


def _copy_log(farm: Farm, attempt: int, offset: int) -> int:
    while True:
        chunk = farm.logs.read(attempt, offset)
        if not chunk.data:
            sys.stdout.buffer.flush()
            return offset
        sys.stdout.buffer.write(chunk.data)
        offset = chunk.offset + len(chunk.data)


def _is_open(farm: Farm, task: int, attempt: int) -> bool:
    return any(row.id == attempt and row.time_finished is None for row in farm.queries.attempts(task))
