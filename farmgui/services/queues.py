"""The queue tree: nodes by their path."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from farmgui.domain.errors import InvalidValue
from farmgui.models import JobQueue
from farmgui.services.database import Database


class Queues:
    """Commands on queues."""

    def __init__(self, database: Database, wake: Callable[[], None]) -> None:
        self._database = database
        self._wake = wake

    def create(self, path: str) -> int:
        """The queue at `path`, like "/film/shot", made with those above it where they are missing."""
        with self._database.sessions.begin() as session:
            queue_id = queue_at(session, path)
        self._wake()
        if queue_id is None:
            raise InvalidValue('"/" is the root, which is always there. Name a queue like "/film/shot".')
        return queue_id


def queue_at(session: Session, path: str) -> int | None:
    """The id of the queue at `path`, made where it is missing; None for the root. Raises InvalidValue."""
    names = [name.strip() for name in path.split("/") if name.strip()]
    if any(len(name) > 255 for name in names) or len("/".join(names)) >= 1024:
        raise InvalidValue("A queue's name has up to 255 characters, its path up to 1,023.")
    parent: int | None = None
    full = ""
    for name in names:
        full = f"{full}/{name}"
        known = session.scalar(select(JobQueue.id).where(JobQueue.fullpath == full))
        if known is None:
            queue = JobQueue(parent_jobqueue_id=parent, name=name, fullpath=full)
            session.add(queue)
            session.flush()
            known = queue.id
        parent = known
    return parent
