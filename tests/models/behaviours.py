"""What the tests of the reference's behaviours share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from farmgui.models import (
    Agent,
    Job,
    JobTypeVersion,
)
from tests.factories import FarmInMemory

Behaviour = Callable[[FarmInMemory], None]
"""A test of what the reference does; raises where it isn't so."""


@contextmanager
def storing(farm: FarmInMemory) -> Iterator[Session]:
    with farm.database.sessions.begin() as session:
        yield session


def an_agent(agent_id: str = "x", **values: Any) -> Agent:
    known = {"hostname": "host-x", "incarnation": "1", "cpus": 1, "ram": 1024}
    return Agent(id=agent_id, **{**known, **values})


def a_job(session: Session, **values: Any) -> Job:
    version = session.scalars(select(JobTypeVersion)).first()
    made = Job(**{"title": "job", "frames": "1", "jobtype_version": version, **values})
    session.add(made)
    return made


def refuses(farm: FarmInMemory, *rows: Callable[[Session], object]) -> None:
    """The database takes none of the rows."""
    for row in rows:
        with pytest.raises(IntegrityError), storing(farm) as session:
            made = row(session)
            if made is not None:
                session.add(made)
