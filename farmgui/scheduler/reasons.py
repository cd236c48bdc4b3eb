"""Why a job waits, in words: the first rule that keeps it from the agents, and how many of them fail it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from farmgui.scheduler.bits import members
from farmgui.scheduler.decide import replayed
from farmgui.scheduler.farm import Decision
from farmgui.scheduler.nodes import JobNode, NeedClass, QueueNode
from farmgui.scheduler.ranks import outranks
from farmgui.scheduler.requirements import requirements
from farmgui.scheduler.view import FarmView
from farmgui.scheduler.words import counted, ram_text, some


def why_waiting(view: FarmView, job_ids: Iterable[int], decision: Decision | None = None) -> dict[int, str]:
    """For each of these jobs why it, or more of it, doesn't start.

    `decision` is the last one: what it grants is at work, also if the view wasn't told yet, and whom it kept
    agents for is told. Jobs that the view doesn't have are left out.
    """
    reasons = _Reasons(view, decision)
    return {job_id: reasons.of(view.nodes[job_id]) for job_id in job_ids if job_id in view.nodes}


@dataclass(frozen=True, slots=True)
class _Users:
    """Who is at work on some agents."""

    titles: tuple[str, ...]
    jobs: tuple[JobNode, ...]
    count: int


class _Reasons:
    """What is found out once and told of many jobs."""

    def __init__(self, view: FarmView, decision: Decision | None) -> None:
        self._view = view
        self._index = view.index
        kept = decision.kept if decision is not None else {}
        self._kept = {
            agent_id: job_id
            for agent_id, job_id in kept.items()
            if job_id in view.nodes and view.agent(agent_id) is not None
        }
        self._kept_mask = view.index.mask(self._kept)
        # A view that changed since then was told of what was granted.
        grants = decision.grants if decision is not None and decision.of == view.changes else ()
        self._now = replayed(view, grants)
        self._granted: dict[int, list[int]] = {}
        for grant in grants:
            self._granted.setdefault(view.index.number(grant.agent_id), []).append(grant.job_id)
        self._unmet: dict[int, str | None] = {}
        self._rooms: dict[int, int] = {}
        self._users: dict[int, _Users] = {}
        self._busy: dict[tuple[int, int, int, int, bool], str] = {}
        self._present = sum(
            1 << index for index in members(self._index.known) if self._index.rows[index].present
        )

    def of(self, node: JobNode) -> str:
        """The reason for this job."""
        hold = self._view.hold(node.job)
        if hold is not None:
            return hold
        if node.job.queued <= 0:
            return "has no task that may start now"
        if not self._index.known:
            return "no agent is online and enabled"
        if node.need_class.index not in self._unmet:
            self._unmet[node.need_class.index] = self._missing(node.need_class)
        return (
            self._unmet[node.need_class.index]
            or self._maximum(node)
            or self._barred(node)
            or self._limit(node)
            or self._most(node)
            or self._at_work(node)
        )

    def _missing(self, need_class: NeedClass) -> str | None:
        """What no agent has, or no agent together with all else that is needed."""
        mask = self._view.eligible_mask(need_class)
        if mask & self._present:
            return None
        if mask:
            return f"waits for {self._hosts(mask)}, expected back soon"
        left = self._index.known
        for rule in requirements(self._index, self._view.names, need_class.need):
            if not rule.mask & self._index.known:
                return rule.none
            if not left & rule.mask:
                with_it = (rule.mask & self._index.known).bit_count()
                return (
                    f"{rule.words}: {self._share(with_it)} it, and none of these meets all else that it needs"
                )
            left &= rule.mask
        return "no agent can run it"

    def _share(self, count: int) -> str:
        verb = "has" if count == 1 else "have"
        return f"{count} of {counted(self._index.known.bit_count(), 'agent')} {verb}"

    def _hosts(self, mask: int) -> str:
        names = [self._index.rows[number].name for number in members(mask)]
        return some(names)

    def _maximum(self, node: JobNode) -> str | None:
        """Which maximum of agents is used up: the job's own or one of a queue above."""
        maximum = node.job.maximum_agents
        if maximum == 0:
            return "its maximum of agents is 0"
        if maximum is not None and self._now.job(node.job.id).mask.bit_count() >= maximum:
            return f"its maximum of {counted(maximum, 'agent')} is in use"
        for queue in node.queue.lineage():
            if queue.maximum is not None and self._now.queue(queue).mask.bit_count() >= queue.maximum:
                name = queue_name(queue)
                if queue.maximum == 0:
                    return f"the maximum of agents of {name} is 0"
                return f"the maximum of {counted(queue.maximum, 'agent')} of {name} is in use"
        return None

    def _limit(self, node: JobNode) -> str | None:
        for name, amount in node.job.need.limits:
            use, left = self._view.uses[name], self._now.limit(name)
            if amount > use.limit.amount:
                are = "is" if use.limit.amount == 1 else "are"
                return f"needs {amount} of the limit “{name}”, of which there {are} {use.limit.amount}"
            if not self._candidates(node) & left.agents(
                amount, started=self._now.job(node.job.id).batches > 0
            ):
                titles = self._titles([*use.users, *self._granted_users(name)])
                taken = f"{use.limit.amount - left.left} of {use.limit.amount}"
                return f"the limit “{name}” ({taken}) is in use by {titles}"
        return None

    def _granted_users(self, name: str) -> set[int]:
        """Jobs that were just given some of the limit."""
        jobs = {job_id for granted in self._granted.values() for job_id in granted}
        use = self._view.uses[name]
        return {
            job_id
            for job_id in jobs - use.users.keys()
            if any(name == other for other, _ in self._view.nodes[job_id].job.need.limits)
        }

    def _titles(self, job_ids: Iterable[int]) -> str:
        return some([title(self._view.nodes[job_id]) for job_id in job_ids if job_id in self._view.nodes])

    def _barred(self, node: JobNode) -> str | None:
        """Why none of the agents that could run it may take it."""
        if self._candidates(node):
            return None
        left = self._view.eligible_mask(node.need_class) & self._present & ~self._index.mask(node.job.avoid)
        sights = [node.job.sights[name] for name in self._index.ids(left) if name in node.job.sights]
        unseen = [one for one in sights if one.sees is False] or [one for one in sights if one.sees is None]
        if not unseen:
            return "its tasks failed on every agent that could run them now"
        more = f" (and {counted(len(unseen) - 1, 'more agent')})" if len(unseen) > 1 else ""
        return f"{unseen[0].words}{more}"

    def _most(self, node: JobNode) -> str | None:
        most = node.job.most_per_agent
        if most is not None and not self._candidates(node) & ~_full(node):
            return f"runs as many tasks on each agent as it may ({most})"
        return None

    def _candidates(self, node: JobNode) -> int:
        mask = self._view.eligible_mask(node.need_class) & self._present
        return mask & ~self._view.barred(node) if node.avoid or node.set_aside else mask

    def _at_work(self, node: JobNode) -> str:
        """The agents that could run it are at work, or kept, or about to be given to it."""
        candidates = self._candidates(node)
        if self._now.job(node.job.id).batches:
            return "runs, and no further agent that could run it has room"
        key = (node.need_class.index, candidates, node.queue.id, node.job.priority, bool(node.job.weight))
        if key not in self._busy:
            self._busy[key] = self._busy_text(node, candidates)
        if node.job.id in self._kept.values():
            host = next(agent for agent, job_id in self._kept.items() if job_id == node.job.id)
            name = self._index.rows[self._index.number(host)].name
            return f"{self._busy[key]}; {name} is kept for it until it has room"
        return self._busy[key]

    def _busy_text(self, node: JobNode, candidates: int) -> str:
        room = self._room(node.need_class) & candidates
        if room & ~self._kept_mask:
            return "its turn comes next: there is room for it"
        if room:
            kept_for = {self._kept[agent_id] for agent_id in self._index.ids(room)}
            return f"kept waiting: its turn comes after {self._titles(kept_for)}, for which agents are kept"
        users = self._users_of(candidates)
        if not users.count:
            return self._lacking(node)
        return self._turn(node, candidates, users)

    def _lacking(self, node: JobNode) -> str:
        """Nobody is at work there, and yet something isn't free."""
        need = node.job.need
        if need.ram > 0:
            return f"needs {ram_text(need.ram)} of ram: no idle agent has so much of it free"
        return "the agents that could run it have nothing free"

    def _turn(self, node: JobNode, candidates: int, users: _Users) -> str:
        count = candidates.bit_count()
        who = some(users.titles, users.count)
        known = self._index.known.bit_count()
        if node.job.weight and count * 2 <= known:
            rules = requirements(self._index, self._view.names, node.job.need)
            rarest = min(rules, key=lambda rule: (rule.mask & self._index.known).bit_count(), default=None)
            if rarest is not None:
                with_it = (rarest.mask & self._index.known).bit_count()
                return f"{rarest.words}: {self._share(with_it)} it, all busy with {who}"
        agents = f"{'the agent' if count == 1 else f'the {count} agents'} that could run it"
        others = f"{who} {'uses' if users.count == 1 else 'use'} {agents}"
        higher = [title(user) for user in users.jobs if outranks(user, node)]
        if not node.job.weight:
            return f"has weight 0, so it gets what nobody else can use: {others}"
        if higher:
            return f"waits for its turn: jobs of higher priority ({some(higher)}) use {agents}"
        if node.job.need.whole:
            return f"needs a whole agent, and {others}"
        return f"waits for its turn: {others}"

    def _room(self, need_class: NeedClass) -> int:
        """The agents where a batch of the class would fit now."""
        found = self._rooms.get(need_class.index)
        if found is None:
            found = 0
            mask = self._view.eligible_mask(need_class)
            while (number := self._now.capacity.find(need_class, mask & ~found)) is not None:
                found |= 1 << number
            self._rooms[need_class.index] = found
        return found

    def _users_of(self, mask: int) -> _Users:
        found = self._users.get(mask)
        if found is None:
            batches: Counter[int] = Counter()
            for number in members(mask):
                batches.update(self._view.running.get(number, {}))
                batches.update(self._granted.get(number, ()))
            jobs = tuple(
                self._view.nodes[job_id] for job_id, _ in batches.most_common() if job_id in self._view.nodes
            )
            found = _Users(tuple(title(node) for node in jobs[:3]), jobs[:10], len(jobs))
            self._users[mask] = found
        return found


def title(node: JobNode) -> str:
    """What people call the job."""
    return node.job.title or f"job {node.job.id}"


def queue_name(queue: QueueNode) -> str:
    """What people call the queue, in a sentence."""
    path = queue.queue.path if queue.queue is not None else ""
    return f"the queue {path}" if path else "its queue"


def _full(node: JobNode) -> int:
    most = node.job.most_per_agent
    return sum(
        1 << number for number, (batches, _) in node.there.items() if most is not None and batches >= most
    )
