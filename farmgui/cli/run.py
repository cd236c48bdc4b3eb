"""The farm without a window: scheduler and agent, with a live status line."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from farmgui.app import log_to, make_lead, open_farm, sample_draft
from farmgui.cli.report import Reporter
from farmgui.config import Config, read_config, read_settings
from farmgui.domain.errors import FarmError
from farmgui.domain.snapshots import JobRow
from farmgui.domain.states import JobState
from farmgui.services.farm import Farm
from farmgui.services.lead import BACKGROUND, RUN, Lead

LOOK_SECONDS = 0.5
PAUSE_SECONDS = 0.2


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


def _run(asked: argparse.Namespace) -> int:
    return run_farm(
        read_config(),
        kind=BACKGROUND if asked.background else RUN,
        until_idle=asked.until_idle,
        finish=asked.finish,
    )


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
    """Schedule until told to end. Returns 1 where a frame of its jobs failed or was stopped, else 0."""
    log_to(config.program_log)
    settings = read_settings(config.settings_file)
    farm = open_farm(config, settings)
    news = _News()
    lead = make_lead(farm, config, settings, kind=kind, failed=news.fail, changed=lambda _: news.set())
    reporter = Reporter(farm, sys.stdout)
    farm.changes.subscribe(news.set)
    end_agent = False
    try:
        with _signals(news):
            lead.start()
            if finish:
                lead.finish()
            _watch(lead, reporter, news, until_idle=until_idle or finish)
            stopped = news.told_to_end and lead.state.leads
            end_agent = lead.stop_all() if stopped else _is_over(lead, farm)
        reporter.close()
    finally:
        farm.changes.unsubscribe(news.set)
        lead.close(end_agent=end_agent)
        farm.close()
    return 1 if reporter.failed or stopped else 0


class _News(threading.Event):
    """Set when there is something to look at: a change, an error on the scheduler's thread, a signal."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: deque[BaseException] = deque()
        self.told_to_end = False

    def fail(self, error: BaseException) -> None:
        """Hand over what went wrong on the scheduler's thread."""
        self.errors.append(error)
        self.set()


def _watch(lead: Lead, reporter: Reporter, news: _News, *, until_idle: bool) -> None:
    """Tell what happens until it is over. A defect on the scheduler's thread is raised here."""
    while not (news.told_to_end or lead.state.handed_over):
        news.wait(LOOK_SECONDS)
        news.clear()
        while news.errors:
            error = news.errors.popleft()
            if not isinstance(error, FarmError):
                raise error
            reporter.say(str(error))
        jobs = reporter.look(lead.state)
        if until_idle and lead.state.begun and _is_idle(lead, jobs):
            return
        # What a person can't read any faster isn't worth the scheduler's time.
        time.sleep(PAUSE_SECONDS)


def _is_over(lead: Lead, farm: Farm) -> bool:
    """Whether the agent has nothing to do any more and nobody has taken over."""
    return lead.state.leads and not any(row.counts.active for row in farm.queries.jobs())


def _is_idle(lead: Lead, jobs: list[JobRow]) -> bool:
    """Nothing runs and nothing queued can start: as the scheduler found, or else by the jobs' states."""
    if lead.state.leads:
        return lead.state.idle
    return not any(row.counts.active or (row.counts.queued and _may_start(row)) for row in jobs)


def _may_start(row: JobRow) -> bool:
    held_back = row.hidden or row.to_be_deleted or row.unfinished_parents or row.failed_parents
    return row.state is not JobState.PAUSED and not held_back


@contextmanager
def _signals(news: _News) -> Iterator[None]:
    """SIGINT and SIGTERM tell to end."""

    def tell(_number: int, _frame: FrameType | None) -> None:
        news.told_to_end = True
        news.set()

    before = {number: signal.signal(number, tell) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
