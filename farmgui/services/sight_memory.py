"""What the lead remembers of agents that joined and the files that they see; it decides, and asks nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from farmgui.domain.sights import Question, Sight
from farmgui.scheduler.farm import JobSight
from farmgui.services.sights import AGAIN, KEPT, TAKEN, job_sight

PATIENCE: Final = timedelta(seconds=20)
"""An agent that hasn't answered for so long is asked again."""
REST: Final = timedelta(seconds=2)
"""For so long an agent gets nothing else: what it was asked for would take its place."""
PERIOD: Final = timedelta(seconds=1)
"""How often it is looked who is to be asked again."""
AT_ONCE: Final = 50
"""Questions to one agent each time."""
_SWEPT: Final = timedelta(minutes=10)
"""How often what is old is forgotten."""


class Machine(NamedTuple):
    """An agent that joined."""

    hostname: str
    incarnation: str
    os_class: str
    tags: frozenset[int]


@dataclass(slots=True)
class Entry:
    """A question to an agent."""

    agent_id: str
    question: Question
    number: int
    since: datetime
    """Since when it is wanted to know."""
    next: datetime
    """When it is to be asked, or asked again."""
    asked: datetime | None = None
    answered: datetime | None = None
    sight: Sight | None = None
    called_for: datetime | None = None
    """Until when somebody waits for it who isn't a job."""

    @property
    def sees(self) -> bool:
        """Whether it sees all, as far as is known."""
        return self.sight is not None and self.sight.problem is None


