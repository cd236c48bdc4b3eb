"""The farm in the lead's memory: read whole once, then kept by reading what changed since.

`job_changes`, `agent_changes` and `farm.tree_revision` tell which jobs and agents changed, and whether the
tree did; open batches are known by what the lead itself did; and time lets retries and late starts come.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.orm import Session

from farmgui.domain.dependencies import releases_dependants
from farmgui.domain.runtimes import tasks_in_hand
from farmgui.domain.states import SCHEDULED, JobState
from farmgui.scheduler.farm import JobSnapshot
from farmgui.scheduler.view import FarmView
from farmgui.services import holds
from farmgui.services.bulk import Driver, moment, stored_time
from farmgui.services.hearts import Hearts
from farmgui.services.holdings import Holdings, Turned
from farmgui.services.job_sights import JobSights
from farmgui.services.look import Look
from farmgui.services.mirror_rows import (
    JobFacts,
    JobRow,
    Tree,
    read_agents,
    read_jobs,
    read_live_jobs,
    read_tree,
)
from farmgui.services.tally import Settled

# The sign keeps SQLite from going through all tasks in the order of their jobs: few are delayed.
_DELAYED: Final = (
    "SELECT job_id, count(*), min(not_before) FROM tasks "
    "WHERE not_before > ? AND state = 'queued' AND NOT blocked GROUP BY +job_id"
)
_UNCHANGED: Final = (
    "SELECT revision = ? AND tree_revision <= revision "
    "AND NOT EXISTS (SELECT 1 FROM job_changes WHERE revision > farm.revision) "
    "AND NOT EXISTS (SELECT 1 FROM agent_changes WHERE revision > farm.revision) FROM farm"
)
NOTHING: Final[Settled] = {}
_FARM: Final = "SELECT revision, tree_revision FROM farm"
_CHANGED_JOBS: Final = "SELECT job_id FROM job_changes WHERE revision > ?"
_CHANGED_AGENTS: Final = "SELECT agent_id FROM agent_changes WHERE revision > ?"


class Mirror:
    """The view that decisions are made on; `holdings` are told by those who open and close batches."""

    def __init__(self, holdings: Holdings) -> None:
        self.holdings = holdings
        self.revision: int | None = None
        """The revision of the farm that this is; None: it has to be read whole."""
        self._now = datetime.now(UTC)
        self._clear()

    def _clear(self) -> None:
        self.view = FarmView()
        self.waiting: dict[int, str | None] = {}
        """Jobs with queued tasks and nothing in hand, with what is stored as the reason."""
        self.startable: set[int] = set()
        """Jobs that may start."""
        self.sights = JobSights()
        self._tree = Tree()
        self._jobs: dict[int, JobFacts] = {}
        self._hearts = Hearts()
        self._holding_back: dict[int, holds.Parent] = {}
        self._children: dict[int, set[int]] = {}
        self._delayed: dict[int, tuple[int, str]] = {}
        self._starts: dict[int, datetime] = {}
        self._due: list[tuple[datetime, int]] = []
        self._avoid: dict[int, frozenset[str]] = {}
        self._written: set[int] = set()

    @property
    def is_known(self) -> bool:
        """Whether only what changed has to be read, not all of the farm."""
        return self.revision is not None and self.holdings.known

    @property
    def agents_there(self) -> bool:
        """Whether an agent is online and enabled."""
        return self._hearts.any_present

    def refresh(self, session: Session, time: datetime, settled: Settled = NOTHING) -> Look:
        """Bring it up to what `session` sees.

        `settled` is all that was changed of these jobs since the last look, by the lead in this transaction.
        """
        before, self.revision, self._now = self.revision, None, time
        ((revision, tree_revision),) = Driver(session).rows(_FARM)
        look = Look(others=revision != before)
        if before is None or not self.holdings.known:
            self._read_whole(session, look)
        else:
            self._read_changes(session, before, tree_revision, settled, look)
            self._take_written(look)
        turned = self._listen(session, look)
        self._let_time_pass(session, look)
        self._put_jobs(look, turned)
        # Only now, so that whatever went wrong before is made good by reading all of it.
        self.revision = revision
        look.changed = look.changed or bool(look.jobs)
        return look

    def is_held(self, job_id: int) -> bool:
        """Whether the job waits whatever agents do."""
        return job_id in self.waiting and self.hold(job_id) != ""

    def hold(self, job_id: int) -> str:
        """What holds the job back whatever agents do, in words; "" where nothing does."""
        job = self.view.job(job_id)
        return "" if job is None else self.view.hold(job) or ""

    def avoid(self, pairs: Iterable[tuple[int, str]]) -> None:
        """Nothing queued of these jobs may run on these agents, until the job or the agents change."""
        for job_id, agent_id in pairs:
            self._avoid[job_id] = self._avoid.get(job_id, frozenset()) | {agent_id}
            self._put_again(job_id)

    def see(self, job_ids: Iterable[int]) -> None:
        """Of these jobs, something else is known in `sights`."""
        for job_id in job_ids:
            # Whether others could run it was part of why an agent is to be avoided.
            self._avoid.pop(job_id, None)
            self._put_again(job_id)

    def _put_again(self, job_id: int) -> None:
        facts = self._jobs.get(job_id)
        if facts is not None and self.view.job(job_id) is not None:
            self.view.put_job(self._snapshot(facts))

    def is_current(self, session: Session) -> bool:
        """Whether nobody has changed anything since the last look."""
        return bool(Driver(session).value(_UNCHANGED, (self.revision,)))

    def wrote_waiting(self, reasons: Mapping[int, str]) -> None:
        """The lead alone wrote these reasons, in one transaction: they need not be read."""
        if self.revision is not None:
            self.revision += 1
        self.waiting.update(reasons)

    def wrote_jobs(self, settled: Settled) -> None:
        """The lead alone changed these columns of jobs, since the last look: they need not be read."""
        if self.revision is not None and settled.keys() <= self._jobs.keys():
            self._put_settled(settled)
            self.revision += 1

    def _put_settled(self, settled: Settled) -> None:
        for job_id, values in settled.items():
            facts = self._jobs[job_id]
            facts.row = facts.row.with_settled(values)
        self._written |= settled.keys()

    def next_time(self) -> datetime | None:
        """When, without anybody's doing, something may start that may not now."""
        times = [moment(first) for _, first in self._delayed.values()]
        times += [self._due[0][0]] if self._due else []
        return min(times, default=None)

    def waits_for(self) -> dict[int, tuple[int, ...]]:
        """By job, the jobs that it waits for, where nothing else holds it back."""
        return {
            job_id: facts.parents
            for job_id, facts in self._jobs.items()
            if facts.parents and not holds.hold(facts.row, [], self._now)
        }

    def put_batches(self) -> None:
        """Bring the view up to the batches that were opened since it was refreshed."""
        agents, turned = self.holdings.changed()
        self._put_agents(agents)
        for job_id in turned.keys() & self._jobs.keys():
            self.view.put_job(self._snapshot(self._jobs[job_id]), turned[job_id].values())

    # Parts of a look

    def _read_whole(self, session: Session, look: Look) -> None:
        self._clear()
        if not self.holdings.known:
            self.holdings.read(session)
        self.holdings.changed()
        self._set_tree(read_tree(session))
        look.agents = read_agents(session, None)
        self._hearts.put_facts(look.agents)
        self._take_jobs(read_live_jobs(session, self._tree, self.holdings.jobs), look)
        look.changed = look.whole = look.tree = True

    def _read_changes(
        self, session: Session, since: int, tree_revision: int, settled: Settled, look: Look
    ) -> None:
        driver = Driver(session)
        jobs: set[int] = {row[0] for row in driver.rows(_CHANGED_JOBS, (since,))}
        agents: set[str] = {row[0] for row in driver.rows(_CHANGED_AGENTS, (since,))}
        if tree_revision > since:
            tree = read_tree(session)
            if (tree.names.versions, tree.type_software) != (
                self._tree.names.versions,
                self._tree.type_software,
            ):
                # Ranks of versions are part of what jobs need and agents have.
                self._read_whole(session, look)
                return
            self._set_tree(tree)
            look.changed = look.tree = True
        if agents:
            look.agents = read_agents(session, agents)
            self._hearts.put_facts(look.agents)
            look.deleted = frozenset(agents - {item.id for item in look.agents})
            for agent_id in look.deleted:
                self._hearts.drop(agent_id)
                self.holdings.forget_agent(agent_id)
        known = {job_id: settled[job_id] for job_id in settled.keys() & self._jobs.keys()}
        self._put_settled(known)
        jobs -= known.keys()
        if jobs:
            self._forget(jobs)
            read = read_jobs(session, self._tree, jobs)
            self._take_jobs(read, look)
            deleted = jobs - {item.row.id for item in read}
            self._see_parents(dict.fromkeys(deleted & self._holding_back.keys()), look)
            look.jobs |= deleted

    def _set_tree(self, tree: Tree) -> None:
        self._tree = tree
        self.view.set_queues(tree.queues)
        self.view.set_limits(tree.limits)
        self.view.set_names(tree.names)

    def _forget(self, jobs: Iterable[int]) -> None:
        for job_id in jobs:
            facts = self._jobs.pop(job_id, None)
            for parent in () if facts is None else (*facts.parents, *facts.frame_parents):
                self._children[parent].discard(job_id)
            self._avoid.pop(job_id, None)
            self.sights.forget(job_id)

    def _take_jobs(self, read: Collection[JobFacts], look: Look) -> None:
        """Enter jobs that were read; `look.jobs` gets them and those whose parents became others."""
        for facts in read:
            job_id = facts.row.id
            self._jobs[job_id] = facts
            look.jobs.add(job_id)
            for parent in (*facts.parents, *facts.frame_parents):
                self._children.setdefault(parent, set()).add(job_id)
        self._see_parents({facts.row.id: _as_parent(facts.row) for facts in read}, look)

    def _take_written(self, look: Look) -> None:
        written, self._written = self._written & self._jobs.keys(), set()
        look.jobs |= written
        self._see_parents({job_id: _as_parent(self._jobs[job_id].row) for job_id in written}, look)

    def _see_parents(self, parents: dict[int, holds.Parent | None], look: Look) -> None:
        for job_id, parent in parents.items():
            if self._holding_back.get(job_id) == parent:
                continue
            if parent is None:
                del self._holding_back[job_id]
            else:
                self._holding_back[job_id] = parent
            look.jobs |= self._children.get(job_id, set())

    def _listen(self, session: Session, look: Look) -> Turned:
        """Who of the agents is there, and what they have free; returns what jobs hold elsewhere by now."""
        heard = self._hearts.listen(session, self._now)
        look.silent, look.missing = heard.silent, heard.missing
        agents, turned = self.holdings.changed()
        look.jobs |= turned.keys() & self._jobs.keys()
        if heard.came_or_went:
            again, self._avoid = self._avoid, {}
            look.jobs |= again.keys() & self._jobs.keys()
        look.changed |= bool(heard.agents or agents)
        self._put_agents(heard.agents | agents)
        return turned

    def _put_agents(self, agents: Iterable[str]) -> None:
        for agent_id in agents:
            snapshot = self._hearts.snapshot(agent_id, self.holdings)
            if snapshot is None:
                self.view.drop_agent(agent_id)
            else:
                self.view.put_agent(snapshot)

    def _let_time_pass(self, session: Session, look: Look) -> None:
        while self._due and self._due[0][0] <= self._now:
            _, job_id = heapq.heappop(self._due)
            self._starts.pop(job_id, None)
            look.jobs.add(job_id)
        now = stored_time(self._now)
        if look.jobs or any(first <= now for _, first in self._delayed.values()):
            rows = Driver(session).rows(_DELAYED, (now,))
            known, self._delayed = self._delayed, {job_id: (number, first) for job_id, number, first in rows}
            look.jobs |= {job_id for job_id, _ in known.items() ^ self._delayed.items()}

    def _put_jobs(self, look: Look, turned: Turned) -> None:
        for job_id in look.jobs:
            facts = self._jobs.get(job_id)
            if facts is None or not self._concerns(facts.row):
                self._forget([job_id])
                self._drop(job_id)
                continue
            snapshot = self._snapshot(facts)
            self.view.put_job(snapshot, turned[job_id].values() if job_id in turned else None)
            self._note(facts.row, snapshot)
            self._expect_start(facts.row)

    def _concerns(self, row: JobRow) -> bool:
        """Whether a job is any concern of scheduling; what holds agents counts in any state."""
        return (row.state in SCHEDULED and not row.to_be_deleted) or row.id in self.holdings.jobs

    def _drop(self, job_id: int) -> None:
        self.view.drop_job(job_id)
        self.waiting.pop(job_id, None)
        self.startable.discard(job_id)
        self._starts.pop(job_id, None)

    def _note(self, row: JobRow, snapshot: JobSnapshot) -> None:
        if snapshot.queued > 0 and snapshot.hold is None:
            self.startable.add(row.id)
        else:
            self.startable.discard(row.id)
        if row.state is JobState.QUEUED and not row.to_be_deleted and not snapshot.holdings:
            self.waiting[row.id] = row.waiting
        else:
            self.waiting.pop(row.id, None)

    def _expect_start(self, row: JobRow) -> None:
        start = row.start_after
        if start is None or start <= self._now:
            self._starts.pop(row.id, None)
        elif self._starts.get(row.id) != start:
            self._starts[row.id] = start
            heapq.heappush(self._due, (start, row.id))

    def _snapshot(self, facts: JobFacts) -> JobSnapshot:
        row = facts.row
        delayed, first = self._delayed.get(row.id, (0, None))
        queued = max(0, row.num_queued - row.num_blocked - delayed)
        return JobSnapshot(
            id=row.id,
            title=row.title,
            queue_id=row.job_queue_id,
            priority=row.priority,
            weight=row.weight,
            minimum_agents=row.minimum_agents,
            maximum_agents=row.maximum_agents,
            need=facts.need,
            batch=_batch(row),
            queued=queued,
            hold=self._hold(facts, queued, first),
            most_per_agent=row.most_per_agent,
            holdings=self.holdings.of_job(row.id),
            set_aside=facts.set_aside,
            avoid=self._avoid.get(row.id, frozenset()),
            sights=self.sights.of(row.id),
            task_seconds=row.task_seconds,
            task_spread=row.task_spread,
            unfinished=row.num_queued + row.num_assigned + row.num_running,
        )

    def _hold(self, facts: JobFacts, queued: int, first: str | None) -> str | None:
        """Why none of the job's tasks may start; `first` is when the first retry is due."""
        row = facts.row
        hold = holds.hold(row, self._parents(facts.parents), self._now)
        if hold is None and not queued:
            return holds.none_startable(row, first, self._parents(facts.frame_parents))
        return hold

    def _parents(self, ids: tuple[int, ...]) -> list[holds.Parent]:
        if not ids:
            return []
        return [self._holding_back[job_id] for job_id in ids if job_id in self._holding_back]


def _as_parent(row: JobRow) -> holds.Parent | None:
    """The job as those see it that wait for it; None where it holds nobody back."""
    if releases_dependants(row.state, row.num_failed, row.num_marked_failed):
        return None
    return holds.Parent(row.id, row.title, row.state is JobState.FAILED)


def _batch(row: JobRow) -> int:
    """What an agent is given at once. Frames that a program renders in one go are batched as the job says."""
    batch = row.batch if row.batch_contiguous else tasks_in_hand(row.batch, row.task_seconds)
    return min(batch, row.max_batch) if row.max_batch else batch
