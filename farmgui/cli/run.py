"""The farm without a window: scheduler and agent, with a live status line."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from farmgui.app import log_to, make_lead, open_farm, sample_draft
from farmgui.cli.report import Reporter
from farmgui.config import Config, read_config, read_settings
from farmgui.domain.snapshots import JobRow
from farmgui.domain.states import JobState
from farmgui.services.lead import BACKGROUND, RUN, Lead

LOOK_SECONDS = 0.5


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make the commands known to the parser."""
    parser = commands.add_parser(
        "run",
        help="run the farm without a window",
        description="Scheduler and agent without a window. Ctrl-C stops it; running frames queue again.",
    )
    parser.add_argument("--until-idle", action="store_true", help="end when nothing is left that can run")
    parser.add_argument(
        "--finish", action="store_true", help="let running frames finish, start no others, and end"
    )
    parser.add_argument("--background", action="store_true", help="hand over to the next window that opens")
    parser.set_defaults(run=_run)
    agent = commands.add_parser(
        "agent", help="run tasks on this machine; the window and `run` start it themselves"
    )
    agent.set_defaults(run=_agent)


def _run(asked: argparse.Namespace) -> int:
    return run_farm(
        read_config(),
        kind=BACKGROUND if asked.background else RUN,
        until_idle=asked.until_idle,
        finish=asked.finish,
    )


def _agent(_asked: argparse.Namespace) -> int:
    from farmgui.execution.agent import main

    return main(["--folder", str(read_config().agent_folder)])


def run_sample() -> int:
    """Render what is queued to its end, on a new farm the sample; tell what comes next."""
    config = read_config()
    farm = open_farm(config)
    try:
        if not farm.queries.farm().ever_had_a_job:
            number = farm.intake.submit(sample_draft(farm, config))
            print(f"This farm is new: job {number} is a sample, drawn by a small script.")
    finally:
        farm.close()
    status = run_farm(config, kind=RUN, until_idle=True)
    print("Submit a scene with: farmgui submit FILE; or a command: farmgui submit -- COMMAND {frame}")
    print("The window opens where there is a display: start the same program in a desktop session.")
    return status


def run_farm(config: Config, *, kind: str, until_idle: bool = False, finish: bool = False) -> int:
    """Schedule until told to end. Returns 1 where a frame of this run's jobs failed, else 0."""
    log_to(config.program_log)
    settings = read_settings(config.settings_file)
    farm = open_farm(config, settings)
    news = threading.Event()
    defects: list[BaseException] = []

    def failed(error: BaseException) -> None:
        defects.append(error)
        news.set()

    lead = make_lead(farm, config, settings, kind=kind, failed=failed, changed=lambda _: news.set())
    reporter = Reporter(farm, sys.stdout)
    farm.changes.subscribe(news.set)
    try:
        with _signals(news) as told_to_end:
            lead.start()
            if finish:
                lead.finish()
            while not (told_to_end.is_set() or defects or lead.state.handed_over):
                news.wait(LOOK_SECONDS)
                news.clear()
                jobs = reporter.look(lead.state)
                if (until_idle or finish) and _is_idle(lead, jobs):
                    break
        stop = told_to_end.is_set()
        if stop:
            lead.stop_all()
        reporter.close()
        lead.close(end_agent=not lead.state.handed_over and not _active(farm.queries.jobs()))
    finally:
        farm.changes.unsubscribe(news.set)
        farm.close()
    if defects:
        raise defects[0]
    return 1 if reporter.failed or stop else 0


def _active(jobs: list[JobRow]) -> bool:
    return any(row.counts.active for row in jobs)


def _is_idle(lead: Lead, jobs: list[JobRow]) -> bool:
    """Nothing runs and nothing queued can start: as the scheduler found, or else by the jobs' states."""
    if lead.state.leads:
        return lead.state.idle
    return not any(row.counts.active or (row.counts.queued and _may_start(row)) for row in jobs)


def _may_start(row: JobRow) -> bool:
    held_back = row.hidden or row.to_be_deleted or row.unfinished_parents or row.failed_parents
    return row.state is not JobState.PAUSED and not held_back


@contextmanager
def _signals(news: threading.Event) -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set."""
    told = threading.Event()

    def tell(_number: int, _frame: FrameType | None) -> None:
        told.set()
        news.set()

    before = {number: signal.signal(number, tell) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
