"""The farm as it would be shared when all that runs had ended: a view of its own to decide on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from farmgui.scheduler.decide import assign
from farmgui.scheduler.farm import AgentSnapshot, Grant, Holding, JobSnapshot
from farmgui.scheduler.nodes import JobNode
from farmgui.scheduler.view import FarmView


def emptied(view: FarmView, job: Callable[[JobSnapshot], JobSnapshot] | None = None) -> FarmView:
    """A new view with the same rows, in which nothing runs and all tasks left may start.

    `job` may change each job further. Agents that are only expected are left out.
    """
    change = job or (lambda row: row)
    return FarmView.of(
        jobs=(change(_idle_job(row)) for row in view.jobs),
        agents=(_idle_agent(row) for row in view.agents if row.present),
        queues=view.queue_snapshots,
        limits=view.limits,
        names=view.names,
    )


def _idle_job(row: JobSnapshot) -> JobSnapshot:
    if row.holdings or row.unfinished > row.queued:
        left = max(row.unfinished, row.queued + sum(holding.batches for holding in row.holdings))
        return row._replace(queued=left, holdings=())
    return row


def _idle_agent(row: AgentSnapshot) -> AgentSnapshot:
    return row._replace(
        free_cpus=row.cpus,
        free_ram=row.ram,
        free_gpus=row.gpus,
        batches=0,
        exclusive=False,
    )


def shared(view: FarmView) -> FarmView:
    """What `emptied` gives, with all of it put to work."""
    steady = emptied(view)
    begin(steady, assign(steady).grants)
    return steady


def begin(view: FarmView, grants: Iterable[Grant]) -> None:
    """Put what was granted to work in the view."""
    batches: dict[int, Counter[str]] = {}
    tasks: Counter[int] = Counter()
    for grant in grants:
        batches.setdefault(grant.job_id, Counter())[grant.agent_id] += 1
        tasks[grant.job_id] += grant.tasks
    for job_id, added in batches.items():
        node = view.nodes[job_id]
        row = node.job
        held = {holding.agent_id: holding for holding in row.holdings}
        for agent_id, count in added.items():
            old = held.get(agent_id, Holding(agent_id, 0, 0))
            cpus = old.cpus + count * row.need.counted(_agent(view, agent_id).cpus)
            held[agent_id] = Holding(agent_id, old.batches + count, cpus)
            _take(view, agent_id, row, count)
        view.put_job(row._replace(queued=row.queued - tasks[job_id], holdings=tuple(held.values())))


def end(view: FarmView, node: JobNode) -> None:
    """Take a job out of the view; its agents are free of it."""
    for holding in node.job.holdings:
        _take(view, holding.agent_id, node.job, -holding.batches)
    view.drop_job(node.job.id)


def _take(view: FarmView, agent_id: str, job: JobSnapshot, count: int) -> None:
    """Let the agent run so many batches of the job more, or fewer."""
    agent, need = _agent(view, agent_id), job.need
    cpus = agent.cpus if need.whole else need.cpus
    view.put_agent(
        agent._replace(
            free_cpus=agent.free_cpus - count * cpus,
            free_ram=agent.free_ram - count * max(need.ram, 0),
            free_gpus=agent.free_gpus - count * need.gpus,
            batches=agent.batches + count,
            exclusive=need.whole and count > 0,
        )
    )


def _agent(view: FarmView, agent_id: str) -> AgentSnapshot:
    return view.index.rows[view.index.number(agent_id)]
