"""The farm that a command works on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from farmgui.app import open_farm
from farmgui.config import read_config
from farmgui.services.farm import Farm


@contextmanager
def opened() -> Iterator[Farm]:
    """The farm of this machine's settings, closed afterwards. Raises FarmError where it can't be opened."""
    farm = open_farm(read_config())
    try:
        yield farm
    finally:
        farm.close()
