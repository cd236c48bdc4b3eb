"""The batches that are open, in the lead's memory: opened by the dispatcher, closed by the news."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.orm import Session

from farmgui.domain.allocations import share_of
from farmgui.scheduler.farm import Holding
from farmgui.scheduler.needs import WHOLE
from farmgui.services.bulk import Driver

_OPEN: Final = (
    "SELECT token, batch, agent_id, job_id, attempts.cpus, attempts.ram, attempts.gpus, time_assigned, "
    "agents.cpus, agents.cpu_allocation FROM attempts JOIN agents ON agents.id = agent_id "
    "WHERE attempts.state IN ('assigned', 'running')"
)

_COUNT: Final = "SELECT count(*) FROM attempts WHERE attempts.state IN ('assigned', 'running')"


@dataclass(slots=True)
class OpenBatch:
    """What one batch takes of its agent."""

    agent_id: str
    job_id: int
    cpus: int
    ram: int
    gpus: int
    whole: bool
    """It has its agent to itself."""
    since: str
    """When it was assigned, as it is stored."""
    tokens: set[str] = field(default_factory=set)
    """Its attempts that are open."""


def open_batch(
    agent_id: str, job_id: int, asked: tuple[int, int, int], agent_cpus: int, since: str
) -> OpenBatch:
    """A batch that asked for so many cpus, ram and gpus (-1: all) of an agent of `agent_cpus`."""
    cpus, ram, gpus = asked
    whole = WHOLE in (cpus, ram)
    return OpenBatch(agent_id, job_id, agent_cpus if whole else cpus, max(ram, 0), gpus, whole, since)


@dataclass(slots=True)
class Use:
    """What the open batches take of one agent."""

    cpus: int = 0
    ram: int = 0
    gpus: int = 0
    batches: int = 0
    whole: bool = False
    ram_since: int = 0
    """MB that were promised after the agent's last word."""


class Holdings:
    """All open batches, by agent and by job; which of them changed since somebody last asked."""

    def __init__(self) -> None:
        self._batches: dict[str, OpenBatch] = {}
        self._on: dict[str, dict[str, OpenBatch]] = {}
        self._of: dict[int, dict[str, OpenBatch]] = {}
        self._held: dict[int, dict[str, Holding]] = {}
        """What each job holds on each agent."""
        self._agents: set[str] = set()
        self._jobs: set[int] = set()
        self._known = False

    @property
    def known(self) -> bool:
        """Whether this is what is stored; if not, it has to be read."""
        return self._known

    @property
    def any(self) -> bool:
        """Whether a batch is open."""
        return bool(self._batches)

    @property
    def jobs(self) -> Collection[int]:
        """Those that hold agents."""
        return self._of.keys()

    def tokens_on(self, agent_id: str) -> list[str]:
        """The attempts that are open on an agent."""
        return [token for batch in self._on.get(agent_id, {}).values() for token in batch.tokens]

    def doubt(self) -> None:
        """Nobody knows what was stored: a transaction ended in an error."""
        self._known = False

    def read(self, session: Session) -> None:
        """Read all open batches anew."""
        self._agents |= self._on.keys()
        self._jobs |= self._of.keys()
        self._batches, self._on, self._of, self._held = {}, {}, {}, {}
        for token, batch, agent_id, job_id, *asked, since, all_cpus, share in Driver(session).rows(_OPEN):
            known = self._batches.get(batch)
            if known is None:
                cpus = share_of(all_cpus, share, least=1)
                known = open_batch(agent_id, job_id, (asked[0], asked[1], asked[2]), cpus, since)
                self.open(batch, known)
            known.tokens.add(token)
        self._known = True

    def check(self, session: Session) -> bool:
        """Whether there are as many open attempts as are stored; if not, they are to be read anew."""
        stored = Driver(session).value(_COUNT)
        self._known = self._known and stored == sum(len(batch.tokens) for batch in self._batches.values())
        return self._known

    def open(self, name: str, batch: OpenBatch) -> None:
        """A batch was stored."""
        self._batches[name] = batch
        self._on.setdefault(batch.agent_id, {})[name] = batch
        self._of.setdefault(batch.job_id, {})[name] = batch
        self._hold(batch, 1)

    def close(self, tokens: Iterable[str]) -> None:
        """These attempts have ended, and that is stored."""
        for token in tokens:
            name = token.rpartition(".")[0]
            batch = self._batches.get(name)
            if batch is None:
                continue
            batch.tokens.discard(token)
            if not batch.tokens:
                self._remove(name, batch)

    def forget_agent(self, agent_id: str) -> None:
        """The agent was deleted, and its attempts with it."""
        for name, batch in list(self._on.get(agent_id, {}).items()):
            self._remove(name, batch)

    def changed(self) -> tuple[set[str], set[int]]:
        """The agents and jobs whose batches changed since the last call."""
        agents, self._agents = self._agents, set()
        jobs, self._jobs = self._jobs, set()
        return agents, jobs

    def use(self, agent_id: str, heard: str) -> Use:
        """What is taken of an agent that was last heard of at `heard`."""
        use = Use()
        for batch in self._on.get(agent_id, {}).values():
            use.cpus += batch.cpus
            use.ram += batch.ram
            use.gpus += batch.gpus
            use.batches += 1
            use.whole |= batch.whole
            use.ram_since += batch.ram if batch.since > heard else 0
        return use

    def of_job(self, job_id: int) -> tuple[Holding, ...]:
        """What the job holds, by agent."""
        return tuple(self._held.get(job_id, {}).values())

    def _remove(self, name: str, batch: OpenBatch) -> None:
        del self._batches[name]
        on, of = self._on[batch.agent_id], self._of[batch.job_id]
        del on[name], of[name]
        if not on:
            del self._on[batch.agent_id]
        if not of:
            del self._of[batch.job_id]
        self._hold(batch, -1)

    def _hold(self, batch: OpenBatch, number: int) -> None:
        """Count the batch in (1) or out (-1)."""
        self._agents.add(batch.agent_id)
        self._jobs.add(batch.job_id)
        held = self._held.setdefault(batch.job_id, {})
        old = held.get(batch.agent_id, Holding(batch.agent_id, 0, 0))
        batches, cpus = old.batches + number, old.cpus + number * (batch.cpus or 1)
        if batches:
            held[batch.agent_id] = Holding(batch.agent_id, batches, cpus)
            return
        del held[batch.agent_id]
        if not held:
            del self._held[batch.job_id]
