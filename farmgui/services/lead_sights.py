"""Has agents that joined look before they get a job: none gets one whose files it isn't known to see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from farmgui.domain.catalogue import PathMapRow
from farmgui.domain.sights import Question, Sight
from farmgui.execution.runner import Runner
from farmgui.services.agent_words import asked_paths
from farmgui.services.bulk import Driver, moment, stored_time
from farmgui.services.database import Database
from farmgui.services.lease import check_fence
from farmgui.services.look import Look
from farmgui.services.mirror import Mirror
from farmgui.services.path_maps import read_path_maps
from farmgui.services.sight_memory import Entry, Machine, SightMemory
from farmgui.services.sights import TAKEN, stored_sight

_ANSWERED: Final = (
    "SELECT agent_id, scene, folder, time_answered, problem, path FROM agent_sights WHERE time_answered > ?"
)
_PENDING: Final = (
    "SELECT agent_id, scene, folder, time_asked FROM agent_sights "
    "WHERE time_answered IS NULL OR time_answered < time_asked"
)
# What was answered stays until the next answer; an agent may be deleted meanwhile.
_STORE: Final = (
    "INSERT INTO agent_sights (agent_id, scene, folder, time_asked, time_answered, problem, path) "
    "SELECT ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM agents WHERE id = ?) "
    "ON CONFLICT (agent_id, scene, folder) DO UPDATE SET time_answered = excluded.time_answered, "
    "problem = excluded.problem, path = excluded.path WHERE excluded.time_answered IS NOT NULL"
)
_VOID: Final = "DELETE FROM agent_sights WHERE agent_id = ? AND scene = ? AND folder = ?"
_A_LEADS_NUMBERS: Final = 1 << 32

Pair = tuple[int, str, Question]
"""A job, an agent that it could go to, and what the agent has to see for it."""


class LeadSights:
    """For the lead with the fencing token `fence`; on its thread. `mirror` is told what is known.

    Where no agent has joined it does nothing.
    """

    def __init__(self, database: Database, runner: Runner, fence: int, mirror: Mirror) -> None:
        self._database = database
        self._runner = runner
        self._fence = fence
        self._mirror = mirror
        # What an earlier lead asked may be answered to this one.
        self._memory = SightMemory(fence * _A_LEADS_NUMBERS)
        self._maps: list[PathMapRow] | None = None
        self._unsaved: dict[tuple[str, Question], tuple[Any, ...]] = {}
        self._changed: set[int] = set()

    def take(self, session: Session, look: Look, time: datetime) -> bool:
        """Take in what a look found; whether the view became another one by it."""
        memory = self._memory
        for facts in look.agents:
            if facts.joined:
                machine = Machine(facts.hostname, facts.incarnation, facts.os_class, facts.tags)
                memory.meet(facts.id, machine, time)
            else:
                memory.drop(facts.id)
        gone = memory.machines.keys() - {facts.id for facts in look.agents} if look.whole else look.deleted
        for agent_id in gone:
            memory.drop(agent_id)
        if not memory.machines:
            return False
        if self._maps is None:
            self._maps = read_path_maps(session)
            self._remember(session, time)
        elif look.tree and (maps := read_path_maps(session)) != self._maps:
            self._maps = maps
            memory.doubt(memory.machines, time)
        if look.others:
            for agent_id, scene, folder, asked in Driver(session).rows(_PENDING):
                memory.call_for(agent_id, Question(scene, folder), moment(asked), time)
        return self._publish()

    def knows(self, agent_id: str, incarnation: str, question: Question, time: datetime) -> bool:
        """Whether an agent that joined, and was started as this one, is known to see it."""
        return self._memory.knows(agent_id, incarnation, question, time)

    def want(self, pairs: Iterable[Pair], time: datetime) -> set[tuple[int, str]]:
        """These jobs could go to these agents: leave them out until these have told that they see.

        Returns those of which nothing can be known, as jobs and agents.
        """
        unknown: set[tuple[int, str]] = set()
        jobs: set[int] = set()
        sights = self._mirror.sights
        for job_id, agent_id, question in pairs:
            sights.link(job_id, question)
            jobs.add(job_id)
            if not self._memory.want(agent_id, question, time):
                unknown.add((job_id, agent_id))
        # Else jobs of one scene would be tried one after the other.
        with self._database.reading() as session:
            self._memory.news |= sights.link_stored(session, self._mirror.startable)
        self._publish()
        # Whatever was known: a pair that is granted again and again would never let a tick end.
        self._mirror.see(jobs)
        return unknown

    def hear(self, answers: Sequence[tuple[str, int, Sight]], time: datetime) -> bool:
        """Agents answered: agent, number and sight; whether the view became another one by it."""
        for agent_id, number, sight in answers:
            entry = self._memory.hear(agent_id, number, sight, time)
            if entry is not None:
                self._unsaved[agent_id, entry.question] = _stored(entry, time)
        return self._publish()

    def ask(self, time: datetime) -> None:
        """Store what was answered, and have agents look where that is due. Raises LostLease."""
        present, memory = self._mirror.view.agent, self._memory

        def is_present(agent_id: str) -> bool:
            agent = present(agent_id)
            return agent is not None and agent.present

        due = memory.due(time, self._wanted, is_present)
        for key in memory.void:
            self._unsaved.pop(key, None)
        for entry in due:
            if entry.answered is None and entry.asked is None:
                self._unsaved[entry.agent_id, entry.question] = _stored(entry, time)
        self._save()
        for entry in due:
            memory.asked(entry, time, delivered=self._look(entry))

    def resting(self, time: datetime) -> frozenset[str]:
        """Agents that get nothing for a moment: what they are being asked for would take their room."""
        return self._memory.resting(time)

    def next_time(self) -> datetime | None:
        """When one of these may get something all the same."""
        return self._memory.next_time()

    def changed(self) -> set[int]:
        """The jobs of which something else is known than at the last call."""
        changed, self._changed = self._changed, set()
        return changed

    def awaits(self, time: datetime) -> bool:
        """Whether an answer may come soon that lets a job start."""
        return self._memory.awaits(time, self._wanted)

    def _remember(self, session: Session, time: datetime) -> None:
        rows = Driver(session).rows(_ANSWERED, (stored_time(time - TAKEN),))
        for agent_id, scene, folder, answered, problem, path in rows:
            if agent_id in self._memory.machines:
                sight = stored_sight(problem, path)
                self._memory.remember(agent_id, Question(scene, folder), moment(answered), sight)

    def _publish(self) -> bool:
        """Tell the mirror what is known; whether that changes anything there."""
        news, self._memory.news = self._memory.news, set()
        jobs: set[int] = set()
        for question in news:
            if self._mirror.sights.jobs(question):
                jobs |= {*self._mirror.sights.put(question, self._memory.known(question))}
        self._mirror.see(jobs)
        self._changed |= jobs
        return bool(jobs)

    def _wanted(self, question: Question) -> bool:
        return any(job_id in self._mirror.startable for job_id in self._mirror.sights.jobs(question))

    def _look(self, entry: Entry) -> bool:
        machine, names = self._memory.machines[entry.agent_id], self._mirror.view.names.tags
        tags = {names.get(tag, "") for tag in machine.tags}
        reads, writes = asked_paths(entry.question, self._maps or (), machine.os_class, tags)
        return self._runner.look(entry.agent_id, entry.number, reads, writes)

    def _save(self) -> None:
        void = self._memory.void
        if not (self._unsaved or void):
            return
        # Who waits for an answer looks for it: it is no news for all windows.
        with self._database.sessions.begin(quiet=True) as session:
            check_fence(session, self._fence)
            Driver(session).many(_VOID, [(agent_id, *question) for agent_id, question in void])
            Driver(session).many(_STORE, list(self._unsaved.values()))
        self._unsaved.clear()
        void.clear()


def _stored(entry: Entry, time: datetime) -> tuple[Any, ...]:
    """The row of the entry."""
    answered = entry.answered and stored_time(entry.answered)
    sight = entry.sight or Sight()
    problem = sight.problem and sight.problem.value
    asked = stored_time(entry.asked or time)
    return (entry.agent_id, *entry.question, asked, answered, problem, sight.path, entry.agent_id)
