"""How the engine behaves in all of our processes that have a part of it."""

from __future__ import annotations

import importlib
import logging
from typing import Any, Final

from farmgui.domain.errors import FarmError

SETTINGS: Final[dict[str, Any]] = {
    # One that is silent for so long is gone.
    "distributed.scheduler.worker-ttl": "30s",
    # The engine carries messages; what it would start again by itself, we decide.
    "distributed.scheduler.allowed-failures": 0,
    "distributed.scheduler.work-stealing": False,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.low-level-log-length": 100,
    "distributed.comm.timeouts.connect": "10s",
    "distributed.comm.require-encryption": True,
    # It would tell anybody who asks about the farm, unencrypted.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}


def see_that_the_extra_is_there() -> None:
    """Raise FarmError where what a farm of many machines needs isn't installed."""
    for name in ("cryptography", "distributed"):
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise FarmError(
                f"What a farm of many machines needs ({name}) is missing. "
                "Install it: pip install 'farmgui[farm]'"
            ) from error


def apply_settings() -> None:
    """Set the engine up for this process, and have it tell only what is wrong, where our own log goes.

    To be called before anything of the engine is made; how the process logs is its own affair.
    """
    import dask
    import distributed

    dask.config.set(SETTINGS)
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado"):
            logger = logging.getLogger(name)
            # The engine gives itself handlers that write to stderr when it is imported.
            for handler in list(logger.handlers):
                if isinstance(handler, logging.StreamHandler):
                    logger.removeHandler(handler)
            logger.propagate = True
            logger.setLevel(logging.NOTSET)
    for name in (distributed.__name__, "tornado"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("distributed.scheduler", "distributed.batched"):
        logging.getLogger(name).addFilter(_is_worth_telling)


def _is_worth_telling(record: logging.LogRecord) -> bool:
    # That somebody went while something was on its way to him is no fault; it is told as one.
    return not str(record.msg).startswith("Closed comm")
