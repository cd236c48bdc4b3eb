"""A farm for each test, checked at its end: counts agree with tasks, whatever was done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from farmgui.services.database import Database, open_database
from tests.factories import FarmInMemory


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[FarmInMemory]:
    """A farm with one agent of two cpus, "a"."""
    farm = FarmInMemory(tmp_path)
    yield farm
    farm.close()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty database."""
    database = open_database(f"sqlite:///{tmp_path / 'farm.db'}")
    yield database
    database.close()
