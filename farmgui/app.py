"""The composition root: what is made of what; and the window's start."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path

from farmgui.config import Config, Settings, has_display, read_config, read_settings
from farmgui.domain.errors import FarmError
from farmgui.execution.engine.runner import EngineRunner
from farmgui.execution.local import LocalRunner, clean_environ
from farmgui.execution.log_file import rotate
from farmgui.execution.platforms import start_detached
from farmgui.execution.several import SeveralRunners
from farmgui.services import farm as farms
from farmgui.services.awake import KeepAwake
from farmgui.services.farm import Farm
from farmgui.services.lead import Lead, Leading
from farmgui.submission.draft import Draft
from farmgui.submission.sample import prepare_sample

DESKTOP_NICE = 10
"""Tasks leave the desktop's own work the first turn on a machine where somebody sits."""


def main(*, sample: bool = False) -> int:
    """Open the window; with `sample`, a farm that never had a job gets one. Returns the exit status."""
    from farmgui.ui.program import run_window

    config = read_config()
    settings = read_settings(config.settings_file)
    log_to(config.program_log)
    return run_window(
        config,
        settings,
        open_farm=lambda: open_farm(config, settings),
        make_lead=make_lead,
        make_sample=sample_draft,
        go_on=lambda finish: go_on_in_background(config, finish=finish),
        sample=sample,
    )


def open_farm(config: Config, settings: Settings | None = None) -> Farm:
    """The farm of `config`: its database opened or made, its job types up to date. Raises FarmError."""
    choices = settings or read_settings(config.settings_file)
    make_private(config.home)
    return farms.open_farm(config.database_url, config.resources, choices)


def make_lead(
    farm: Farm,
    config: Config,
    settings: Settings,
    *,
    kind: str,
    failed: Callable[[BaseException], None],
    changed: Callable[[Leading], None],
) -> Lead:
    """What schedules the farm in this program, with the agent of this machine and those that have joined."""
    return Lead(
        farm,
        lambda: SeveralRunners((LocalRunner(config.agent_folder), EngineRunner(config.cluster_folder))),
        config.log_folder,
        kind=kind,
        failed=failed,
        changed=changed,
        awake=KeepAwake(lambda: settings.keep_awake),
        nice=DESKTOP_NICE if has_display() else 0,
        choices=settings,
    )


def sample_draft(farm: Farm, config: Config) -> Draft:
    """The sample as a draft; its script is put where the sample's frames will be. Raises FarmError."""
    return farm.intake.draft(prepare_sample(config.resources / "samples", config.samples_folder))


def go_on_in_background(config: Config, *, finish: bool) -> None:
    """Start a run that outlives this program and hands over to the next window.

    With `finish` it starts nothing new and ends with what runs.
    """
    log = config.home / "background.log"
    rotate(log)
    start_detached(
        [sys.executable, "-m", "farmgui", "run", "--background", "--finish" if finish else "--until-idle"],
        cwd=Path(__file__).parent.parent,
        environ=clean_environ(),
        log=log,
    )


def make_private(folder: Path) -> None:
    """Make `folder`, for its owner only where it is new. Raises FarmError."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise FarmError(
            f"The folder {folder} can't be made: {error.strerror}. Name another one with FARMGUI_HOME."
        ) from error


def log_to(file: Path) -> None:
    """Write what the program itself has to say into `file`: one megabyte, and the one before."""
    make_private(file.parent)
    handler = RotatingFileHandler(file, maxBytes=1_000_000, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for name in ("alembic", "apscheduler", "wakepy"):
        logging.getLogger(name).setLevel(logging.WARNING)
