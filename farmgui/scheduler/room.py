"""Which batches would have to be ended so that one of a job fits: asked before anything is ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from farmgui.scheduler.bits import members
from farmgui.scheduler.explain import explain
from farmgui.scheduler.farm import AgentSnapshot
from farmgui.scheduler.licences import LimitRoom
from farmgui.scheduler.nodes import JobNode
from farmgui.scheduler.ranks import outranks, rank
from farmgui.scheduler.reasons import why_waiting
from farmgui.scheduler.view import FarmView


@dataclass(frozen=True, slots=True)
class RunningBatch:
    """A batch at work: what it takes of its agent, and the seconds that would be lost if it were ended."""

    batch: str
    job_id: int
    agent_id: str
    cpus: int
    ram: int
    gpus: int
    seconds_so_far: float
    tasks: int = 1


@dataclass(frozen=True, slots=True)
class Room:
    """What would be ended on which agent; or why no room can be made, in words."""

    agent_id: str | None = None
    ended: tuple[RunningBatch, ...] = ()
    lost_seconds: float = 0.0
    reason: str | None = None


def make_room(view: FarmView, job_id: int, running: Sequence[RunningBatch]) -> Room:
    """How one batch of the job gets room on one agent with the least loss.

    Only batches of jobs of strictly lower priority are ended; among the lowest priorities, what was at work
    for the shortest time. No batches at all: there is room already.
    """
    node = view.nodes.get(job_id)
    if node is None or not view.startable(node):
        reason = None if node is None else view.hold(node.job)
        return Room(reason=reason or "the job has no task that may start now")
    by_agent: dict[str, list[RunningBatch]] = {}
    for batch in running:
        by_agent.setdefault(batch.agent_id, []).append(batch)
    candidates = [view.index.rows[number] for number in members(_candidates(view, node))]
    if not candidates:
        return Room(reason=why_waiting(view, [job_id])[job_id])
    plans = [
        plan
        for agent in candidates
        if (plan := _plan(view, node, agent, by_agent.get(agent.id, []))) is not None
    ]
    if not plans:
        return Room(reason=_why_not(view, node, candidates))
    agent_id, ended = min(plans, key=lambda plan: (_highest(view, plan[1]), _lost(plan[1]), len(plan[1])))
    return Room(agent_id, ended, _lost(ended))


def _candidates(view: FarmView, node: JobNode) -> int:
    """Agents where only what is at work keeps the job from starting."""
    mask = view.eligible_mask(node.need_class) & ~view.barred(node)
    for name, amount in node.job.need.limits:
        mask &= LimitRoom(view.uses[name]).agents(amount, started=node.batches > 0)
    maximums = [(node.job.maximum_agents, node.mask)]
    maximums += [(queue.maximum, queue.mask) for queue in node.queue.lineage()]
    for maximum, used in maximums:
        if maximum is not None and used.bit_count() >= maximum:
            mask = mask & used if maximum else 0
    most = node.job.most_per_agent
    for number, (batches, _) in node.there.items():
        if most is not None and batches >= most:
            mask &= ~(1 << number)
    return sum(1 << number for number in members(mask) if view.index.rows[number].present)


def _plan(
    view: FarmView, node: JobNode, agent: AgentSnapshot, running: Sequence[RunningBatch]
) -> tuple[str, tuple[RunningBatch, ...]] | None:
    """What to end on the agent: the lowest priorities first, and no more than is needed."""
    lower = [
        batch for batch in running if batch.job_id in view.nodes and outranks(node, view.nodes[batch.job_id])
    ]
    lower.sort(key=lambda batch: (rank(view.nodes[batch.job_id]), batch.seconds_so_far))
    for count in range(len(lower) + 1):
        if _fits(node, agent, lower[:count]):
            ended = lower[:count]
            for batch in reversed(lower[:count]):
                without = [other for other in ended if other is not batch]
                ended = without if _fits(node, agent, without) else ended
            return (agent.id, tuple(ended))
    return None


def _fits(node: JobNode, agent: AgentSnapshot, ended: Sequence[RunningBatch]) -> bool:
    need = node.job.need
    left = agent.batches - len(ended)
    if agent.exclusive and left:
        return False
    if need.whole and left:
        return False
    freed = sum(batch.cpus for batch in ended)
    cpus = agent.cpus if not left else agent.free_cpus + freed
    ram = agent.free_ram + sum(max(batch.ram, 0) for batch in ended)
    gpus = agent.free_gpus + sum(batch.gpus for batch in ended)
    process = bool(need.cpus) or left < agent.cpus
    return cpus >= need.cpus and (need.ram <= 0 or ram >= need.ram) and gpus >= need.gpus and process


def _highest(view: FarmView, ended: Sequence[RunningBatch]) -> tuple[int, ...]:
    """The highest priority that would be ended; of nothing, one below all others."""
    return max((rank(view.nodes[batch.job_id]) for batch in ended), default=())


def _lost(ended: Sequence[RunningBatch]) -> float:
    return sum(batch.seconds_so_far for batch in ended)


def _why_not(view: FarmView, node: JobNode, candidates: Sequence[AgentSnapshot]) -> str:
    if any(_others(view, node, agent) for agent in candidates):
        return "what runs where it could run has the same priority or a higher one: it is not ended for this"
    broken: Iterator[str] = (
        rule.text for rule in explain(view, node.job.id, candidates[0].id) if not rule.holds
    )
    return next(broken, "no agent would have room for it")


def _others(view: FarmView, node: JobNode, agent: AgentSnapshot) -> bool:
    """Whether jobs are at work there that don't stand below."""
    here = view.running.get(view.index.number(agent.id), {})
    return any(job_id in view.nodes and not outranks(node, view.nodes[job_id]) for job_id in here)
