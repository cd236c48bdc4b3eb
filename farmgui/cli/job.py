"""The command `show`: all that is known of a job, and all that can be set of it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from farmgui.cli.farm import opened
from farmgui.cli.report import printable
from farmgui.cli.show import job_json
from farmgui.cli.table import json_value, print_json
from farmgui.domain.attributes import JOB_ATTRIBUTES
from farmgui.domain.snapshots import JobRow

FACTS: dict[str, Callable[[JobRow], str]] = {
    "tasks": lambda row: f"{_counts(row)}; {row.progress:.0%} done",
    "blocked": lambda row: (
        f"{row.num_blocked} of the queued tasks wait for other tasks" if row.num_blocked else ""
    ),
    "job type": lambda row: f"{row.job_type}, version {row.job_type_version}",
    "submitted": lambda row: _time(row.time_submitted),
    "started": lambda row: _time(row.time_started),
    "finished": lambda row: _time(row.time_finished),
    "agents in use": lambda row: str(row.agents_in_use or ""),
    "paused": lambda row: row.pause_reason or "",
    "waits": lambda row: row.waiting or "",
    "waits since": lambda row: _time(row.waiting_since),
    "failures": lambda row: str(row.failures or ""),
    "last error": lambda row: row.last_error or "",
    "warning": lambda row: row.warning or "",
    "deletion": lambda row: "it is being deleted" if row.to_be_deleted else "",
}
"""What is so of a job and can't be set; "" where there is nothing to tell."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make the command known to the parser."""
    parser = commands.add_parser("show", help="print all that is known of jobs")
    parser.add_argument("job", type=int, nargs="+", help="the number of a job")
    parser.add_argument("--json", action="store_true", help="an array of objects")
    parser.set_defaults(run=_show)


def whole_json(row: JobRow, values: Mapping[str, Any]) -> dict[str, Any]:
    """A job as `job_json` has it, with all that can be set of it."""
    return job_json(row) | {name: json_value(value) for name, value in values.items()}


def _show(asked: argparse.Namespace) -> int:
    numbers = list(dict.fromkeys(asked.job))
    with opened() as farm:
        values = farm.queries.job_values(numbers)
        known = {row.id: row for row in farm.queries.jobs()}
    jobs = [(known[number], value) for number, value in zip(numbers, values, strict=True)]
    if asked.json:
        return print_json([whole_json(row, value) for row, value in jobs])
    for row, value in jobs:
        print(f'Job {row.id} "{printable(row.title)}" is {row.state}')
        for name, fact in FACTS.items():
            if fact(row):
                _print(name, fact(row))
        print("It has, as `farmgui set` takes it:")
        for name, attribute in JOB_ATTRIBUTES.items():
            _print(name, attribute.text(value[name]))
    return 0


def _print(name: str, text: str) -> None:
    for number, line in enumerate(text.splitlines() or [""]):
        print(f"  {'' if number else name:<18}{printable(line)}".rstrip())


def _counts(row: JobRow) -> str:
    counts = row.counts.as_dict()
    return ", ".join(f"{number} {state}" for state, number in counts.items() if number) or "none"


def _time(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M:%S}"