class SightMemory:
    """Questions to agents with the answers. Its numbers begin after `number`."""

    def __init__(self, number: int = 0) -> None:
        self.machines: dict[str, Machine] = {}
        self.news: set[Question] = set()
        """Questions of which something else is known than before; emptied by the caller."""
        self.void: set[tuple[str, Question]] = set()
        """Agents and questions whose answers hold no longer; emptied by the caller."""
        self._number = number
        self._entries: dict[str, dict[Question, Entry]] = {}
        self._open: dict[tuple[str, Question], Entry] = {}
        """Those that are to be asked, or asked again: all but what is seen."""
        self._numbers: dict[int, Entry] = {}
        self._resting: dict[str, datetime] = {}
        self._passed: datetime | None = None
        self._swept: datetime | None = None
        self._hurried = False

    # Who is there

    def meet(self, agent_id: str, machine: Machine, time: datetime) -> None:
        """The agent is this by now; where it was another one, what it sees is asked anew."""
        old = self.machines.get(agent_id)
        self.machines[agent_id] = machine
        if old is not None and old != machine:
            self.doubt([agent_id], time)

    def drop(self, agent_id: str) -> None:
        """The agent is gone."""
        self.machines.pop(agent_id, None)
        self._resting.pop(agent_id, None)
        for entry in list(self._entries.get(agent_id, {}).values()):
            self._forget(entry)

    def doubt(self, agent_ids: Iterable[str], time: datetime) -> None:
        """What these agents see may be something else by now: what they don't see is asked anew at once."""
        for agent_id in agent_ids:
            for entry in list(self._entries.get(agent_id, {}).values()):
                if entry.sees and (entry.agent_id, entry.question) not in self._open:
                    self._forget(entry)
                    continue
                self._renumber(entry)
                if entry.sees:
                    self._unlearn(entry)
                entry.next, entry.called_for = time, time + AGAIN
                self._tell(entry)
        self._hurried = True

    # What is known

    def remember(self, agent_id: str, question: Question, answered: datetime, sight: Sight) -> None:
        """This was answered to an earlier lead."""
        entry = self._entry(agent_id, question, answered)
        entry.answered, entry.sight, entry.next = answered, sight, answered + AGAIN
        self._close(entry)
        self._tell(entry)

    def knows(self, agent_id: str, incarnation: str, question: Question, time: datetime) -> bool:
        """Whether the agent is known to see it."""
        machine, entry = self.machines.get(agent_id), self._entries.get(agent_id, {}).get(question)
        return (
            machine is not None
            and machine.incarnation == incarnation
            and entry is not None
            and entry.sees
            and entry.answered is not None
            and time - entry.answered < TAKEN
        )

    def known(self, question: Question) -> Mapping[str, JobSight]:
        """What is known of all agents."""
        return {
            agent_id: job_sight(machine.hostname, question, entry.sight)
            for agent_id, machine in self.machines.items()
            if (entry := self._entries.get(agent_id, {}).get(question)) is not None
        }

    # What is wanted to know

    def want(self, agent_id: str, question: Question, time: datetime) -> bool:
        """A job could go to the agent, which isn't known to see it; False where there is no such agent.

        What wasn't asked yet has the agent rest until it has answered.
        """
        if agent_id not in self.machines:
            return False
        entry = self._entries.get(agent_id, {}).get(question)
        if entry is None or entry.sees:
            entry = self._open_anew(agent_id, question, time)
            self._resting[agent_id] = time + REST
        self._hurried |= entry.next <= time
        self._tell(entry)
        return True

    def call_for(self, agent_id: str, question: Question, asked: datetime, time: datetime) -> None:
        """Somebody asked for it at that moment; what the agent is known to see stays until it answers."""
        if agent_id not in self.machines:
            return
        entry = self._entries.get(agent_id, {}).get(question)
        if entry is None:
            entry = self._open_anew(agent_id, question, asked)
        elif entry.asked is not None and entry.asked >= asked:
            return
        if entry.called_for is None or entry.called_for < asked + AGAIN:
            entry.called_for, entry.next = asked + AGAIN, time
            self._open[agent_id, question] = entry
            self._hurried = True

    def hear(self, agent_id: str, number: int, sight: Sight, time: datetime) -> Entry | None:
        """An agent answered; None where that isn't of interest any more."""
        entry = self._numbers.get(number)
        if entry is None or entry.agent_id != agent_id:
            return None
        entry.answered, entry.sight, entry.next = time, sight, time + AGAIN
        entry.called_for = None
        self._close(entry)
        self._tell(entry)
        if not any(one.sight is None for (other, _), one in self._open.items() if other == agent_id):
            self._resting.pop(agent_id, None)
        return entry

    # Who is to be asked

    def due(
        self, time: datetime, wanted: Callable[[Question], bool], present: Callable[[str], bool]
    ) -> Sequence[Entry]:
        """What is to be asked now of agents that are there: what a job wants, or somebody waits for."""
        soon = self._passed is not None and timedelta() <= time - self._passed < PERIOD
        if not self._open or (soon and not self._hurried):
            return ()
        self._passed, self._hurried = time, False
        self._sweep(time)
        counts: Counter[str] = Counter()
        found = []
        late = [entry for entry in self._open.values() if entry.next <= time]
        for entry in sorted(late, key=lambda entry: (entry.asked is not None, entry.next)):
            if counts[entry.agent_id] >= AT_ONCE or not present(entry.agent_id):
                continue
            called = entry.called_for is not None and entry.called_for > time
            if called or wanted(entry.question):
                counts[entry.agent_id] += 1
                found.append(entry)
        return found

    def asked(self, entry: Entry, time: datetime, *, delivered: bool) -> None:
        """The agent was asked; not where it couldn't be told."""
        if delivered:
            entry.asked = time
        patience = AGAIN if entry.sight is not None else PATIENCE
        entry.next = time + (patience if delivered else PERIOD)

    def resting(self, time: datetime) -> frozenset[str]:
        """Agents that get nothing for a moment, as they are being asked."""
        if not self._resting:
            return frozenset()
        self._resting = {agent_id: until for agent_id, until in self._resting.items() if until > time}
        return frozenset(self._resting)

    def next_time(self) -> datetime | None:
        """When the first of them rests no longer."""
        return min(self._resting.values(), default=None)

    def awaits(self, time: datetime, wanted: Callable[[Question], bool]) -> bool:
        """Whether an answer may come soon that lets a job start."""
        return any(
            entry.sight is None and time - entry.since < AGAIN and wanted(entry.question)
            for entry in self._open.values()
        )

    # Parts

    def _entry(self, agent_id: str, question: Question, time: datetime) -> Entry:
        found = self._entries.setdefault(agent_id, {}).get(question)
        if found is None:
            self._number += 1
            found = Entry(agent_id, question, self._number, time, time)
            self._entries[agent_id][question] = found
            self._numbers[found.number] = found
        return found

    def _open_anew(self, agent_id: str, question: Question, time: datetime) -> Entry:
        entry = self._entry(agent_id, question, time)
        self._renumber(entry)
        self._unlearn(entry)
        entry.since = entry.next = time
        self._open[agent_id, question] = entry
        self._hurried = True
        self._tell(entry)
        return entry

    def _close(self, entry: Entry) -> None:
        if entry.sees:
            self._open.pop((entry.agent_id, entry.question), None)
        else:
            self._open[entry.agent_id, entry.question] = entry

    def _renumber(self, entry: Entry) -> None:
        """What was asked before, in other words perhaps, isn't the answer."""
        del self._numbers[entry.number]
        self._number += 1
        entry.number = self._number
        self._numbers[entry.number] = entry

    def _unlearn(self, entry: Entry) -> None:
        if entry.answered is not None:
            self.void.add((entry.agent_id, entry.question))
        entry.sight = entry.asked = entry.answered = None

    def _forget(self, entry: Entry) -> None:
        self._unlearn(entry)
        del self._numbers[entry.number]
        del self._entries[entry.agent_id][entry.question]
        self._open.pop((entry.agent_id, entry.question), None)
        self._tell(entry)

    def _tell(self, entry: Entry) -> None:
        self.news.add(entry.question)

    def _sweep(self, time: datetime) -> None:
        """Forget what nobody has asked for in a long time."""
        if self._swept is not None and time - self._swept < _SWEPT:
            return
        self._swept = time
        old = [
            entry
            for entries in self._entries.values()
            for entry in entries.values()
            if time - max(entry.since, entry.asked or entry.since, entry.answered or entry.since) > KEPT
        ]
        for entry in old:
            self._forget(entry)
