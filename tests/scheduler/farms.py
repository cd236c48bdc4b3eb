"""Farms for the tests of the policy, and what becomes of one when grants start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from farmgui.scheduler.decide import assign
from farmgui.scheduler.farm import AgentSnapshot, Grant, Holding, JobSnapshot, QueueSnapshot
from farmgui.scheduler.needs import Need
from farmgui.scheduler.view import FarmView


def agent(name: str, cpus: int = 1, ram: int = 1000, gpus: int = 0, **values: Any) -> AgentSnapshot:
    """An agent with all of it free, but for what `values` say."""
    free = {"free_cpus": cpus, "free_ram": ram, "free_gpus": gpus, **values}
    return AgentSnapshot(name, name, cpus, ram, gpus, **free)


def agents(count: int, cpus: int = 1, **values: Any) -> list[AgentSnapshot]:
    """So many idle agents of one size."""
    return [agent(f"a{number:03}", cpus, **values) for number in range(count)]


def busy(name: str, cpus: int, free: int, batches: int = 1, **values: Any) -> AgentSnapshot:
    """An agent at work."""
    return agent(name, cpus, free_cpus=free, batches=batches, **values)


def job(number: int, need: Need | None = None, **values: Any) -> JobSnapshot:
    """A job with many tasks that may start."""
    title = f"shot_{number:03}"
    return JobSnapshot(number, title, **{"queued": 1000, "need": need or Need(), **values})


def queue(number: int, parent: int | None = None, **values: Any) -> QueueSnapshot:
    """A queue."""
    return QueueSnapshot(number, parent, **{"path": f"queue{number}", **values})


def given(view: FarmView) -> dict[int, int]:
    """How many batches each job is granted."""
    return dict(Counter(grant.job_id for grant in assign(view).grants))


def placed(view: FarmView) -> dict[str, int]:
    """How many batches each agent is granted."""
    return dict(Counter(grant.agent_id for grant in assign(view).grants))


def start(view: FarmView, grants: Iterable[Grant]) -> None:
    """Put what was granted to work in the view."""
    for grant in grants:
        one, where = view.job(grant.job_id), view.agent(grant.agent_id)
        assert one is not None
        assert where is not None
        need = one.need
        there = {holding.agent_id: holding for holding in one.holdings}
        old = there.get(where.id, Holding(where.id, 0, 0))
        cpus = old.cpus + need.counted(where.cpus)
        there[where.id] = Holding(where.id, old.batches + 1, cpus)
        view.put_job(one._replace(queued=one.queued - grant.tasks, holdings=tuple(there.values())))
        view.put_agent(
            where._replace(
                free_cpus=0 if need.whole else where.free_cpus - need.cpus,
                free_ram=where.free_ram - max(need.ram, 0),
                free_gpus=where.free_gpus - need.gpus,
                batches=where.batches + 1,
                exclusive=where.exclusive or need.whole,
            )
        )
