"""The batches that are open, in the lead's memory: opened by the dispatcher, closed by the news."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
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

Turned = Mapping[int, Mapping[str, Holding]]
"""What jobs hold on those agents where that changed, by job and agent; no batches: nothing any more."""


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

    batches: dict[str, OpenBatch] = field(default_factory=dict)
    """By their names."""
    cpus: int = 0
    ram: int = 0
    gpus: int = 0
    wholes: int = 0
    """Batches that have the agent to themselves."""
    newest: str = ""
    """No batch was assigned later."""

    def ram_since(self, heard: str) -> int:
        """MB that were promised after the agent was heard at `heard`."""
        if self.newest <= heard:
            return 0
        return sum(batch.ram for batch in self.batches.values() if batch.since > heard)

    def add(self, name: str, batch: OpenBatch) -> None:
        """Count a batch in."""
        self.batches[name] = batch
        self._count(batch, 1)
        self.newest = max(self.newest, batch.since)

    def remove(self, name: str) -> None:
        """Count a batch out."""
        self._count(self.batches.pop(name), -1)

    def _count(self, batch: OpenBatch, sign: int) -> None:
        self.cpus += sign * batch.cpus
        self.ram += sign * batch.ram
        self.gpus += sign * batch.gpus
        self.wholes += sign * batch.whole


_UNUSED: Final = Use()


class Holdings:
    """All open batches, by agent and by job; which of them changed since somebody last asked."""

    def __init__(self) -> None:
        self._batches: dict[str, OpenBatch] = {}
        self._on: dict[str, Use] = {}
        self._held: dict[int, dict[str, Holding]] = {}
        """What each job holds on each agent."""
        self._agents: set[str] = set()
        self._turned: dict[int, dict[str, Holding]] = {}
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
        return self._held.keys()

    def tokens_on(self, agent_id: str) -> list[str]:
        """The attempts that are open on an agent."""
        return [token for batch in self.use(agent_id).batches.values() for token in batch.tokens]

    def doubt(self) -> None:
        """Nobody knows what was stored: a transaction ended in an error."""
        self._known = False

    def read(self, session: Session) -> None:
        """Read all open batches anew; whoever keeps something of them has to make it anew too."""
        self._batches, self._on, self._held = {}, {}, {}
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
        use = self._on.get(batch.agent_id)
        if use is None:
            use = self._on[batch.agent_id] = Use()
        use.add(name, batch)
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
        for name, batch in list(self.use(agent_id).batches.items()):
            self._remove(name, batch)

    def changed(self) -> tuple[set[str], Turned]:
        """The agents whose batches changed since the last call, and what which jobs hold there now."""
        agents, self._agents = self._agents, set()
        turned, self._turned = self._turned, {}
        return agents, turned

    def use(self, agent_id: str) -> Use:
        """What is taken of an agent now; not to be changed."""
        return self._on.get(agent_id, _UNUSED)

    def of_job(self, job_id: int) -> tuple[Holding, ...]:
        """What the job holds, by agent."""
        return tuple(self._held.get(job_id, {}).values())

    def _remove(self, name: str, batch: OpenBatch) -> None:
        del self._batches[name]
        use = self._on[batch.agent_id]
        use.remove(name)
        if not use.batches:
            del self._on[batch.agent_id]
        self._hold(batch, -1)

    def _hold(self, batch: OpenBatch, number: int) -> None:
        """Count the batch in (1) or out (-1)."""
        agent_id, job_id = batch.agent_id, batch.job_id
        held = self._held.setdefault(job_id, {})
        old = held.get(agent_id)
        batches, cpus = (0, 0) if old is None else (old.batches, old.cpus)
        now = Holding(agent_id, batches + number, cpus + number * (batch.cpus or 1))
        self._agents.add(agent_id)
        self._turned.setdefault(job_id, {})[agent_id] = now
        if now.batches:
            held[agent_id] = now
            return
        del held[agent_id]
        if not held:
            del self._held[job_id]
