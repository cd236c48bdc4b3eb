"""The queue tree: nodes by their path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from farmgui.domain.errors import InvalidValue, NotFound
from farmgui.domain.limits import JOB_LIMITS
from farmgui.models import Job, JobQueue
from farmgui.services.catalogue import Commands, checked_name

NAME_LENGTH: Final = 255
PATH_LENGTH: Final = 1023
CHANGEABLE: Final = ("priority", "weight", "minimum_agents", "maximum_agents")


class Queues(Commands):
    """Commands on queues."""

    def create(self, path: str, values: Mapping[str, int | None] | None = None) -> int:
        """The queue at `path`, like "/film/shot", made with those above it where they are missing.

        Raises InvalidValue.
        """
        with self._changing() as session:
            queue_id = queue_at(session, path)
            if queue_id is None:
                raise InvalidValue('"/" is the root, which is always there. Name a queue like "/film/shot".')
            _set(session.get_one(JobQueue, queue_id), values or {})
        return queue_id

    def change(self, number: int, values: Mapping[str, int | None]) -> None:
        """Set some of CHANGEABLE, by name. Raises NotFound and InvalidValue."""
        with self._changing() as session:
            _set(_known(session, number), values)

    def rename(self, number: int, name: str) -> None:
        """Give a queue another name; those below it follow. Raises NotFound and InvalidValue."""
        with self._changing("There is a queue of that name already.") as session:
            queue = _known(session, number)
            queue.name = checked_name(name, "a queue", NAME_LENGTH, forbidden="/")
            _follow(queue)

    def move(self, number: int, parent: str) -> None:
        """Put a queue below the one at `parent`, "/" for the root. Raises NotFound and InvalidValue."""
        with self._changing("There is a queue of that name already.") as session:
            queue = _known(session, number)
            above = known_queue(session, parent)
            if above is not None and f"{above.fullpath}/".startswith(f"{queue.fullpath}/"):
                raise InvalidValue(f"{queue.fullpath} can't be put below itself.")
            queue.parent = above
            _follow(queue)

    def remove(self, number: int) -> None:
        """Remove a queue. Raises NotFound, and InvalidValue while it holds jobs or queues (PyFarm 8.4)."""
        with self._changing() as session:
            queue = _known(session, number)
            jobs = session.scalar(select(func.count()).select_from(Job).where(Job.job_queue_id == number))
            if jobs or queue.children:
                count, noun = (jobs, "job") if jobs else (len(queue.children), "queue")
                what = f"{count} {noun}{'' if count == 1 else 's'}"
                them = "it" if count == 1 else "them"
                raise InvalidValue(f"{queue.fullpath} holds {what}. Move or delete {them} first.")
            session.delete(queue)


def known_queue(session: Session, path: str) -> JobQueue | None:
    """The queue at `path`; None for the root. Raises NotFound."""
    full = "".join(f"/{name}" for name in _names(path))
    if not full:
        return None
    queue = session.scalars(select(JobQueue).where(JobQueue.fullpath == full)).first()
    if queue is None:
        raise NotFound(
            f"There is no queue {full}. Make it first: Farm → Queues in the window, or"
            f" farmgui queues add {full}"
        )
    return queue


def queue_at(session: Session, path: str) -> int | None:
    """The id of the queue at `path`, made where it is missing; None for the root. Raises InvalidValue."""
    names = _names(path)
    if any(len(name) > NAME_LENGTH for name in names) or len("/".join(names)) > PATH_LENGTH:
        raise InvalidValue(
            f"A queue's name has up to {NAME_LENGTH} characters, its path up to {PATH_LENGTH}."
        )
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


def _names(path: str) -> list[str]:
    return [name.strip() for name in path.split("/") if name.strip()]


def _known(session: Session, number: int) -> JobQueue:
    queue = session.get(JobQueue, number)
    if queue is None:
        raise NotFound(f"There is no queue {number}.")
    return queue


def _set(queue: JobQueue, values: Mapping[str, int | None]) -> None:
    for name, value in values.items():
        if name not in CHANGEABLE:
            raise InvalidValue(f'"{name}" of a queue can\'t be changed. These can: {", ".join(CHANGEABLE)}.')
        setattr(queue, name, JOB_LIMITS[name].check(value))
    least, most = queue.minimum_agents, queue.maximum_agents
    if least is not None and most is not None and least > most:
        raise InvalidValue(f"A minimum of {least} agents is above the maximum of {most}.")


def _follow(queue: JobQueue) -> None:
    """Write the path of a queue anew, and of all below it. Raises InvalidValue where it gets too long."""
    above = queue.parent.fullpath if queue.parent is not None else ""
    queue.fullpath = f"{above}/{queue.name}"
    if len(queue.fullpath) > PATH_LENGTH:
        raise InvalidValue(f"The path of a queue has up to {PATH_LENGTH} characters.")
    for child in queue.children:
        _follow(child)
