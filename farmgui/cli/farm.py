"""The farm that a command works on, and what commands do with it alike."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from farmgui.app import open_farm
from farmgui.config import read_config
from farmgui.domain.errors import NotFound
from farmgui.services.farm import Farm


@contextmanager
def opened() -> Iterator[Farm]:
    """The farm of this machine's settings, closed afterwards. Raises FarmError where it can't be opened."""
    farm = open_farm(read_config())
    try:
        yield farm
    finally:
        farm.close()


def on_farm(work: Callable[[Farm, argparse.Namespace], object]) -> Callable[[argparse.Namespace], int]:
    """A command that opens the farm for `work`, and has then done what it was asked for."""

    def run(asked: argparse.Namespace) -> int:
        with opened() as farm:
            work(farm, asked)
        return 0

    return run


def agents_named(farm: Farm, names: Sequence[str]) -> list[str]:
    """The agents of these names, or of these ids where two have one name. Raises NotFound."""
    known = farm.queries.agents()
    found = []
    for name in names:
        ids = [row.id for row in known if name in (row.hostname, row.id)]
        if not ids:
            raise NotFound(f'There is no agent "{name}".')
        found += ids
    return found
