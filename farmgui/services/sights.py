"""Whether machines that joined see the files of a job: asked and read by any program, through the database.

The lead notices what is asked and has the agents look; see `lead_sights`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from farmgui.domain.sights import Blindness, Question, Sight, file_name, sight_words
from farmgui.domain.snapshots import SightRow
from farmgui.models import AgentSight
from farmgui.scheduler.farm import JobSight
from farmgui.services.bulk import Driver, stored_time
from farmgui.services.database import Database

TAKEN: Final = timedelta(hours=1)
"""For so long it is believed of an agent that it sees something."""
AGAIN: Final = timedelta(minutes=1)
"""How often an agent is asked that can't see something, and how often a front end asks."""
KEPT: Final = timedelta(hours=2)
"""What is older is of no use to anybody."""

_ANY: Final = "SELECT EXISTS (SELECT 1 FROM agent_sights)"
_OF_AGENTS: Final = (
    "SELECT agents.id, hostname, os_class, time_asked, time_answered, problem, path FROM agents "
    "LEFT JOIN agent_sights ON agent_id = agents.id AND scene = ? AND folder = ? "
    "WHERE joined AND enabled AND state != 'offline' ORDER BY hostname, agents.id"
)
_ASK: Final = (
    "INSERT INTO agent_sights (agent_id, scene, folder, time_asked, path) "
    "SELECT ?, ?, ?, ?, '' WHERE EXISTS (SELECT 1 FROM agents WHERE id = ?) "
    "ON CONFLICT (agent_id, scene, folder) DO UPDATE SET time_asked = excluded.time_asked"
)
_OLD: Final = "FROM agent_sights WHERE max(time_asked, coalesce(time_answered, '')) < ?"
_ALL: Final = (
    "SELECT agent_id, hostname, scene, folder, time_answered, problem, path FROM agent_sights "
    "JOIN agents ON agents.id = agent_id WHERE joined AND max(time_asked, coalesce(time_answered, '')) > ?"
)


class Sights:
    """Has the machines that joined look, and tells what they see."""

    def __init__(
        self,
        database: Database,
        wake: Callable[[], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._wake = wake
        self._clock = clock

    def ask(self, question: Question) -> None:
        """Have all machines that joined and are online and enabled look.

        Those that answered, or were asked, within a minute are left alone. Not for the window's thread; the
        answers come to `rows` while a program leads. Raises StoreError.
        """
        now = self._clock()
        before = stored_time(now - AGAIN)
        with self._database.reading() as session:
            rows = Driver(session).rows(_OF_AGENTS, question)
        asked = [row[0] for row in rows if max(row[3] or "", row[4] or "") < before]
        if not asked:
            return
        with self._database.sessions.begin() as session:
            time = stored_time(now)
            Driver(session).many(_ASK, [(agent, *question, time, agent) for agent in asked])
        self._wake()

    def rows(self, question: Question) -> tuple[SightRow, ...]:
        """What is known of each machine that joined and is online and enabled, by their names."""
        with self._database.reading() as session:
            rows = Driver(session).rows(_OF_AGENTS, question)
        found = []
        for agent_id, hostname, os_class, asked, answered, problem, path in rows:
            if answered is None or answered < asked:
                found.append(SightRow(agent_id, hostname, os_class, answered=False))
                continue
            words = sight_words(hostname, stored_sight(problem, path))
            found.append(SightRow(agent_id, hostname, os_class, answered=True, words=words, path=path))
        return tuple(found)

    def forget(self) -> None:
        """What was answered holds no longer, as after a change of path maps: all is to be asked anew."""
        with self._database.reading() as session:
            known = Driver(session).value(_ANY)
        if known:
            with self._database.sessions.begin() as session:
                session.execute(delete(AgentSight))
        self._wake()


def forget_old_sights(database: Database, time: datetime) -> None:
    """Remove what is of no use to anybody any more."""
    old = (stored_time(time - KEPT),)
    with database.reading() as session:
        there = Driver(session).value(f"SELECT EXISTS (SELECT 1 {_OLD})", old)
    if there:
        with database.sessions.begin(quiet=True) as session:
            Driver(session).many(f"DELETE {_OLD}", [old])


def read_sights(session: Session, time: datetime) -> dict[Question, dict[str, JobSight]]:
    """What is stored that may still be believed, by question and agent."""
    driver = Driver(session)
    found: dict[Question, dict[str, JobSight]] = {}
    if not driver.value(_ANY):
        return found
    for agent_id, hostname, scene, folder, answered, problem, path in driver.rows(
        _ALL, (stored_time(time - TAKEN),)
    ):
        asked = Question(scene, folder)
        sight = None if answered is None else stored_sight(problem, path)
        found.setdefault(asked, {})[agent_id] = job_sight(hostname, asked, sight)
    return found


def job_sight(hostname: str, asked: Question, sight: Sight | None) -> JobSight:
    """What decisions and people are told of an agent; `sight` None: it hasn't answered yet."""
    name = file_name(asked.scene) if asked.scene else f"the folder {file_name(asked.folder)}"
    if sight is None:
        return JobSight(sees=None, words=f"{hostname} is asked whether it sees {name}")
    if sight.problem is None:
        return JobSight(sees=True, words=f"{hostname} sees {name}")
    return JobSight(sees=False, words=sight_words(hostname, sight))


def stored_sight(problem: str | None, path: str) -> Sight:
    """An answer from what is stored of it."""
    return Sight(None if problem is None else Blindness(problem), path)
